"""What owners hear of the engine's events, as captures show it and as the official client reads it."""

from decimal import Decimal

import pytest
from polymarket.models.clob.user_events import parse_user_event, parse_user_events

from simulator.exchange.account.user_events import user_events
from simulator.matching.events import (
    BookChanged,
    OrderEnded,
    OrderHeld,
    OrderMatched,
    OrderPlaced,
    OrderRefused,
    Refusal,
    TradeChanged,
)
from simulator.matching.values import OrderStatus, OrderType, TradeStatus
from support.account_records import (
    AT_NS,
    CONDITION,
    DOWN,
    MAKER_KEY,
    NS_PER_S,
    TAKER_KEY,
    UP,
    a_fill,
    a_standing,
    a_trade,
    an_order,
    instruments,
)

BOTH = {TAKER_KEY, MAKER_KEY}
LATER_NS = AT_NS + NS_PER_S


def heard(event, hearers=BOTH):
    return [each.payload for each in user_events(event, instruments, hearers)]


def kinds(event):
    return [(each["type"], each["status"], each["size_matched"]) for each in heard(event)]


def test_a_resting_order_is_announced():
    (placed,) = heard(OrderPlaced(AT_NS, a_standing()))

    assert (placed["event_type"], placed["type"], placed["status"]) == ("order", "PLACEMENT", "LIVE")
    assert (placed["original_size"], placed["size_matched"], placed["price"]) == ("10", "0", "0.57")
    assert (placed["associate_trades"], placed["outcome"], placed["expiration"]) == (None, "Up", "0")
    assert (placed["created_at"], placed["timestamp"]) == (str(AT_NS // NS_PER_S), str(AT_NS // 1_000_000))
    assert (placed["owner"], placed["order_owner"], placed["market"]) == (TAKER_KEY, TAKER_KEY, CONDITION)


def test_an_order_that_takes_at_once_is_announced_before_its_first_trade_and_only_then():
    taken = a_standing(status=OrderStatus.LIVE, matched_e6=4_000_000, trades=("t1",))
    assert kinds(OrderMatched(AT_NS, taken, "t1", is_taker=True)) == [
        ("PLACEMENT", "LIVE", "0"),
        ("UPDATE", "LIVE", "4"),
    ]

    more = a_standing(status=OrderStatus.LIVE, matched_e6=6_000_000, trades=("t1", "t2"))
    assert kinds(OrderMatched(AT_NS, more, "t2", is_taker=True)) == [("UPDATE", "LIVE", "6")]
    assert kinds(OrderPlaced(AT_NS, more)) == [("UPDATE", "LIVE", "6")]


def test_a_held_order_is_announced_when_it_is_held_and_not_again():
    assert kinds(OrderHeld(AT_NS, a_standing(status=OrderStatus.DELAYED), LATER_NS)) == [("PLACEMENT", "DELAYED", "0")]
    done = a_standing(status=OrderStatus.MATCHED, matched_e6=10_000_000, trades=("t1",))
    assert kinds(OrderMatched(LATER_NS, done, "t1", is_taker=True)) == [("UPDATE", "MATCHED", "10")]
    assert kinds(OrderPlaced(LATER_NS, a_standing())) == [("UPDATE", "LIVE", "0")]


def test_a_maker_hears_of_each_match():
    met = a_standing(matched_e6=1_000_000, trades=("t1",))
    (update,) = heard(OrderMatched(LATER_NS, met, "t1", is_taker=False))
    assert (update["type"], update["size_matched"], update["associate_trades"]) == ("UPDATE", "1", ["t1"])


@pytest.mark.parametrize(
    "status",
    [OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.RESOLVED, OrderStatus.UNFUNDED, OrderStatus.INVALID],
)
def test_whatever_ends_an_order_is_a_cancellation_with_its_status(status):
    (ended,) = heard(OrderEnded(LATER_NS, a_standing(status=status)))
    assert (ended["type"], ended["status"], ended["size_matched"]) == ("CANCELLATION", status.value, "0")
    assert parse_user_event(ended).payload.status == status.value


def test_a_killed_fok_comes_with_the_empty_texts_and_the_free_status_of_production():
    bought = an_order(order_type=OrderType.FOK, maker_e6=1_010_000, taker_e6=101_000_000, price_e4=100)
    (killed,) = heard(OrderEnded(AT_NS, a_standing(bought, status=OrderStatus.KILLED)))

    expected = {
        "side": "BUY", "original_size": "1.01", "size_matched": "", "price": "0.01", "associate_trades": [],
        "outcome": "", "type": "CANCELLATION", "created_at": "", "expiration": "0", "order_type": "FOK",
        "status": "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed.",
        "timestamp": str(AT_NS // 1_000_000), "event_type": "order",
    }  # fmt: skip
    assert {name: killed[name] for name in expected} == expected
    assert parse_user_events([killed]) == ([], 1), "the official client drops it, as it drops production's"


def test_a_killed_fak_says_why_in_its_own_words():
    (killed,) = heard(OrderEnded(AT_NS, a_standing(an_order(order_type=OrderType.FAK), status=OrderStatus.KILLED)))
    assert killed["status"].startswith("CANCELED_no orders found to match with FAK order.")


def test_a_trade_is_told_to_its_taker_and_once_to_each_maker_whatever_they_rested_with():
    trade = a_trade(fills=(a_fill(), a_fill(order_id="0x02")))
    told = user_events(TradeChanged(AT_NS, trade), instruments, BOTH)

    assert [(each.owner, each.payload["trader_side"]) for each in told] == [(TAKER_KEY, "TAKER"), (MAKER_KEY, "MAKER")]
    for each in told:
        assert (each.payload["asset_id"], each.payload["owner"], each.payload["outcome"]) == (UP, TAKER_KEY, "Up")
        assert [maker["asset_id"] for maker in each.payload["maker_orders"]] == [DOWN, DOWN]


@pytest.mark.parametrize("status", list(TradeStatus))
def test_every_step_of_a_settlement_is_told_plainly(status):
    trade = a_trade(status=status, changed_ns=LATER_NS)
    payload = parse_user_event(heard(TradeChanged(LATER_NS, trade))[0]).payload

    assert payload.status == status.value
    assert (payload.size, payload.price, payload.transaction_hash) == (Decimal(10), Decimal("0.57"), "")
    assert (payload.timestamp - payload.matched_at).total_seconds() == pytest.approx(1.123)


def test_nobody_is_told_who_does_not_listen():
    assert heard(TradeChanged(AT_NS, a_trade()), {MAKER_KEY})[0]["trader_side"] == "MAKER"
    assert heard(OrderPlaced(AT_NS, a_standing()), {MAKER_KEY}) == []


def test_refusals_and_books_are_nobodys_own_events():
    assert heard(OrderRefused(AT_NS, an_order(), Refusal.BALANCE)) == []
    assert heard(BookChanged(AT_NS, CONDITION, (), (), None, None, best_changed=False)) == []
