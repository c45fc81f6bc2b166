"""Laws: whatever is asked, filled, lost, settled or voided, in whatever order, no limit is exceeded.

The book-keeping here is its own, and simpler than the gate's: sums of what the events say.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import FEE, NOON, a_book, a_market, a_price, a_settlement, an_opportunity
from common.clock import SECOND, Instant
from common.contracts.executor import FillConfirmed, FillFailed
from common.contracts.risk import OrderApproved, TradingHalted
from common.contracts.runtime import Tick
from risk.core import RiskGate
from unit.risk.risk_builders import Lived, cancelled, completed, limits, lost, rejected, rule, the_fill_of

DAY = 86_400 * SECOND
PLACES = {
    "m1": ("BTC", "polymarket"), "m2": ("BTC", "polymarket"), "m3": ("ETH", "polymarket"), "m4": ("ETH", "elsewhere"),
}  # fmt: skip
PATIENT = {"unknown_orders_max": 1000, "error_rate": "1", "repeated_trades_max": 1000}
"""These worlds lose and reject orders as they please: the laws are about money, not about stopping."""
BIG = PATIENT | {"trade_size_usd": "18", "trade_size_usd_max": "19", "loss_per_trade_usd_max": "19"}


@dataclass
class Books:
    """Money as a clerk would count it."""

    cash: Decimal = Decimal(200)
    orders: dict[str, OrderApproved] = field(default_factory=dict)
    spent: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    over: dict[str, Decimal] = field(default_factory=dict)
    fills: dict[str, object] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    winners: dict[str, str] = field(default_factory=dict)
    settled_on: dict[str, int] = field(default_factory=dict)
    results: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    highest: Decimal = Decimal(200)

    def cost(self, fill):
        return fill.price * fill.quantity + fill.fee

    def payout(self, fill):
        return fill.quantity if self.winners.get(fill.market_id) == fill.outcome else Decimal(0)

    def standing(self):
        return [f for f in self.fills.values() if self.status[f.fill_id] != "failed"]

    def held(self):
        return [f for f in self.standing() if f.market_id not in self.winners]

    def equity(self):
        return self.cash + sum((self.cost(f) for f in self.held()), Decimal(0))

    def pending(self, order):
        """The dollars that an order can still spend: what is left, or what it says it got and nobody heard of yet."""
        if order.order_id in self.over:
            return self.over[order.order_id] * order.limit
        return Decimal(order.maker_amount) / 10**6 - self.spent[order.order_id]

    def exposure(self, picks):
        """What a choice of markets can lose: open positions, and pending orders with a cent's fee on every dollar."""
        held = sum((self.cost(f) for f in self.held() if picks(f.market_id)), Decimal(0))
        pending = (self.pending(o) for o in self.orders.values() if picks(o.market_id))
        return held + sum(pending, Decimal(0)) * (1 + FEE.rate)

    def realise(self, market_id, amount):
        """A market's results are of the day it was settled on, whenever they are known."""
        if market_id in self.winners:
            self.results[self.settled_on[market_id]] += amount
        provisional = [
            f for f in self.standing() if f.market_id in self.winners and self.status[f.fill_id] == "matched"
        ]
        unsure = sum((max(Decimal(0), self.payout(f) - self.cost(f)) for f in provisional), Decimal(0))
        self.highest = max(self.highest, self.equity() - unsure)


