"""What the floor must know of the world's markets: what trades, what its makers want to rest with, and who has won."""

from dataclasses import dataclass

import orjson

from simulator.exchange.market.market_frames import amount_of, price_of
from simulator.matching.operations import OpenMarket, Quote
from simulator.matching.values import E4, E6, Instrument, Level
from simulator.world import Json, World

NS_PER_MS = 1_000_000
KNOWN_MAX = 20_000
"""How many markets are remembered, the newest: more than the engine keeps of those that are over."""

Levels = tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    version: str
    slug: str
    tokens: tuple[str, str]


class Listing:
    """The world's markets in the engine's terms."""

    def __init__(self, world: World, taker_delay_ms: int) -> None:
        self._world = world
        self._taker_delay_ns = taker_delay_ms * NS_PER_MS
        self._known: dict[str, _Known] = {}

    @property
    def known(self) -> dict[str, "_Known"]:
        """What is remembered of markets that were opened."""
        return self._known

    def recall(self, known: dict[str, "_Known"]) -> None:
        """Know the markets that an earlier run of the same world knew."""
        self._known = known

    def condition(self, token: str, now_ns: int) -> str | None:
        return self._world.condition(token, now_ns)

    def condition_of(self, slug: str, now_ns: int) -> str | None:
        """Find a market's condition, as the exchange writes it, by its name in the catalogue."""
        event = self._world.event(slug, now_ns)
        if event is None:
            return None
        market = event["markets"][0]
        tokens = market["positionIds"] if market.get("version") == "v2" else orjson.loads(market["clobTokenIds"])
        return self._world.condition(tokens[0], now_ns)

    def protocol_version(self, condition_id: str) -> str:
        """Name the version of the protocol that a market which was opened belongs to: v1 or v2."""
        known = self._known.get(condition_id)
        return known.version if known else "v1"

    def is_neg_risk(self, condition_id: str) -> bool:  # noqa: ARG002 - this world has no such market
        """Say whether a market belongs to an event of which only one outcome can win. This world has none."""
        return False

    def opening(self, condition_id: str, now_ns: int) -> OpenMarket | None:
        """Describe a market for the engine, None where there is none."""
        described = self._world.clob_market(condition_id, now_ns)
        slug = self._world.slug(condition_id, now_ns)
        if described is None or slug is None:
            return None
        fee = described.get("fd") or {"r": 0, "e": 0}
        first, second = described["t"]
        self._remember(condition_id, _Known(described["v"], slug, (first["t"], second["t"])))
        return OpenMarket(
            now_ns,
            Instrument(
                condition_id=described["c"],
                tokens=(first["t"], second["t"]),
                outcomes=(first["o"], second["o"]),
                tick_e4=round(described["mts"] * E4),
                min_size_e6=described["mos"] * E6,
                fee_rate_e6=round(fee["r"] * E6),
                fee_exponent=int(fee["e"]),
                taker_delay_ns=self._taker_delay_ns if described.get("itode") else 0,
            ),
        )

    def has_ended(self, condition_id: str, now_ns: int) -> bool:
        described = self._world.clob_market(condition_id, now_ns)
        return described is None or not described["ao"]

    def quote(self, condition_id: str, now_ns: int, house: tuple[Levels, Levels]) -> Quote | None:
        """Say what the house must change to rest with all that its makers want to; None where there is no book."""
        tokens = self._world.tokens(condition_id, now_ns)
        book = self._world.book(tokens[0], now_ns) if tokens else None
        if book is None:
            return None
        bids, asks = (_changes(book[side], now) for side, now in zip(("bids", "asks"), house, strict=True))
        return Quote(now_ns, condition_id, bids, asks)

    def winner(self, condition_id: str, now_ns: int) -> str | None:
        """Name the winning token of a market that was opened, once it is resolved, however long ago that was."""
        known = self._known.get(condition_id)
        event = self._world.event(known.slug, now_ns) if known else None
        if known is None or event is None or not event["closed"]:
            return None
        outcome = self._world.outcome(known.slug)
        return None if outcome is None else known.tokens[0 if outcome == "Up" else 1]

    def _remember(self, condition_id: str, known: _Known) -> None:
        self._known[condition_id] = known
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]


def levels_of(written: list[Json]) -> Levels:
    """Read levels as the world writes them."""
    return tuple(Level(price_of(level["price"]), amount_of(level["size"])) for level in written)


def _changes(written: list[Json], now: Levels) -> Levels:
    wanted = {level.price_e4: level.shares_e6 for level in levels_of(written)}
    resting = {level.price_e4: level.shares_e6 for level in now}
    gone = tuple(Level(price, 0) for price in resting if price not in wanted)
    return gone + tuple(Level(price, size) for price, size in wanted.items() if resting.get(price) != size)
