"""Which message is told, how loudly, and in which words."""

from decimal import Decimal

import pytest

from alerter.core.words import clock, dollars, gain, number, plain
from builders import (
    FEE,
    MARKET,
    NOON,
    a_book,
    a_denial,
    a_fill,
    a_market,
    a_settlement,
    after,
    an_approval,
    an_opportunity,
)
from common.contracts.control import HaltRequested
from common.contracts.executor import (
    ExecutorLeaseAcquired,
    FillConfirmed,
    FillFailed,
    OrderAccepted,
    OrderCancelled,
    OrderRefused,
    OrderRejected,
    OrderUnknown,
    PositionRedeemed,
)
from common.contracts.oracle import SourceStatusChanged
from common.contracts.risk import RiskLeaseAcquired, TradingHalted, TradingResumed
from unit.alerter.alerter_builders import Shift, a_reconciliation, a_state, an_order_event

SLUG = "btc-updown-5m-1800014400"
FILL = {
    "event_id": "x1",
    "fill_id": "fill1",
    "order_id": "order1",
    "market_id": MARKET,
    "token_id": "1",
    "mode": "live",
    "at": NOON,
}
SILENT = {"source": "binance", "symbol": "BTC", "topic": "trade", "status": "silent", "detail": "age 4 s", "at": NOON}