class Life:
    """A gate in a world that does its worst."""

    def __init__(self, **changes):
        world = [a_price(symbol=s, received_at=Instant(NOON)) for s in ("BTC", "ETH")]
        self.lived = Lived(*world, **(PATIENT | changes))
        self.books, self.now, self.count = Books(), NOON, 0

    def offer(self, market, outcome, cents, edge, size):
        """An opportunity in a fresh market that is as it says it is; the order, if it is approved."""
        self.count += 1
        symbol, venue = PLACES[market]
        market_id = f"{market}-{self.now // DAY}-{len(self.books.winners)}" if market in self.books.winners else market
        while market_id in self.books.winners:
            market_id += "x"
        tokens = {"Up": f"{market_id}u", "Down": f"{market_id}d"}
        price, token = Decimal(cents) / 100, tokens[outcome]
        ends = Instant(self.now + 300 * SECOND)
        for event in (
            a_market(market_id=market_id, symbol=symbol, venue=venue, up_token_id=tokens["Up"], down_token_id=tokens["Down"],
                     starts_at=self.now, ends_at=ends, observed_at=self.now),
            a_book(market_id=market_id, venue=venue, token_id=token, asks=((price, Decimal(size)),), received_at=self.now),
            a_price(symbol=symbol, received_at=self.now),
        ):  # fmt: skip
            self.lived.tell(event, self.now)
        fair = min(price + Decimal(edge) / 100, Decimal("0.999"))
        outcome_ = self.lived.tell(
            an_opportunity(
                event_id=f"o{self.count}", market_id=market_id, symbol=symbol, venue=venue, token_id=token, outcome=outcome,
                limit=price, fair_value=fair, average_price=price, gross_edge=fair - price, quantity=Decimal(size),
                book_at=self.now, found_at=self.now, valid_until=Instant(self.now + SECOND), ends_at=ends,
            ),
            self.now,
        )  # fmt: skip
        if isinstance(outcome_, OrderApproved):
            self.books.orders[outcome_.order_id] = outcome_
            self.check_exposure(outcome_)

    def check_exposure(self, order):
        numbers, equity = self.lived.limits, self.books.equity()
        symbol, venue = order.symbol, order.venue
        for share, picks in (
            (numbers.position_limit, lambda m: m == order.market_id),
            (numbers.underlying_limit, lambda m: PLACES[m[:2]][0] == symbol),
            (numbers.venue_limit, lambda m: PLACES[m[:2]][1] == venue),
            (numbers.total_limit, lambda _m: True),
        ):
            assert self.books.exposure(picks) <= share * equity
        assert order.cost_max <= numbers.trade_size_usd_max
        assert order.cost_max <= numbers.loss_per_trade_usd_max

    def pick(self, n):
        orders = list(self.books.orders.values())
        return orders[n % len(orders)] if orders else None

    def fill(self, n, percent, cheaper):
        """Some of what an order can still spend is matched, at its limit or below, which buys more shares."""
        order = self.pick(n)
        if order is None:
            return
        self.count += 1
        dollars = self.books.pending(order) * percent / 100
        price = max(order.limit - Decimal(cheaper) / 100, Decimal("0.01"))
        if order.order_id in self.books.over:
            price = order.limit
        shares = (dollars / price).quantize(Decimal("0.000001"), rounding="ROUND_FLOOR")
        if shares < Decimal("0.01"):
            return
        fill = the_fill_of(
            order, fill_id=f"f{self.count}", event_id=f"f{self.count}", price=price, quantity=shares,
            fee=FEE.taker(price, shares), at=self.now,
        )  # fmt: skip
        books = self.books
        if order.order_id in books.over:
            books.over[order.order_id] -= shares
        else:
            books.spent[order.order_id] += price * shares
        books.fills[fill.fill_id], books.status[fill.fill_id] = fill, "matched"
        books.cash -= books.cost(fill)
        if fill.market_id in books.winners:
            books.cash += books.payout(fill)
            books.realise(fill.market_id, books.payout(fill) - books.cost(fill))
        self.lived.tell(fill, self.now)

    def end(self, n, how, unheard):
        """An order ends; sometimes the executor knows of shares whose fill is still on its way."""
        order = self.pick(n)
        if order is None or order.order_id in self.books.over:
            return
        if how == "lost":
            self.lived.tell(lost(order), self.now)
            return
        heard = sum((f.quantity for f in self.books.fills.values() if f.order_id == order.order_id), Decimal(0))
        late = self.books.pending(order) / order.limit * unheard / 100 if how != "rejected" else Decimal(0)
        late = late.quantize(Decimal("0.01"), rounding="ROUND_FLOOR")
        self.books.over[order.order_id] = late
        event = (
            rejected(order)
            if how == "rejected"
            else {"filled": completed, "cancelled": cancelled}[how](order, heard + late)
        )
        self.lived.tell(event, self.now)

    def finalise(self, n, fails):
        """A fill becomes final, or void."""
        fills = list(self.books.fills.values())
        if not fills or self.books.status[(fill := fills[n % len(fills)]).fill_id] != "matched":
            return
        books = self.books
        about = {name: getattr(fill, name) for name in ("fill_id", "order_id", "market_id", "token_id", "mode")}
        about |= {"event_id": f"end {fill.fill_id}", "at": self.now}
        if not fails:
            books.status[fill.fill_id] = "confirmed"
            books.realise(fill.market_id, Decimal(0))
            self.lived.tell(FillConfirmed(**about), self.now)
            return
        books.status[fill.fill_id] = "failed"
        books.cash += books.cost(fill)
        if fill.order_id not in books.over:
            books.spent[fill.order_id] -= fill.price * fill.quantity
        if fill.market_id in books.winners:
            books.cash -= books.payout(fill)
            books.realise(fill.market_id, books.cost(fill) - books.payout(fill))
        self.lived.tell(FillFailed(**about, reason="reverted"), self.now)

    def settle(self, n, winner):
        markets = sorted({o.market_id for o in self.books.orders.values()} - self.books.winners.keys())
        if not markets:
            return
        market_id = markets[n % len(markets)]
        books = self.books
        mine = [f for f in books.held() if f.market_id == market_id]
        books.winners[market_id], books.settled_on[market_id] = winner, self.now // DAY
        payout = sum((books.payout(f) for f in mine), Decimal(0))
        books.cash += payout
        books.realise(market_id, payout - sum((books.cost(f) for f in mine), Decimal(0)))
        self.lived.tell(
            a_settlement(market_id=market_id, winner=winner, event_id=f"s {market_id}", at=self.now), self.now
        )

    def wait(self, seconds):
        self.now = Instant(self.now + int(seconds * SECOND))
        outcome = self.lived.tell(Tick(at=self.now), self.now)
        assert not isinstance(outcome, TradingHalted) or outcome.rule == "drawdown"

    def check(self):
        """Agree on the figures, and hold the laws."""
        books, exposure, numbers = self.books, self.lived.gate.exposure, self.lived.limits
        assert exposure.account.cash == books.cash
        assert exposure.equity == books.equity()
        assert books.cash >= 0
        opening = Decimal(200)
        for _, result in sorted(books.results.items()):
            assert -result <= numbers.daily_loss_limit * opening
            opening += result
        assert books.highest - books.equity() <= numbers.drawdown_limit * books.highest
        assert self.lived.gate.state("check", self.now, self.now).high_water_mark == books.highest


N = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(st.just("offer"), st.sampled_from(sorted(PLACES)), st.sampled_from(["Up", "Down"]), st.integers(2, 95),
              st.integers(8, 30), st.integers(5, 400)),
    st.tuples(st.just("offer"), st.sampled_from(sorted(PLACES)), st.just("Up"), st.just(50), st.just(12), st.just(400)),
    st.tuples(st.just("fill"), N, st.sampled_from([100, 100, 60, 10]), st.integers(0, 40)),
    st.tuples(st.just("end"), N, st.sampled_from(["filled", "cancelled", "rejected", "lost"]), st.sampled_from([0, 0, 50, 100])),
    st.tuples(st.just("finalise"), N, st.booleans()),
    st.tuples(st.just("settle"), N, st.sampled_from(["Up", "Down", "Down"])),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 2.5, 40, 7200, 86_400])),
)  # fmt: skip


def live(life, steps):
    for name, *details in steps:
        getattr(life, name)(*details)
        life.check()
    return life


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=50))
def test_no_life_exceeds_any_limit_on_exposure_loss_or_cash(steps):
    assert live(Life(**BIG), steps).books.cash >= 0


ALONE = {
    "position_limit": "0.15", "underlying_limit": "0.2", "venue_limit": "0.25", "total_limit": "0.2",
    "daily_loss_limit": "0.15", "drawdown_limit": "0.15", "cash": "1",
}  # fmt: skip
"""Each limit tight while the others are as wide as the bankroll: so that none hides behind another."""


