"""Puts the oracle together."""

from collections.abc import Callable, Sequence

from common.clock import MILLISECOND, Clock, Instant, SystemClock
from common.contracts.base import Event
from common.contracts.subjects import MARKET
from common.runtime.assembly import Assembly, Recovery
from common.runtime.core import Source
from oracle.adapters.binance import binance
from oracle.adapters.coinbase import coinbase
from oracle.adapters.metrics import measure
from oracle.adapters.rtds import rtds
from oracle.adapters.socket import FeedSocket, SocketLimits
from oracle.core import OracleLimits, PriceOracle
from oracle.settings import Settings

WALL = SystemClock()


def assemble(settings: Settings, clock: Clock = WALL) -> Assembly:
    """Build the service: one socket an exchange, one for the settling feed, one core."""
    oracle = build_core(settings)
    exchanges = _exchanges(settings, clock)
    return Assembly(
        name="oracle",
        core=oracle,
        settings=settings,
        recovery=(Recovery(MARKET.name, "oracle.settlement.>", "all"),),
        sources=(*exchanges, _settlement(settings, clock)),
        imagine=_imagine(exchanges),
        figures=oracle.figures,
        measure=lambda now: measure(oracle.feeds(now), oracle.refused),
        not_ready=oracle.not_ready,
    )


def build_core(settings: Settings) -> PriceOracle:
    """Build the judgement alone, as a replay needs it."""
    return PriceOracle(
        OracleLimits(
            symbols=settings.bare_symbols,
            exchanges=settings.exchanges,
            settlement_topics=settings.settlement_topics,
            source_age_ms_max=settings.source_age_ms_max,
            source_deviation_bps_max=settings.source_deviation_bps_max,
            source_jump_bps_max=settings.source_jump_bps_max,
            settlement_age_ms_max=settings.settlement_age_ms_max,
            settlement_memory_max=settings.settlement_memory_max,
            clock_skew_ms_max=settings.clock_skew_ms_max,
        )
    )


def _exchanges(settings: Settings, clock: Clock) -> tuple[FeedSocket, ...]:
    limits = _socket_limits(settings, settings.exchange_silence_s)
    builders: dict[str, Callable[[], FeedSocket]] = {
        "binance": lambda: binance(settings.binance_ws_url, settings.bare_symbols, limits, clock),
        "coinbase": lambda: coinbase(settings.coinbase_ws_url, settings.bare_symbols, limits, clock),
    }
    return tuple(builders[name]() for name in settings.exchanges)


def _imagine(exchanges: Sequence[FeedSocket]) -> Callable[[Instant], Event | None]:
    """Have the exchanges make up a frame in turns, a millisecond each; one that has not sent any makes up none."""

    def imagine(now: Instant) -> Event | None:
        return exchanges[now // MILLISECOND % len(exchanges)].imagine(now) if exchanges else None

    return imagine


def _settlement(settings: Settings, clock: Clock) -> Source:
    limits = _socket_limits(settings, settings.settlement_silence_s)
    return rtds(settings.rtds_ws_url, settings.bare_symbols, settings.settlement_topics, limits, clock)


def _socket_limits(settings: Settings, silence_s: float) -> SocketLimits:
    return SocketLimits(
        frame_bytes_max=settings.frame_bytes_max,
        open_timeout_s=settings.open_timeout_s,
        silence_s=silence_s,
        backoff_s_min=settings.backoff_s_min,
        backoff_s_max=settings.backoff_s_max,
    )
