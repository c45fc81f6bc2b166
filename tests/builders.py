"""Valid messages with one line each; override only what the test is about."""

from decimal import Decimal
from typing import Any, TypeVar

from common.clock import SECOND, Instant, instant_from_seconds
from common.contracts.base import Event
from common.contracts.control import HeartbeatSent
from common.contracts.executor import FillMatched, PositionSettled
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved
from common.contracts.risk import OrderApproved, OrderDenied
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated, FeeSchedule, MarketUpdated, SettlementRule

EventT = TypeVar("EventT", bound=Event)

NOON = instant_from_seconds(1_800_014_400)  # 2027-01-15 12:00:00 UTC, a multiple of 900 seconds
MARKET = "0x" + "ab" * 32
UP, DOWN = "1" * 70, "2" * 70
FEE = FeeSchedule(rate=Decimal("0.07"), exponent=1, taker_only=True)
TWAP = SettlementRule(kind="twap", feed="chainlink", lookback_s=60)
INSTANT = SettlementRule(kind="instant", feed="chainlink", lookback_s=0)


def after(seconds: float, start: Instant = NOON) -> Instant:
    """The moment so many seconds after noon."""
    return Instant(start + int(seconds * SECOND))


def a_price(**changes: Any) -> PriceUpdated:
    return _build(
        PriceUpdated,
        changes,
        symbol="BTC",
        price=Decimal(65000),
        sources=("binance", "coinbase"),
        source_at=NOON,
        received_at=NOON,
    )


def a_settlement_price(**changes: Any) -> SettlementPriceObserved:
    return _build(
        SettlementPriceObserved,
        changes,
        symbol="BTC",
        feed="chainlink",
        kind="spot",
        window_s=0,
        value=Decimal(65000),
        source_at=NOON,
        received_at=NOON,
    )


def a_market(**changes: Any) -> MarketUpdated:
    return _build(
        MarketUpdated,
        changes,
        event_id="m1",
        change="listed",
        venue="polymarket",
        market_id=MARKET,
        slug="btc-updown-5m-1800014400",
        question="Bitcoin Up or Down",
        symbol="BTC",
        up_token_id=UP,
        down_token_id=DOWN,
        rule=TWAP,
        fee=FEE,
        tick=Decimal("0.01"),
        size_min=Decimal(5),
        taker_delay_ms=150,
        protocol_version="v1",
        accepting_orders=True,
        untradable_reason="",
        starts_at=NOON,
        ends_at=after(300),
        winner=None,
        observed_at=NOON,
    )


def a_book(**changes: Any) -> BookUpdated:
    return _build(
        BookUpdated,
        changes,
        venue="polymarket",
        market_id=MARKET,
        token_id=UP,
        bids=((Decimal("0.48"), Decimal(100)),),
        asks=((Decimal("0.50"), Decimal(100)), (Decimal("0.51"), Decimal(200))),
        tick=Decimal("0.01"),
        source_at=NOON,
        received_at=NOON,
    )


def an_opportunity(**changes: Any) -> OpportunityFound:
    return _build(
        OpportunityFound,
        changes,
        event_id="o1",
        strategy="oracle-sniper",
        venue="polymarket",
        market_id=MARKET,
        slug="btc-updown-5m-1800014400",
        symbol="BTC",
        token_id=UP,
        outcome="Up",
        side="BUY",
        fair_value=Decimal("0.60"),
        uncertainty=Decimal("0.01"),
        limit=Decimal("0.50"),
        quantity=Decimal(100),
        average_price=Decimal("0.50"),
        fee=FEE,
        gross_edge=Decimal("0.10"),
        fee_per_share=Decimal("0.0175"),
        margin=Decimal("0.01"),
        net_edge=Decimal("0.0725"),
        underlying_price=Decimal(65000),
        strike=Decimal(64990),
        sigma=Decimal("0.5"),
        seconds_left=Decimal(200),
        model="twap-1",
        price_at=NOON,
        book_at=NOON,
        ends_at=after(300),
        received_at=NOON,
        found_at=NOON,
        valid_until=after(1),
    )


def an_approval(**changes: Any) -> OrderApproved:
    return _build(
        OrderApproved,
        changes,
        event_id="d1",
        opportunity_id="o1",
        order_id="order1",
        strategy="oracle-sniper",
        venue="polymarket",
        market_id=MARKET,
        slug="btc-updown-5m-1800014400",
        symbol="BTC",
        token_id=UP,
        outcome="Up",
        side="BUY",
        order_type="FAK",
        limit=Decimal("0.50"),
        quantity=Decimal(10),
        maker_amount=5_000_000,
        taker_amount=10_000_000,
        tick=Decimal("0.01"),
        size_min=Decimal(5),
        fee=FEE,
        cost_max=Decimal("5.175"),
        fair_value=Decimal("0.60"),
        expected_edge=Decimal("0.0725"),
        expected_fee=Decimal("0.175"),
        salt=1,
        timestamp_ms=1,
        valid_until=after(1),
        limits_version="v1",
        received_at=NOON,
        approved_at=NOON,
    )


def a_denial(**changes: Any) -> OrderDenied:
    return _build(
        OrderDenied,
        changes,
        event_id="n1",
        opportunity_id="o1",
        strategy="oracle-sniper",
        market_id=MARKET,
        slug="btc-updown-5m-1800014400",
        outcome="Up",
        rule="book_is_fresh",
        detail="age",
        limits_version="v1",
        denied_at=NOON,
    )


def a_fill(**changes: Any) -> FillMatched:
    return _build(
        FillMatched,
        changes,
        event_id="f1",
        fill_id="fill1",
        order_id="order1",
        market_id=MARKET,
        token_id=UP,
        mode="paper",
        at=NOON,
        outcome="Up",
        side="BUY",
        price=Decimal("0.50"),
        quantity=Decimal(10),
        fee=Decimal("0.175"),
        strategy="oracle-sniper",
        slug="btc-updown-5m-1800014400",
    )


def a_settlement(**changes: Any) -> PositionSettled:
    return _build(
        PositionSettled,
        changes,
        event_id="s1",
        market_id=MARKET,
        slug="btc-updown-5m-1800014400",
        mode="paper",
        winner="Up",
        up_shares=Decimal(10),
        down_shares=Decimal(0),
        cost=Decimal(5),
        fees=Decimal("0.175"),
        payout=Decimal(10),
        pnl=Decimal("4.825"),
        at=after(320),
    )


def a_heartbeat(**changes: Any) -> HeartbeatSent:
    return _build(
        HeartbeatSent,
        changes,
        service="risk",
        state="live",
        ready=True,
        detail="",
        started_at=NOON,
        sequence=1,
        figures={},
        at=NOON,
    )


def _build(message: type[EventT], changes: dict[str, Any], /, **fields: Any) -> EventT:
    return message(**(fields | changes))
