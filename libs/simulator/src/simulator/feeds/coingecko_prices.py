"""What CoinGecko's public plan answers: the prices of coins, up to a minute old, and how often it may be asked. Pure.

Each coin's price is renewed once a minute, at a second of its own. Coins and currencies that are not known here are
left out; so are market capitalisation and volume, of which this world has none.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.answers import flag
from simulator.exchange.limits.buckets import Window
from simulator.world import Json, World
from simulator.world.chance import stream

COINS = {
    "bitcoin": "BTC", "ethereum": "ETH", "solana": "SOL", "ripple": "XRP", "dogecoin": "DOGE", "binancecoin": "BNB",
    "hyperliquid": "HYPE", "zcash": "ZEC",
}  # fmt: skip
CURRENCIES = {"btc": "BTC", "eth": "ETH", "sol": "SOL", "xrp": "XRP", "bnb": "BNB"}
"""Currencies that are coins themselves. Of others than the dollar this world knows no rate."""
DOLLAR = "usd"
CACHED_S = 60
DAY_S = 86_400
CALLS_MAX, CALLS_SPAN_S = 30, 60
CLIENTS_MAX = 1000
PRICES_KEPT_MAX = 200
NAMES_MAX = 500
PLACES_OF_DOLLARS, PLACES_OF_LESS, PLACES_IN_FULL, PLACES_MAX = 2, 8, 12, 18
NS_PER_S = 1_000_000_000
NO_IDS = "Missing parameter ids"
NO_CURRENCIES = "Missing parameter vs_currencies"
BAD_PRECISION = "Invalid precision"


class MissingParameterError(ValueError):
    """A parameter that must be there is not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call is for. `places` is None where the price decides how it is rounded."""

    coins: tuple[str, ...]
    currencies: tuple[str, ...]
    places: int | None
    is_changed: bool
    is_dated: bool


def read(query: Mapping[str, str]) -> Asked:
    """Read a query. Raises MissingParameterError, or another ValueError for a parameter that cannot be read."""
    for name, words in (("ids", NO_IDS), ("vs_currencies", NO_CURRENCIES)):
        if not query.get(name):
            raise MissingParameterError(words)
    return Asked(
        coins=_names(query["ids"]),
        currencies=_names(query["vs_currencies"]),
        places=_places(query.get("precision")),
        is_changed=flag(query.get("include_24hr_change"), False),
        is_dated=flag(query.get("include_last_updated_at"), False),
    )


def renewed_s(coin: str, seed: int, now_s: int) -> int:
    """Tell when a coin's price was last renewed."""
    offset_s = stream(seed, "coingecko", coin) % CACHED_S
    return (now_s - offset_s) // CACHED_S * CACHED_S + offset_s


class Prices:
    """What coins are worth, remembered as long as anybody asks for it."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._known: OrderedDict[tuple[str, int], float | None] = OrderedDict()

    def listed(self, asked: Asked, now_s: int) -> Json:
        """Write the price of each coin that is known."""
        found: Json = {}
        for coin in asked.coins:
            symbol, at_s = COINS.get(coin), renewed_s(coin, self._seed, now_s)
            if symbol is not None and self._usd(symbol, at_s) is not None:
                found[coin] = self._written(symbol, at_s, asked)
        return found

    def _written(self, symbol: str, at_s: int, asked: Asked) -> Json:
        written: Json = {}
        for currency in asked.currencies:
            price = self._worth(symbol, currency, at_s)
            if price is None:
                continue
            written[currency] = _rounded(price, asked.places, currency)
            if asked.is_changed:
                before = self._worth(symbol, currency, at_s - DAY_S)
                written[f"{currency}_24h_change"] = (price / before - 1) * 100 if before else None
        if asked.is_dated:
            written["last_updated_at"] = at_s
        return written

    def _worth(self, symbol: str, currency: str, at_s: int) -> float | None:
        """Return what a symbol was worth in a currency at an instant, None where the world does not know it."""
        usd = self._usd(symbol, at_s)
        if currency == DOLLAR or usd is None:
            return usd
        unit = self._usd(CURRENCIES[currency], at_s) if currency in CURRENCIES else None
        return usd / unit if unit else None

    def _usd(self, symbol: str, at_s: int) -> float | None:
        if (symbol, at_s) not in self._known:
            truth = self._world.truth(symbol, at_s * NS_PER_S)
            self._known[symbol, at_s] = truth.price if truth else None
            if len(self._known) > PRICES_KEPT_MAX:
                self._known.popitem(last=False)
        return self._known[symbol, at_s]


class Calls:
    """How often each address has called within the last minute."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def wait_ns(self, client: str, now_ns: int) -> int:
        """Count a client's call if there is room for it; otherwise tell how long it must wait."""
        window = self._windows.pop(client, None) or Window(CALLS_MAX, CALLS_SPAN_S)
        self._windows[client] = window
        if len(self._windows) > CLIENTS_MAX:
            self._windows.popitem(last=False)
        wait_ns = window.wait_ns(now_ns)
        if wait_ns == 0:
            window.count(now_ns)
        return wait_ns


def _names(text: str) -> tuple[str, ...]:
    """Read names between commas, each once, whatever their capitals."""
    names = (name.strip().lower() for name in text.split(",")[:NAMES_MAX])
    return tuple(dict.fromkeys(name for name in names if name))


def _places(precision: str | None) -> int | None:
    """Read how many decimal places are wanted; None leaves it to the price. Raises ValueError."""
    if precision is None:
        return None
    if precision == "full":
        return PLACES_IN_FULL
    if not (precision.isascii() and precision.isdigit() and int(precision) <= PLACES_MAX):
        raise ValueError(BAD_PRECISION)
    return int(precision)


def _rounded(price: float, places: int | None, currency: str) -> float:
    if places is not None:
        return round(price, places)
    return round(price, PLACES_OF_DOLLARS if currency == DOLLAR and price >= 1 else PLACES_OF_LESS)
