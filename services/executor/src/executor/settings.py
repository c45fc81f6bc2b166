"""The executor's settings. Its caps are its own: whatever risk allows, these hold."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from common.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the executor may do at most, and how its paper venue behaves."""

    paper_trading: bool = True
    """Orders go to a paper venue that fills against the live book. Live trading is not built in this version."""
    max_trade_size: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(20)
    """US dollars of notional and fee that one order may cost; the hard cap of the last hop."""
    max_order_shares: Annotated[Decimal, Field(gt=0, le=100_000)] = Decimal(500)
    orders_per_minute_max: Annotated[int, Field(ge=1)] = 30
    clock_skew_ms_max: Annotated[int, Field(ge=0, le=60_000)] = 500
    """How far ahead of this clock an approval may be stamped."""
    order_timeout_ms: Annotated[int, Field(ge=100)] = 10_000
    """An order without an end, or a match that is not final, after this long is asked for."""
    orders_kept_max: Annotated[int, Field(ge=100)] = 5000
    """Orders kept in memory, so that none is placed twice; older ones are past their `valid_until` in any case."""
    markets_kept_max: Annotated[int, Field(ge=100)] = 5000
    paper_latency_ms: Annotated[int, Field(ge=0, le=60_000)] = 100
    """From the desk to the paper venue; the market's taker delay comes on top."""
    paper_confirm_ms: Annotated[int, Field(ge=0, le=600_000)] = 2000
    """From a paper match to its being final."""
    paper_book_age_ms_max: Annotated[int, Field(ge=1, le=60_000)] = 3000
    """A book that was last confirmed longer ago than this fills nothing."""