TOLD = [
    (a_fill(), 0, "Trade executed", f"Bought 10 Up @ 0.5 = $5.00, fee $0.175 | {SLUG} | paper, oracle-sniper"),
    (
        a_fill(side="SELL", quantity=Decimal("2.5"), price=Decimal("0.61"), fee=Decimal(0), mode="live"),
        0, "Trade executed", f"Sold 2.5 Up @ 0.61 = $1.525, fee $0.00 | {SLUG} | live, oracle-sniper",
    ),
    (a_settlement(), 0, "Settled", f"P&L +$4.82: Up won, paid $10.00, cost $5.00, fees $0.175 | {SLUG} | paper"),
    (
        a_settlement(pnl=Decimal(-20), payout=Decimal(0), winner="Down"),
        1, "Large loss", f"P&L -$20.00: Down won, paid $0.00, cost $5.00, fees $0.175 | {SLUG} | paper",
    ),
    (
        an_order_event(OrderRejected, code="not_enough_balance", detail="balance: 0"),
        1, "Trade failed", f"The venue rejected it: not_enough_balance | balance: 0 | {SLUG} | paper",
    ),
    (
        an_order_event(OrderRefused, rule="approval_is_valid", detail="late by 12 ms"),
        1, "Trade failed", f"Not sent: approval_is_valid | late by 12 ms | {SLUG} | paper",
    ),
    (FillFailed(reason="reverted", **FILL), 1, "Trade void", f"A fill came to nothing: reverted | {SLUG} | live"),
    (
        an_order_event(OrderUnknown, detail="no answer in 5 s"),
        1, "Order unknown",
        f"Nobody can say what became of it; it is asked for, not sent again | no answer in 5 s | {SLUG} | order1 | paper",
    ),
    (HaltRequested(reason="news", at=NOON), 2, "TRADING HALTED", "By an operator | news | 12:00:00 UTC"),
    (
        TradingHalted(event_id="h", rule="drawdown", reason="20.1 % from 250", at=NOON),
        2, "TRADING HALTED", "drawdown | 20.1 % from 250 | 12:00:00 UTC",
    ),
    (TradingResumed(event_id="h", reason="looked at it", at=NOON), 0, "Trading resumed", "looked at it | 12:00:00 UTC"),
    (
        a_reconciliation("warn", detail="collateral : expected 200, found 300"), -1, "Reconciliation",
        "1 difference | collateral : expected 200, found 300 | 12:00:00 UTC | live",
    ),
    (
        a_reconciliation("reduce", verdict="incomplete", discrepancies=(), detail="trades: 503"), 1,
        "Reconciliation: buying stops", "The venue did not tell everything | trades: 503 | 12:00:00 UTC | live",
    ),
    (
        a_reconciliation("halt", detail="foreign_order 0xf"), 2, "Reconciliation: trading stops",
        "1 difference | foreign_order 0xf | 12:00:00 UTC | live",
    ),
    (
        a_state("risk: drawdown", "venue heartbeat failed"), 1, "No order leaves",
        "venue heartbeat failed | 12:00:00 UTC | live",
    ),
    (
        PositionRedeemed(
            event_id="p", market_id=MARKET, slug=SLUG, mode="live", payout=Decimal(10), by="venue", at=NOON
        ),
        -1, "Paid out", f"$10.00 by the venue itself | {SLUG} | live",
    ),
    (SourceStatusChanged(**SILENT), -1, "Source excluded", "binance is silent for BTC trade | age 4 s"),
    (
        a_market(fee=FEE.model_copy(update={"rate": Decimal("0.08")})), 1, "Unexpected fee schedule",
        f"A market says rate 0.08, exponent 1, taker only, which is not what is configured | {SLUG}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "priority", "title", "message"), TOLD, ids=[t[2] for t in TOLD])
def test_a_message_is_told_in_a_traders_words(event, priority, title, message):
    shift = Shift()
    shift.hear(a_denial())  # a market is named by what was said of it before

    alert = shift.hear(event)

    assert (alert.priority, alert.title, alert.message) == (priority, title, message)
    assert (alert.retry_s, alert.expire_s) == ((60, 3600) if priority == 2 else (None, None))


@pytest.mark.parametrize(
    "event",
    [
        an_opportunity(),
        an_approval(),
        a_denial(),
        a_book(),
        a_market(),
        a_market(fee=None, untradable_reason="no fee"),
        an_order_event(OrderAccepted, venue_order_id="0x1"),
        an_order_event(OrderCancelled, reason="no orders found to match", filled=Decimal(0)),
        FillConfirmed(**FILL),
        a_reconciliation("none", verdict="agreed", discrepancies=()),
        a_state("operator: lunch", "risk: drawdown"),
        a_state("venue: user_stream: not heard of yet", "venue: heartbeat: not heard of yet"),
        a_state(),
        ExecutorLeaseAcquired(event_id="l", holder="executor-1", token=4, at=NOON),
        SourceStatusChanged(**(SILENT | {"status": "fresh"})),
    ],
    ids=lambda e: e.type,
)
def test_what_is_no_news_is_not_told(event):
    assert Shift().hear(event) is None


def test_that_orders_may_leave_again_is_told_after_a_stop_and_never_at_a_start():
    shift = Shift()

    assert shift.hear(a_state(event_id="t1")) is None
    assert shift.hear(a_state("bus lost", event_id="t2")).title == "No order leaves"
    assert shift.hear(a_state(event_id="t3")).title == "Orders may leave again"
    assert shift.hear(a_state(event_id="t4")) is None


@pytest.mark.parametrize(
    ("kind", "title"),
    [(RiskLeaseAcquired, "Risk was taken over"), (ExecutorLeaseAcquired, "Executor was taken over")],
)
def test_a_takeover_is_told_and_the_same_replica_starting_anew_is_not(kind, title):
    shift = Shift()
    told = [
        shift.hear(kind(event_id=f"l{token}", holder=holder, token=token, at=NOON))
        for token, holder in enumerate(("one", "one", "two"), start=1)
    ]

    assert told[:2] == [None, None]
    assert (told[2].title, told[2].priority) == (title, 0)
    assert told[2].message == "two is the active one, token 3 | 12:00:00 UTC"


def test_the_line_between_a_loss_and_a_large_one_is_a_setting():
    shift = Shift(large_loss_usd=Decimal(5))

    assert shift.hear(a_settlement(pnl=Decimal("-4.99"))).title == "Settled"
    assert shift.hear(a_settlement(event_id="s2", pnl=Decimal(-5))).title == "Large loss"


def test_a_market_that_was_never_named_goes_by_its_id_cut_short():
    alert = Shift().hear(an_order_event(OrderRejected, code="c", detail=""))

    assert "0xababab…abab" in alert.message


def test_foreign_text_is_made_plain_and_short():
    alert = Shift().hear(an_order_event(OrderRejected, code="c", detail="a\nb\x00c" + "x" * 5000))

    assert "a b c" in alert.message
    assert len(alert.message) < 500


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "$0.00"),
        ("0.175", "$0.175"),
        ("5", "$5.00"),
        ("-2.5", "-$2.50"),
        ("1E+2", "$100.00"),
        ("1E+99999", "$1.000e+99999"),
    ],
)
def test_dollars_show_all_their_digits(amount, said):
    assert dollars(Decimal(amount)) == said


@pytest.mark.parametrize(
    ("amount", "said"), [("4.825", "+$4.82"), ("-2.084", "-$2.08"), ("0", "+$0.00"), ("-1E+99999", "-$1.000e+99999")]
)
def test_a_gain_shows_its_sign_and_cents(amount, said):
    assert gain(Decimal(amount)) == said


def test_numbers_have_no_needless_zeros():
    assert [number(Decimal(n)) for n in ("10.00", "0.50", "0E-20", "1E+3")] == ["10", "0.5", "0", "1000"]


def test_moments_and_lines_are_short():
    assert clock(after(3723)) == "13:02:03 UTC"
    assert plain("  a\tb\u202ec ") == "a b c"
