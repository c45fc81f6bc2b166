"""Laws: whatever is done, in whatever order, nothing is created or lost and a replay comes to the same."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.matching.engine import Engine
from simulator.matching.events import BookChanged
from simulator.matching.log import decode, encode
from simulator.matching.operations import (
    Advance,
    Cancel,
    CancelAll,
    ChangeTick,
    CloseMarket,
    Deposit,
    Merge,
    OpenMarket,
    Place,
    Print,
    Quote,
    Redeem,
    ResolveMarket,
    SetAllowance,
    Settle,
    Split,
)
from simulator.matching.values import E4, E6, Level, Order, OrderType, Side, TradeStatus
from unit.simulator.matching.books import (
    assert_no_book_is_crossed,
    assert_nobody_owes,
    assert_nothing_was_lost,
    assert_promises_are_open_orders,
    shown,
)
from unit.simulator.matching.venue import ALICE, BOB, CAROL, KEYS, an_instrument

CONDITIONS = ("0xc0", "0xc1")
TOKENS = {"0xc0": ("u0", "d0"), "0xc1": ("u1", "d1")}
MARKETS = [
    an_instrument("0xc0", TOKENS["0xc0"], fee_rate_e6=70_000, delay_ns=20),
    an_instrument("0xc1", TOKENS["0xc1"], tick_e4=10, fee_rate_e6=250_000, fee_exponent=2),
]
ACCOUNTS = st.sampled_from([ALICE, BOB, CAROL])
MARKET = st.sampled_from(CONDITIONS)
STEPS_NS = st.integers(0, 12)
CENTS = st.integers(44, 56) | st.integers(47, 53) | st.integers(1, 99)
PRICES = CENTS.map(lambda cents: cents * 100)
SHARES = st.integers(5, 40).map(lambda shares: shares * E6)
SIZES_E6 = SHARES | SHARES | st.integers(5 * E6, 40 * E6) | st.integers(10_000, 40 * E6)
KINDS = st.sampled_from([OrderType.GTC] * 3 + [OrderType.GTD, OrderType.FOK, OrderType.FAK])
OPENING = [
    *(OpenMarket(0, instrument) for instrument in MARKETS),
    *(Deposit(0, account, 400 * E6) for account in KEYS),
    *(Split(0, account, condition, 100 * E6) for account in (ALICE, BOB) for condition in CONDITIONS),
]


@st.composite
def orders(draw):
    condition, side, price, shares = draw(MARKET), draw(st.sampled_from(Side)), draw(PRICES), draw(SIZES_E6)
    token, kind = draw(st.sampled_from(TOKENS[condition])), draw(KINDS)
    usd = shares * price // E4
    maker, taker = (usd, shares) if side is Side.BUY else (shares, usd)
    account = draw(ACCOUNTS)
    return {
        "account": account, "owner": KEYS[account], "condition_id": condition, "token": token, "side": side,
        "maker_e6": maker, "taker_e6": taker, "price_e4": price, "order_type": kind,
        "post_only": not kind.is_market and draw(st.integers(0, 9)) == 0,
        "expires_ns": draw(st.integers(0, 80)) if kind is OrderType.GTD else 0,
    }  # fmt: skip


LEVELS = st.lists(st.builds(Level, PRICES, SIZES_E6 | st.just(0)), max_size=3).map(tuple)
SETTLEMENTS = [TradeStatus.MINED, TradeStatus.MINED, TradeStatus.FAILED, *TradeStatus]
SETTLE = st.tuples(st.just("settle"), st.integers(0, 3), st.sampled_from(SETTLEMENTS))
WEIGHTED = [
    (12, orders()),
    (5, SETTLE),
    (2, st.tuples(st.just("quote"), MARKET, LEVELS, LEVELS)),
    (2, st.tuples(st.just("print"), MARKET, st.integers(0, 1), st.sampled_from(Side), PRICES, SIZES_E6)),
    (2, st.tuples(st.just("cancel"), st.integers(0, 8))),
    (1, st.tuples(st.just("cancel all"), ACCOUNTS, MARKET | st.just(""))),
    (1, st.tuples(st.sampled_from(["split", "merge"]), ACCOUNTS, MARKET, st.integers(1, 60 * E6))),
    (1, st.tuples(st.just("allow"), ACCOUNTS, st.none() | st.integers(100 * E6, 400 * E6))),
    (1, st.tuples(st.just("tick"), MARKET, st.sampled_from([1, 10, 100]))),
    (1, st.tuples(st.just("wait"))),
]
ENDING = [
    (2, SETTLE),
    (1, orders()),
    (1, st.tuples(st.just("close"), MARKET)),
    (2, st.tuples(st.just("resolve"), MARKET, st.integers(0, 1))),
    (2, st.tuples(st.just("redeem"), ACCOUNTS, MARKET)),
    (1, st.tuples(st.just("wait"))),
]


def weighted(choices):
    """Choose among wishes so that the usual ones come often and none is left out."""
    urn = [number for number, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(urn).flatmap(lambda number: choices[number][1])


def histories(least=20, most=50):
    """Markets are traded for a while before anything may end them."""
    traded = st.lists(st.tuples(STEPS_NS, weighted(WEIGHTED)), min_size=least, max_size=most)
    ended = st.lists(st.tuples(STEPS_NS, weighted(ENDING)), max_size=15)
    return st.builds(list.__add__, traded, ended)


HISTORIES = histories()


class Lived:
    """An engine that is asked for what hypothesis wishes, with everything that was done and said."""

    def __init__(self):
        self.engine, self.log, self.told, self.now_ns, self.orders = Engine(), [], [], 0, 0
        self.books = {}
        for operation in OPENING:
            self.do(operation)

    def wish(self, step_ns, wish):
        self.now_ns += step_ns
        operation = self.operation(wish)
        if operation is not None:
            self.do(operation)

    def do(self, operation):
        self.log.append(operation)
        events = self.engine.apply(operation)
        self.told.append(events)
        for event in events:
            if isinstance(event, BookChanged):
                self.hear(event)

    def hear(self, event):
        """Keep the book as a listener does who knows nothing but what is told."""
        for is_bid, levels in ((True, event.bids), (False, event.asks)):
            for level in levels:
                self.books[event.condition_id, is_bid, level.price_e4] = level.shares_e6

    def operation(self, wish):
        """Turn a wish into an operation, None where it is about a trade that is not there."""
        now = self.now_ns
        if isinstance(wish, dict):
            self.orders += 1
            expires_ns = now + wish["expires_ns"] if wish["expires_ns"] else 0
            return Place(now, Order(**wish | {"order_id": f"o{self.orders}", "expires_ns": expires_ns}))
        name, *rest = wish
        if name == "cancel":
            standing = self.engine.order(f"o{self.orders - rest[0]}")
            return Cancel(now, standing.order.owner if standing else "k", f"o{self.orders - rest[0]}")
        if name == "settle":
            trades = self.engine.recent_trades()[rest[0] :]
            return Settle(now, trades[0].trade_id, rest[1]) if trades else None
        return SIMPLE[name](now, *rest)


SIMPLE = {
    "quote": Quote,
    "print": lambda now, condition, index, *rest: Print(now, condition, TOKENS[condition][index], *rest),
    "cancel all": lambda now, account, condition: CancelAll(now, KEYS[account], condition),
    "split": Split,
    "merge": Merge,
    "allow": SetAllowance,
    "tick": ChangeTick,
    "close": CloseMarket,
    "resolve": lambda now, condition, index: ResolveMarket(now, condition, TOKENS[condition][index]),
    "redeem": Redeem,
    "wait": Advance,
}


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_at_no_point_is_a_dollar_or_a_share_created_or_lost_or_promised_twice(history):
    lived = Lived()
    for step_ns, wish in history:
        lived.wish(step_ns, wish)
        assert_nothing_was_lost(lived.engine, CONDITIONS)
        assert_nobody_owes(lived.engine, CONDITIONS)
        assert_no_book_is_crossed(lived.engine, CONDITIONS)
        assert_promises_are_open_orders(lived.engine, KEYS.values(), CONDITIONS)
        told = {place: size for place, size in lived.books.items() if size}
        assert told == dict(shown(lived.engine, CONDITIONS))


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_the_log_replayed_from_json_tells_the_same_events_and_comes_to_the_same_state(history):
    lived = Lived()
    for step_ns, wish in history:
        lived.wish(step_ns, wish)
    replayed = Engine()
    told = [replayed.apply(decode(json.loads(json.dumps(encode(operation))))) for operation in lived.log]

    assert told == lived.told
    assert replayed.digest() == lived.engine.digest()


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_what_happens_does_not_depend_on_how_often_time_is_let_pass(history):
    lived = Lived()
    for step_ns, wish in history:
        lived.wish(step_ns, wish)
    often = Engine()
    told = []
    for before, operation in zip([Advance(0), *lived.log], lived.log, strict=False):
        for at_ns in range(before.at_ns, operation.at_ns):
            told += often.apply(Advance(at_ns))
        told += often.apply(operation)

    assert told == [event for events in lived.told for event in events]
    assert often.digest() == lived.engine.digest()


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_everything_that_is_failed_gives_everybody_back_what_they_had(history):
    lived = Lived()
    before = {account: lived.engine.dollars(account).total_e6 for account in KEYS}
    shares = {(a, t): lived.engine.shares(a, t).total_e6 for a in KEYS for c in CONDITIONS for t in TOKENS[c]}
    for step_ns, wish in history:
        if isinstance(wish, dict) or wish[0] in {"quote", "print", "cancel", "wait"}:
            lived.wish(step_ns, wish)
    for trade in lived.engine.recent_trades():
        lived.do(Settle(lived.now_ns, trade.trade_id, TradeStatus.FAILED))

    assert {account: lived.engine.dollars(account).total_e6 for account in KEYS} == before
    assert {place: lived.engine.shares(*place).total_e6 for place in shares} == shares
