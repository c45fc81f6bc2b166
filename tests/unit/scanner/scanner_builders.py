"""A scanner that has heard enough to trade, and what it hears; override only what the test is about."""

from decimal import Decimal
from typing import Any

from builders import DOWN, NOON, TWAP, UP, a_book, a_market, a_price, a_settlement_price, after
from common.clock import Instant
from common.contracts.base import Event
from common.contracts.runtime import Tick
from common.contracts.scanner import MarketValued, OpportunityFound
from common.settings import load
from scanner.core import EdgeScanner
from scanner.service import build_core
from scanner.settings import Settings

NOW_S = 100
NOW = after(NOW_S)
STRIKE = Decimal(65000)


def a_scanner(**environment: str) -> EdgeScanner:
    return build_core(load(Settings, environment))


def settling_ticks(first_s: int, last_s: int, value: Decimal = STRIKE, **changes: Any) -> list[Event]:
    """The settling spot of each second, heard 1.3 s later."""
    return [
        a_settlement_price(value=value, source_at=after(s), received_at=after(s + 1.3), **changes)
        for s in range(first_s, last_s + 1)
    ]


def a_strike(value: Decimal = STRIKE, at_s: float = 0) -> Event:
    return a_settlement_price(
        kind="twap", window_s=60, value=value, source_at=after(at_s), received_at=after(at_s + 1.3)
    )


def a_price_now(price: object = STRIKE, at: Instant = NOW) -> Event:
    return a_price(price=Decimal(str(price)), source_at=Instant(at - 20_000_000), received_at=Instant(at - 1_000_000))


def an_up_book(*asks: tuple[str, int], bid: str = "0.40", at: Instant = NOW, **changes: Any) -> Event:
    return a_book(asks=_levels(asks), bids=_levels(((bid, 100),)), source_at=at, received_at=at, **changes)


def a_down_book(*asks: tuple[str, int], at: Instant = NOW, **changes: Any) -> Event:
    return an_up_book(*asks, at=at, token_id=DOWN, **changes)


def background(market: Event | None = None) -> list[Event]:
    """All but the books: a market that runs since noon, its strike, and prices that stand still at the strike."""
    told = [market or a_market(), *settling_ticks(-60, NOW_S - 2), a_strike()]
    told += [a_price_now(at=after(s + 0.9)) for s in range(-60, NOW_S)]
    return sorted(told, key=lambda event: getattr(event, "received_at", 0))


def a_ready_scanner(*more: Event, market: Event | None = None, **environment: str) -> EdgeScanner:
    """A scanner for which Up is worth about a half at `NOW`, 200 seconds before the end."""
    scanner = a_scanner(**environment)
    for event in (*background(market), *more):
        scanner.observe(event)
    return scanner


def found(scanner: EdgeScanner, event: Event | None = None, now: Instant = NOW) -> OpportunityFound | None:
    outcome = scanner.decide(event or a_price_now(at=now), now)
    assert outcome is None or isinstance(outcome, OpportunityFound)
    return outcome


def valued(scanner: EdgeScanner, now: Instant = NOW) -> MarketValued:
    outcome = scanner.decide(Tick(at=now), now)
    assert isinstance(outcome, MarketValued)
    return outcome


def live(scanner: EdgeScanner, event: Event, now: Instant) -> Event | None:
    """Tell a scanner something as the loop does."""
    outcome = scanner.decide(event, now)
    scanner.observe(event)
    if outcome is not None:
        scanner.observe(outcome)
    return outcome


__all__ = [
    "DOWN", "NOON", "NOW", "NOW_S", "STRIKE", "TWAP", "UP", "a_down_book", "a_price_now", "a_ready_scanner", "a_scanner",
    "a_strike", "after", "an_up_book", "background", "found", "live", "settling_ticks", "valued",
]  # fmt: skip


def _levels(levels: tuple[tuple[str, int], ...]) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((Decimal(price), Decimal(size)) for price, size in levels)
