"""The venue service's settings, read from the environment."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from common.errors import ParseError
from common.parsing import parse_symbol
from common.settings import Names, ServiceSettings

DURATION_S_STEP = 60


def _bare(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for name in names:
            parse_symbol(name, "SYMBOLS")
    except ParseError as error:
        raise ValueError(f"bare symbols such as BTC,ETH ({error})") from None
    if not names or len(set(names)) < len(names):
        raise ValueError("at least one symbol, each once")
    return names


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _whole_minutes(durations: tuple[int, ...]) -> tuple[int, ...]:
    if not durations or any(duration <= 0 or duration % DURATION_S_STEP for duration in durations):
        raise ValueError("lengths in seconds, each a multiple of 60")
    return durations


HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s]+[^/\s]$")]
SocketUrl = Annotated[str, Field(pattern=r"^wss?://[^\s]+$")]


class Settings(ServiceSettings):
    """Which markets are followed, how far they are trusted, and how the venue is asked."""

    symbols: Annotated[Names, AfterValidator(_bare)] = ("BTC", "ETH")
    """Bare underlyings; a pair such as BTCUSDT is refused."""
    durations_s: Annotated[
        tuple[int, ...], NoDecode, BeforeValidator(_split), AfterValidator(_whole_minutes)
    ] = (60, 300, 900)  # fmt: skip
    """Which lengths of up/down markets are followed."""
    gamma_url: HttpUrl = "https://gamma-api.polymarket.com"
    clob_url: HttpUrl = "https://clob.polymarket.com"
    clob_ws_url: SocketUrl = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    geoblock_url: HttpUrl = "https://polymarket.com/api/geoblock"
    expected_fee_rate: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.07")
    """A market with another fee is followed at its own fee, and said to be unexpected."""
    expected_fee_exponent: Annotated[int, Field(ge=0, le=8)] = 1
    taker_delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 150
    """How long the venue holds a taker's order in markets that it marks so; it does not state the figure."""
    discovery_interval_s: Annotated[float, Field(ge=0.2, le=300)] = 5.0
    listing_ahead_s: Annotated[int, Field(ge=60, le=86_400)] = 1800
    """Markets that end later are not looked at yet."""
    resolution_interval_s: Annotated[float, Field(ge=0.2, le=300)] = 3.0
    """How often an ended market is asked about at first; later ever more seldom."""
    resolution_patience_s: Annotated[int, Field(ge=600)] = 604_800
    """An ended market without a winner is followed for so long."""
    resolution_listen_s: Annotated[int, Field(ge=0, le=3600)] = 180
    """How long after its end a market's tokens are still listened for, as the market channel tells most winners."""
    access_interval_s: Annotated[float, Field(ge=1, le=3600)] = 300.0
    clock_skew_ms_max: Annotated[int, Field(ge=500, le=60_000)] = 2000
    """Beyond it the service is not ready. The venue tells whole seconds, so less than 500 cannot be seen."""
    book_levels_max: Annotated[int, Field(ge=1, le=100)] = 10
    """Levels a side that are published."""
    book_lead_s: Annotated[int, Field(ge=0, le=3600)] = 30
    """How long before its start a market's books are followed."""
    books_max: Annotated[int, Field(ge=2, le=200)] = 120
    """Books that are followed at once; those of markets that end first come first."""
    book_interval_ms: Annotated[int, Field(ge=0, le=1000)] = 20
    """A book whose best prices stay is published at most so often; a move of them does not wait. 0: none does."""
    book_silence_ms: Annotated[int, Field(ge=100, le=60_000)] = 2000
    """A book of which nothing was heard for so long is asked for."""
    book_burst_ms: Annotated[int, Field(ge=0, le=10_000)] = 250
    """A book may disagree with what the venue calls best for so long before it is asked for."""
    book_repeat_ms: Annotated[int, Field(ge=0, le=10_000)] = 500
    """A book whose published levels stay the same is published again at most so often."""
    resync_retry_ms: Annotated[int, Field(ge=100, le=60_000)] = 2000
    """A book is asked for at most so often; should exceed the time an answer may take."""
    resync_tokens_max: Annotated[int, Field(ge=1, le=200)] = 50
    """Books that are asked for with one question."""
    request_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    book_timeout_s: Annotated[float, Field(gt=0, le=60)] = 1.5
    tries_max: Annotated[int, Field(ge=1, le=10)] = 3
    answer_bytes_max: Annotated[int, Field(ge=1 << 16, le=1 << 28)] = 16 << 20
    pages_max: Annotated[int, Field(ge=1, le=100)] = 10
    requests_at_once_max: Annotated[int, Field(ge=1, le=50)] = 8
    markets_max: Annotated[int, Field(ge=10, le=100_000)] = 5000
    """Markets that are remembered at once."""
    market_memory_s: Annotated[int, Field(ge=0, le=86_400)] = 900
    """How long a decided market is remembered after its end."""
    socket_silence_s: Annotated[float, Field(gt=0, le=300)] = 10.0
    """An open market channel that says nothing for so long is closed and dialled again."""
    ping_interval_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    frame_bytes_max: Annotated[int, Field(ge=1024, le=1 << 26)] = 4 << 20
    open_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    backoff_s_min: Annotated[float, Field(gt=0, le=60)] = 0.25
    backoff_s_max: Annotated[float, Field(gt=0, le=600)] = 15.0