def adversary(seed, steps=150):
    """Long and busy: it trades all the time, lets gains be paid out before they are final, and then voids them."""
    chance = random.Random(seed)
    for _ in range(steps):
        n = chance.randrange(30)
        match chance.choices(("offer", "fill", "end", "settle", "void", "final", "wait"), (40, 24, 10, 8, 6, 2, 10))[0]:
            case "offer":
                yield (
                    "offer",
                    chance.choice(sorted(PLACES)),
                    chance.choice(("Up", "Down")),
                    chance.choice((6, 30, 50, 80)),
                    14,
                    400,
                )
            case "fill":
                yield "fill", n, chance.choice((100, 100, 50)), chance.choice((0, 0, 25))
            case "end":
                yield (
                    "end",
                    n,
                    chance.choice(("filled", "filled", "cancelled", "rejected", "lost")),
                    chance.choice((0, 0, 50, 100)),
                )
            case "settle":
                yield "settle", n, chance.choice(("Up", "Down"))
            case "void" | "final" as what:
                yield "finalise", n, what == "void"
            case _:
                yield "wait", chance.choice((1, 2.5, 40, 40_000))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("limit", ALONE)
def test_each_limit_holds_alone(limit, seed):
    wide = dict.fromkeys(ALONE.keys() - {"cash", limit}, "9" if limit == "cash" else "1")
    if limit != "cash":
        wide[limit] = ALONE[limit]
    large = {"trade_size_usd": "55", "trade_size_usd_max": "60", "loss_per_trade_usd_max": "60"}
    life = Life(**large, **wide, open_orders_max=1000, orders_per_minute_max=1000)

    live(life, adversary(seed))

    assert life.books.orders


@settings(max_examples=100)
@given(st.lists(STEPS, max_size=40))
def test_a_gate_rebuilt_from_the_journal_is_as_the_one_that_lived_it(steps):
    lived = live(Life(**BIG), steps).lived
    now = Instant(NOON + 90 * DAY)

    rebuilt = RiskGate(limits(**BIG))
    for event in lived.journal:
        rebuilt.observe(event)

    assert rebuilt.state("probe", now, now) == lived.gate.state("probe", now, now)
    for market in PLACES:
        probe = an_opportunity(event_id=f"probe {market}", market_id=market, valid_until=now)
        assert rebuilt.decide(probe, now) == lived.gate.decide(probe, now)
    assert rebuilt.decide(Tick(at=now), now) == lived.gate.decide(Tick(at=now), now)
    assert rebuilt.denials == lived.gate.denials


@settings(max_examples=75)
@given(st.lists(STEPS, max_size=30))
def test_a_record_told_twice_is_a_record_told_once(steps):
    lived = live(Life(**BIG), steps).lived
    twice = RiskGate(limits(**BIG))
    trades = [event for event in lived.journal if event.type.startswith(("fill_", "position_", "order_"))]
    for event in lived.journal:
        twice.observe(event)
    for event in trades:
        if event.type != "order_denied":
            twice.observe(event)

    assert twice.state("probe", NOON, NOON) == lived.gate.state("probe", NOON, NOON)


def test_the_lives_of_these_laws_do_trade_and_do_reach_their_limits():
    offers = [("offer", market, "Up", 50, 12, 400) for market in sorted(PLACES)]
    life = live(Life(**BIG), [*offers, ("fill", 0, 100, 0), ("end", 0, "filled", 0), ("settle", 0, "Down"), *offers])

    assert [rule(e) for e in life.lived.journal if e.type in ("order_approved", "order_denied")] == [
        "approved", "daily_loss_has_room", "daily_loss_has_room", "daily_loss_has_room",
        *["daily_loss_has_room"] * 4,
    ]  # fmt: skip
    assert life.books.equity() < 190
