"""Puts the venue service together."""

from common.clock import Clock, SystemClock
from common.contracts.subjects import CATALOGUE
from common.runtime.assembly import Assembly, Recovery
from venue.adapters.access import AccessChecker
from venue.adapters.books import BookReader
from venue.adapters.catalogue import CatalogueLimits, CatalogueReader
from venue.adapters.gateway import VenueGateway
from venue.adapters.http import Http, HttpLimits
from venue.adapters.market_socket import MarketSocket, SocketLimits
from venue.adapters.metrics import measure
from venue.adapters.pace import Anteroom
from venue.core import MarketKeeper, VenueLimits
from venue.settings import Settings

MISSED_ROUNDS_MAX = 6
"""Rounds of discovery, or checks of access, that may fail before the service says that it is not ready."""
DISCOVERY_AGE_S_MIN = 15
WALL = SystemClock()


def assemble(settings: Settings, clock: Clock = WALL) -> Assembly:
    """Build the service: the catalogue's reader, the market channel, the books' reader, the access check, one core."""
    keeper = build_core(settings)
    http = Http(_http_limits(settings, settings.request_timeout_s))
    quick = Http(_http_limits(settings, settings.book_timeout_s))
    anteroom = Anteroom(settings.book_interval_ms)
    socket = MarketSocket(settings.clob_ws_url, _socket_limits(settings), anteroom, clock)
    books = BookReader(settings.clob_url, quick, anteroom, clock)
    catalogue = _catalogue(settings, http, clock)
    access = AccessChecker(settings.geoblock_url, settings.clob_url, settings.access_interval_s, http, clock)
    return Assembly(
        name="venue",
        core=keeper,
        settings=settings,
        recovery=(Recovery(CATALOGUE.name, "venue.market.>", "last"),),
        sources=(catalogue, socket, books, access),
        gateway=VenueGateway(keeper, socket, books, catalogue, anteroom),
        figures=keeper.figures,
        measure=lambda now: measure(keeper, settings.symbols, now),
        not_ready=keeper.not_ready,
    )


def build_core(settings: Settings) -> MarketKeeper:
    """Build the judgement alone, as a replay needs it."""
    return MarketKeeper(
        VenueLimits(
            symbols=settings.symbols,
            is_shard=bool(settings.shard),
            durations_s=settings.durations_s,
            expected_fee_rate=settings.expected_fee_rate,
            expected_fee_exponent=settings.expected_fee_exponent,
            taker_delay_ms=settings.taker_delay_ms,
            book_levels_max=settings.book_levels_max,
            book_silence_ms=settings.book_silence_ms,
            book_burst_ms=settings.book_burst_ms,
            book_repeat_ms=settings.book_repeat_ms,
            resync_retry_ms=settings.resync_retry_ms,
            resync_tokens_max=settings.resync_tokens_max,
            book_lead_s=settings.book_lead_s,
            books_max=settings.books_max,
            discovery_age_s_max=max(DISCOVERY_AGE_S_MIN, int(settings.discovery_interval_s * MISSED_ROUNDS_MAX)),
            access_age_s_max=int(settings.access_interval_s * MISSED_ROUNDS_MAX),
            clock_skew_ms_max=settings.clock_skew_ms_max,
            market_memory_s=settings.market_memory_s,
            resolution_patience_s=settings.resolution_patience_s,
            resolution_listen_s=settings.resolution_listen_s,
            markets_max=settings.markets_max,
        )
    )


def _catalogue(settings: Settings, http: Http, clock: Clock) -> CatalogueReader:
    limits = CatalogueLimits(
        gamma_url=settings.gamma_url,
        clob_url=settings.clob_url,
        symbols=settings.symbols,
        durations_s=settings.durations_s,
        discovery_interval_s=settings.discovery_interval_s,
        resolution_interval_s=settings.resolution_interval_s,
        listing_ahead_s=settings.listing_ahead_s,
        pages_max=settings.pages_max,
        requests_at_once_max=settings.requests_at_once_max,
        markets_max=settings.markets_max,
    )
    return CatalogueReader(limits, http, clock)


def _http_limits(settings: Settings, timeout_s: float) -> HttpLimits:
    return HttpLimits(
        timeout_s=timeout_s,
        answer_bytes_max=settings.answer_bytes_max,
        tries_max=settings.tries_max,
        backoff_s_min=settings.backoff_s_min,
        backoff_s_max=settings.backoff_s_max,
        connections_max=settings.requests_at_once_max,
    )


def _socket_limits(settings: Settings) -> SocketLimits:
    return SocketLimits(
        frame_bytes_max=settings.frame_bytes_max,
        open_timeout_s=settings.open_timeout_s,
        silence_s=settings.socket_silence_s,
        ping_interval_s=settings.ping_interval_s,
        backoff_s_min=settings.backoff_s_min,
        backoff_s_max=settings.backoff_s_max,
    )
