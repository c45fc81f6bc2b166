"""What is forgotten, and what never is."""

from dataclasses import replace

from simulator.matching.dues import STALE_MAX, Dues
from simulator.matching.memory import Orders, Trades
from simulator.matching.record import OrderRecord
from simulator.matching.values import OrderStatus, TradeStatus
from support.account_records import a_fill, a_trade
from unit.simulator.matching.venue import ALICE, BOB, BUY, KEYS, UP, an_order


def a_record(order_id, by=ALICE):
    return OrderRecord(an_order(order_id, BUY, 4000, 10, by=by), UP, placed_ns=1)


def test_the_oldest_orders_that_are_over_are_forgotten_and_open_ones_never():
    orders = Orders(ended_max=2)
    open_one = a_record("1")
    orders.open(open_one)
    for number in (2, 3, 4):
        record = a_record(str(number), by=BOB)
        orders.open(record)
        record.become(OrderStatus.CANCELED)
        orders.end(record)

    assert [order_id for order_id in "1234" if order_id in orders] == ["1", "3", "4"]
    assert orders.open_of(KEYS[ALICE]) == (open_one,)
    assert orders.open_of(KEYS[BOB]) == ()


def a_numbered_trade(number):
    return a_trade(trade_id=f"t{number}", fills=(a_fill(owner=f"maker{number}"),))


def test_the_oldest_final_trades_are_forgotten_and_unsettled_ones_never():
    trades = Trades(trades_max=2)
    made = [a_numbered_trade(number) for number in range(4)]
    for trade in made:
        trades.add(trade)
    assert [trade.trade_id for trade in trades.recent()] == ["t3", "t2", "t1", "t0"]
    for trade in made[1:]:
        trades.change(replace(trade, status=TradeStatus.CONFIRMED))

    assert [trade.trade_id for trade in trades.recent()] == ["t3", "t0"]
    assert trades.get("t1") is None
    assert trades.of_owner("maker1") == ()
    assert [trade.trade_id for trade in trades.of_account(made[0].account)] == ["t3", "t0"]


def test_an_order_that_comes_again_after_it_was_forgotten_makes_trades_of_its_own():
    trades = Trades()
    first = trades.new_id("o1", 0)
    trades.add(a_trade(trade_id=first))
    second = trades.new_id("o1", 0)

    assert second != first
    assert second == trades.new_id("o1", 1)


def test_what_is_due_comes_in_order_and_what_ended_does_not_pile_up():
    dues, records = Dues(), [a_record(str(number)) for number in range(STALE_MAX + 10)]
    kept = records.pop()
    dues.add(kept, 10**6)
    for number, record in enumerate(records):
        dues.add(record, 100 + number)
        record.become(OrderStatus.CANCELED)

    assert len(dues._heap) <= STALE_MAX
    assert dues.next_ns() == 10**6
    assert dues.pop() is kept
    assert dues.next_ns() is None
