"""What a trade goes through after its match, in virtual time."""

import heapq

import pytest

from simulator.exchange.orders.settling import Settlement, steps, transaction_hash
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.events import BalanceChanged, TradeChanged
from simulator.matching.operations import Settle
from simulator.matching.values import CROWD, HOUSE, Fill, MatchType, Side, Trade, TradeStatus

NS_PER_MS = 1_000_000
START_NS = 1_795_240_800_000_000_000
CLIENT, CLIENT_KEY = "0x" + "1a" * 20, "client-key"
SETTINGS = ExchangeSettings(mined_after_ms=2000, confirmed_after_ms=4000)


class VirtualTime:
    """A schedule whose time passes when told."""

    def __init__(self):
        self.due = []

    def at(self, at_ns, action):
        heapq.heappush(self.due, (at_ns, len(self.due), action))

    def run(self):
        while self.due:
            _, _, action = heapq.heappop(self.due)
            action()


class ArmedFaults:
    """Faults that are taken by name, so many times, by one key if one is named."""

    def __init__(self, *names, key=None):
        self.left, self.key = list(names), key

    def take(self, name, **about):
        if name not in self.left or self.key not in (None, about["key"]):
            return None
        self.left.remove(name)
        return name


def a_trade(trade_id="11111111-2222-4333-8444-555555555555", taker=(CLIENT, CLIENT_KEY), maker=(HOUSE, HOUSE)):
    fill = Fill("0xmaker", *maker, "up", Side.SELL, 5000, 5_000_000, 2_500_000, MatchType.COMPLEMENTARY, 0)
    return Trade(
        trade_id, START_NS, "0xc0", "0xtaker", *taker, "up", Side.BUY, 5000, 5_000_000, 2_500_000, 0, (fill,),
        TradeStatus.MATCHED, START_NS,
    )  # fmt: skip


def settled(trade, faults=None, settings=SETTINGS):
    """Let a trade be made, and return all operations that come of it."""
    time, done = VirtualTime(), []

    def apply(operation):
        done.append(operation)
        return ()

    settlement = Settlement(time.at, apply, settings, faults or ArmedFaults())
    settlement.hear(TradeChanged(START_NS, trade))
    time.run()
    return done


def statuses(operations):
    return [operation.status for operation in operations]


def delays_ms(operations):
    return [(operation.at_ns - START_NS) / NS_PER_MS for operation in operations]


def test_a_trade_is_mined_and_then_confirmed_in_one_transaction():
    trade = a_trade()
    done = settled(trade)
    assert statuses(done) == [TradeStatus.MINED, TradeStatus.CONFIRMED]
    assert {operation.trade_id for operation in done} == {trade.trade_id}
    assert {operation.transaction_hash for operation in done} == {transaction_hash(trade.trade_id)}


def test_a_transaction_hash_is_one_of_the_chain_and_always_the_same():
    assert transaction_hash("a") == transaction_hash("a") != transaction_hash("b")
    assert len(bytes.fromhex(transaction_hash("a").removeprefix("0x"))) == 32


def test_steps_come_within_a_quarter_of_what_the_settings_say_and_differ_from_trade_to_trade():
    mined, confirmed = set(), set()
    for number in range(200):
        first, second = delays_ms(settled(a_trade(f"trade-{number}")))
        assert 1500 <= first <= 2500
        assert second == pytest.approx(2 * first, abs=0.001)
        mined.add(first)
        confirmed.add(second)
    assert len(mined) > 100
    assert max(mined) - min(mined) > 800
    assert max(confirmed) <= 5000


def test_the_same_trade_is_as_quick_every_time():
    assert settled(a_trade()) == settled(a_trade())


def test_a_failed_trade_is_failed_instead_of_mined_and_has_no_transaction():
    trade = a_trade()
    done = settled(trade, ArmedFaults("trade_failed"))
    assert statuses(done) == [TradeStatus.FAILED]
    assert done[0].transaction_hash == ""
    assert done[0].at_ns == settled(trade)[0].at_ns


def test_a_retried_trade_takes_the_time_of_a_second_attempt():
    trade = a_trade()
    done, plain = settled(trade, ArmedFaults("trade_retrying")), settled(trade)
    assert statuses(done) == [TradeStatus.RETRYING, TradeStatus.MINED, TradeStatus.CONFIRMED]
    assert done[0].transaction_hash == ""
    assert done[1].at_ns - START_NS == 2 * (plain[0].at_ns - START_NS)
    assert done[2].at_ns - done[1].at_ns == plain[1].at_ns - plain[0].at_ns


def test_with_both_faults_armed_a_trade_is_retried_and_fails_all_the_same():
    done = settled(a_trade(), ArmedFaults("trade_retrying", "trade_failed"))
    assert statuses(done) == [TradeStatus.RETRYING, TradeStatus.FAILED]


def test_a_fault_waits_for_a_clients_trade():
    faults = ArmedFaults("trade_failed")
    among_themselves = a_trade(taker=(CROWD, CROWD), maker=(HOUSE, HOUSE))
    assert statuses(settled(among_themselves, faults)) == [TradeStatus.MINED, TradeStatus.CONFIRMED]
    assert statuses(settled(a_trade(), faults)) == [TradeStatus.FAILED]
    assert statuses(settled(a_trade(), faults)) == [TradeStatus.MINED, TradeStatus.CONFIRMED]


def test_a_fault_meets_a_client_who_was_the_maker():
    made = a_trade(taker=(CROWD, CROWD), maker=(CLIENT, CLIENT_KEY))
    assert statuses(settled(made, ArmedFaults("trade_failed", key=CLIENT_KEY))) == [TradeStatus.FAILED]
    assert statuses(settled(made, ArmedFaults("trade_failed", key="another"))) == [
        TradeStatus.MINED,
        TradeStatus.CONFIRMED,
    ]


def test_settlement_can_be_at_once_and_still_comes_in_order():
    at_once = ExchangeSettings(mined_after_ms=0, confirmed_after_ms=0)
    done = settled(a_trade(), settings=at_once)
    assert statuses(done) == [TradeStatus.MINED, TradeStatus.CONFIRMED]
    assert delays_ms(done) == [0, 0]


def test_a_step_that_comes_late_does_not_turn_time_back():
    time, done = VirtualTime(), []
    settlement = Settlement(time.at, lambda operation: done.append(operation) or (), SETTINGS, ArmedFaults())
    settlement.hear(TradeChanged(START_NS, a_trade()))
    late_ns = START_NS + 60_000 * NS_PER_MS
    settlement.hear(BalanceChanged(late_ns, CLIENT, "", 1))
    time.run()
    assert [operation.at_ns for operation in done] == [late_ns, late_ns]


def test_only_a_new_trade_is_settled():
    time = VirtualTime()
    settlement = Settlement(time.at, lambda _: (), SETTINGS, ArmedFaults())
    settlement.hear(BalanceChanged(START_NS, CLIENT, "", 1))
    mined = Trade(**{name: getattr(a_trade(), name) for name in Trade.__slots__} | {"status": TradeStatus.MINED})
    settlement.hear(TradeChanged(START_NS, mined))
    assert time.due == []


def test_the_way_of_a_trade_can_be_told_beforehand():
    told = [(step.at_ns, step.status) for step in steps(a_trade(), SETTINGS, retries=True)]
    done = settled(a_trade(), ArmedFaults("trade_retrying"))
    assert told == [(operation.at_ns, operation.status) for operation in done]
    assert all(isinstance(operation, Settle) for operation in done)
