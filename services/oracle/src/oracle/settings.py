"""The oracle's settings, read from the environment."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from common.errors import ParseError
from common.parsing import Symbol, parse_symbol
from common.settings import Names, ServiceSettings

EXCHANGES = ("binance", "coinbase")
TOPICS = ("crypto_prices_chainlink", "crypto_prices_twap_thirty", "crypto_prices_twap_sixty")


def _bare(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for name in names:
            parse_symbol(name, "SYMBOLS")
    except ParseError as error:
        raise ValueError(f"bare symbols such as BTC,ETH ({error})") from None
    return _some(names)


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or len(set(names)) < len(names):
        raise ValueError("at least one name, each once")
    return names


def _known(known: tuple[str, ...]) -> AfterValidator:
    def check(names: tuple[str, ...]) -> tuple[str, ...]:
        if set(names) - set(known):
            raise ValueError(f"names out of {','.join(known)}")
        return _some(names)

    return AfterValidator(check)


SocketUrl = Annotated[str, Field(pattern=r"^wss?://[^\s]+$")]


class Settings(ServiceSettings):
    """What the oracle hears, and whom it believes."""

    symbols: Annotated[Names, AfterValidator(_bare)] = ("BTC", "ETH")
    """Bare underlyings; a pair such as BTCUSDT is refused."""
    exchanges: Annotated[Names, _known(EXCHANGES)] = EXCHANGES
    """Whose trades are heard. With one alone nothing contradicts it."""
    settlement_topics: Annotated[Names, _known(TOPICS)] = ("crypto_prices_chainlink", "crypto_prices_twap_sixty")
    """Which of the settling feed's topics are heard; each is judged alive by itself."""
    binance_ws_url: SocketUrl = "wss://stream.binance.com:9443"
    coinbase_ws_url: SocketUrl = "wss://ws-feed.exchange.coinbase.com"
    rtds_ws_url: SocketUrl = "wss://ws-live-data.polymarket.com"
    source_age_ms_max: Annotated[int, Field(ge=100, le=60_000)] = 3000
    """An exchange whose newest price is older is silent and does not count."""
    source_deviation_bps_max: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(50)
    """An exchange farther from the median of the others is wild and does not count; of two, neither does."""
    source_jump_bps_max: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(30)
    """One that alone jumps farther from its own last price is wild until the others have come half of the way."""
    settlement_age_ms_max: Annotated[int, Field(ge=1000, le=600_000)] = 10_000
    """A settlement topic whose newest value is older is silent."""
    settlement_memory_max: Annotated[int, Field(ge=600, le=100_000)] = 4000
    """Values a topic and symbol that are remembered, so that none is said twice."""
    clock_skew_ms_max: Annotated[int, Field(ge=0, le=10_000)] = 1000
    """A stamp farther ahead of its arrival is refused."""
    exchange_silence_s: Annotated[float, Field(gt=0, le=300)] = 10.0
    """An open socket on which any wanted symbol says nothing for so long is closed and dialled again."""
    settlement_silence_s: Annotated[float, Field(gt=0, le=300)] = 15.0
    """The same, for any wanted topic and symbol of the settling feed."""
    frame_bytes_max: Annotated[int, Field(ge=1024, le=1 << 26)] = 1 << 20
    open_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    backoff_s_min: Annotated[float, Field(gt=0, le=60)] = 0.25
    backoff_s_max: Annotated[float, Field(gt=0, le=600)] = 15.0

    @property
    def bare_symbols(self) -> tuple[Symbol, ...]:
        return tuple(Symbol(name) for name in self.symbols)
