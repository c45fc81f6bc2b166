"""Puts the executor together: the desk, and the gateway to the venue it trades on."""

import os
from collections.abc import Mapping
from typing import Protocol

from common.clock import Clock, Instant, SystemClock
from common.money import Usd
from common.runtime.assembly import Assembly, Recovery
from executor.adapters.metrics import measure
from executor.adapters.paper import AttentiveDesk, PaperGateway, PaperRules, PaperVenue
from executor.core import Caps, OrderDesk
from executor.core.tolerances import Tolerances
from executor.settings import Settings

RECOVERY = (
    Recovery("JOURNAL", ">", "all"),
    Recovery("CATALOGUE", "venue.market.>", "last"),
    Recovery("BOOKS", "venue.book.>", "last"),
)
"""The journal comes first: what is held decides which resolved markets matter."""


def assemble(settings: Settings, clock: Clock | None = None, environment: Mapping[str, str] | None = None) -> Assembly:
    """Answer the executor: on paper, or live, or live in all but that it posts nothing, as the settings say.

    `environment` is where the wallet's secrets are read from, on the way to the real venue only. Raises SettingsError.
    """
    clock = clock or SystemClock()
    if settings.paper_trading:
        return _on_paper(settings, clock)
    return _live(settings, clock, os.environ if environment is None else environment)


def _on_paper(settings: Settings, clock: Clock) -> Assembly:
    desk = AttentiveDesk(OrderDesk(caps(settings), mode="paper", tolerances=tolerances(settings)))
    venue = PaperVenue(paper_rules(settings))
    gateway = PaperGateway(
        venue, clock, approval=desk.approval, is_halted=desk.is_halted, reconcile_s=settings.reconcile_interval_s
    )
    return Assembly(
        name="executor", core=desk, settings=settings, recovery=RECOVERY, sources=(gateway,), gateway=gateway,
        is_single=True, alarm=gateway.alarm, imagine=desk.desk.imagine,
        figures=lambda _now: figures(desk.desk), measure=lambda _now: measure(desk.desk),
        not_ready=lambda now: not_ready(desk.desk, gateway, now),
    )  # fmt: skip


def _live(settings: Settings, clock: Clock, environment: Mapping[str, str]) -> Assembly:
    from executor.adapters.live.composition import LiveWay  # noqa: PLC0415 - on paper no signer is ever loaded

    way = LiveWay(settings, clock, environment, caps(settings))
    desk, gateway = way.desk.desk, way.gateway
    return Assembly(
        name="executor", core=way.desk, settings=settings, recovery=RECOVERY, sources=(gateway,), gateway=gateway,
        figures=lambda _now: figures(desk), measure=lambda _now: measure(desk),
        not_ready=lambda now: not_ready(desk, gateway, now), is_single=True, prepare=way.prepare, alarm=gateway.alarm,
        watch_lease=gateway.canceller.watch_lease, farewell=gateway.farewell, get_ready=gateway.get_ready,
        imagine=desk.imagine,
    )  # fmt: skip


def caps(settings: Settings) -> Caps:
    """Read the desk's caps from the settings."""
    return Caps(
        trade_usd_max=Usd(settings.max_trade_size), order_shares_max=settings.max_order_shares,
        orders_per_minute_max=settings.orders_per_minute_max, clock_skew_ms_max=settings.clock_skew_ms_max,
        order_timeout_ms=settings.order_timeout_ms, risk_silence_ms_max=settings.risk_silence_ms,
        orders_kept_max=settings.orders_kept_max, markets_kept_max=settings.markets_kept_max,
    )  # fmt: skip


def tolerances(settings: Settings) -> Tolerances:
    """Read how often the book is held against the venue's, and what may differ."""
    return Tolerances(interval_ms=round(settings.reconcile_interval_s * 1000))


def paper_rules(settings: Settings) -> PaperRules:
    """Read the paper venue's rules from the settings."""
    return PaperRules(
        latency_ms=settings.paper_latency_ms, confirm_ms=settings.paper_confirm_ms,
        book_age_ms_max=settings.paper_book_age_ms_max, orders_kept_max=settings.orders_kept_max,
        markets_kept_max=settings.markets_kept_max,
    )  # fmt: skip


def figures(desk: OrderDesk) -> dict[str, str]:
    """Answer the few figures that people watch."""
    return {
        "open_orders": str(desk.orders.open_count),
        "positions": str(len(desk.positions)),
        "fills": str(desk.orders.fill_count),
        "provisional_fills": str(desk.orders.provisional_count),
        "refused": str(desk.refused.total()),
        "latched": ", ".join(desk.halted_by),
    }


class Running(Protocol):
    """A gateway, as far as readiness asks."""

    @property
    def is_running(self) -> bool:
        """Whether reports find their way to the core."""


def not_ready(desk: OrderDesk, gateway: Running, now: Instant) -> str:
    """Say why orders could not be carried out now. A halt is no such reason: holding still is its job then."""
    if desk.latch.bus:
        return desk.latch.bus
    if not gateway.is_running:
        return "the gateway is not running"
    if desk.doubts:
        return f"orders in doubt since the start: {desk.doubts}"
    silent = desk.fence.why_risk_is_not_alive(now)
    return f"no heartbeat of risk: {silent}" if silent else ""
