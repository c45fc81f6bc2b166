"""An engine with markets and accounts in a line each, and the words in which tests speak of it."""

from simulator.matching.engine import Engine
from simulator.matching.operations import (
    Advance,
    Cancel,
    Deposit,
    OpenMarket,
    Operation,
    Place,
    Print,
    Quote,
    Settle,
)
from simulator.matching.values import E4, E6, Instrument, Level, Order, OrderType, Side, TradeStatus

ALICE, BOB, CAROL = "0x" + "a1" * 20, "0x" + "b0" * 20, "0x" + "ca" * 20
KEYS = {ALICE: "key-alice", BOB: "key-bob", CAROL: "key-carol"}
CONDITION, UP, DOWN = "0xc0", "up", "down"
START_NS = 1_000_000_000
MS = 1_000_000
BUY, SELL = Side.BUY, Side.SELL
GTC, GTD, FOK, FAK = OrderType.GTC, OrderType.GTD, OrderType.FOK, OrderType.FAK


def an_instrument(condition=CONDITION, tokens=(UP, DOWN), *, tick_e4=100, fee_rate_e6=0, fee_exponent=1, delay_ns=0):
    return Instrument(condition, tokens, ("Up", "Down"), tick_e4, 5 * E6, fee_rate_e6, fee_exponent, delay_ns)


def an_order(order_id, side, price_e4, shares, *, by=ALICE, token=UP, usd=None, condition=CONDITION, **more):
    """Build an order of so many shares at a price; `usd` is for one that is defined by its dollars."""
    shares_e6 = round(shares * E6)
    usd_e6 = shares_e6 * price_e4 // E4 if usd is None else round(usd * E6)
    maker_e6, taker_e6 = (usd_e6, shares_e6) if side is BUY else (shares_e6, usd_e6)
    fields = {"order_type": GTC} | more
    return Order(order_id, by, KEYS.get(by, by), condition, token, side, maker_e6, taker_e6, price_e4, **fields)


class Venue:
    """An engine, with the log of what was done to it."""

    def __init__(self, deposit=1000, **instrument):
        self.engine, self.log, self.now_ns, self.placed = Engine(), [], START_NS, 0
        self.do(OpenMarket(START_NS, an_instrument(**instrument)))
        for account in KEYS:
            if deposit:
                self.do(Deposit(START_NS, account, deposit * E6))

    def do(self, operation: Operation):
        self.log.append(operation)
        return self.engine.apply(operation)

    def place(self, side, price_e4, shares, *, order_id=None, skips_delay=False, **more):
        self.placed += 1
        order_id = order_id or f"o{self.placed}"
        return self.do(Place(self.now_ns, an_order(order_id, side, price_e4, shares, **more), skips_delay))

    def place_order(self, order):
        return self.do(Place(self.now_ns, order))

    def rest(self, side, price_e4, shares, **more):
        """Place an order that must come to rest, and return its id."""
        events = self.place(side, price_e4, shares, **more)
        assert [type(event).__name__ for event in events][:1] == ["OrderPlaced"], events
        return events[0].standing.order.order_id

    def cancel(self, order_id, by=ALICE):
        return self.do(Cancel(self.now_ns, KEYS[by], order_id))

    def quote(self, bids=(), asks=()):
        """Have the house quote (price, shares) pairs."""
        levels = [tuple(Level(price, round(shares * E6)) for price, shares in side) for side in (bids, asks)]
        return self.do(Quote(self.now_ns, CONDITION, *levels))

    def crowd(self, side, price_e4, shares, token=UP):
        return self.do(Print(self.now_ns, CONDITION, token, side, price_e4, round(shares * E6)))

    def advance(self, to_ns):
        self.now_ns = to_ns
        return self.do(Advance(to_ns))

    def settle(self, trade, status=TradeStatus.MINED):
        return self.do(Settle(self.now_ns, trade.trade_id, status, "0xhash" if status is TradeStatus.MINED else ""))

    def settle_all(self, status=TradeStatus.MINED):
        for trade in reversed(self.engine.recent_trades()):
            self.settle(trade, status)

    def dollars(self, account=ALICE):
        return self.engine.dollars(account)

    def shares(self, account=ALICE, token=UP):
        return self.engine.shares(account, token)

    def book(self, token=UP):
        """Return the book as (price, millionths) pairs."""
        return tuple([(level.price_e4, level.shares_e6) for level in side] for side in self.engine.book(token))


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def names(events):
    return [type(event).__name__ for event in events]
