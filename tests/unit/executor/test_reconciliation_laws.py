"""Laws of reconciliation: two books that agree never differ, whenever they are looked at; ones that differ are found."""

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import UP, a_fill, after
from common.contracts.executor import FillConfirmed, FillFailed
from unit.executor.reconciliation_builders import Books, a_holding, a_venue_fill, a_venue_order, end_of

FIRST_LOOK_S = -60
LEARNED_S_MAX = 4.9
"""How long a word of the venue is on its way to us; the grace is longer."""
SHOWN_S_MAX = 19
"""How long after a match is final the wallet shows it."""


@dataclass(frozen=True)
class Trade:
    """One match as it truly is, in seconds after noon."""

    fill_id: str
    at: float
    side: str
    quantity: Decimal
    price: Decimal
    ends_after: float
    is_void: bool
    learned_after: float
    end_learned_after: float
    shown_after: float
    """From the match, or from its end where that is later: the wallet may be early or late."""

    @property
    def ends_at(self):
        return self.at + self.ends_after

    @property
    def shown_at(self):
        return self.at + self.shown_after * (self.ends_after + SHOWN_S_MAX)

    @property
    def shares(self):
        return self.quantity if self.side == "BUY" else -self.quantity

    @property
    def fee(self):
        return (self.quantity * Decimal("0.01")).quantize(Decimal("0.00001"))


@dataclass(frozen=True)
class Look:
    """One snapshot: when it began, and at which moments each page of it was read."""

    at: float
    took: float
    fills_at: float
    holdings_at: float
    dollars_at: float


shares = st.decimals(min_value=1, max_value=40, places=2)
prices = st.decimals(min_value="0.02", max_value="0.98", places=2)
moments = st.floats(0, 60)
fractions = st.floats(0, 1)
trades = st.lists(
    st.builds(
        Trade, fill_id=st.uuids().map(str), at=moments, side=st.sampled_from(["BUY", "BUY", "SELL"]), quantity=shares,
        price=prices, ends_after=st.floats(0, 60), is_void=st.booleans(), learned_after=st.floats(0, LEARNED_S_MAX),
        end_learned_after=st.floats(0, LEARNED_S_MAX), shown_after=fractions,
    ),
    max_size=8,
)  # fmt: skip
pauses = st.lists(
    st.tuples(st.floats(5, 9), st.floats(0, 4), fractions, fractions, fractions), min_size=2, max_size=14
)  # fmt: skip


def looks_after(steps):
    """Looks one after another, each some seconds after the last one began."""
    at, looks = -5.0, []
    for pause, *rest in steps:
        at += pause
        looks.append(Look(at, *rest))
    return looks


looks = pauses.map(looks_after)


class World:
    """The venue's true state over time, and the record that hears of it a little later."""

    def __init__(self, story, *, shares_off=Decimal(0), dollars_off=Decimal(0), orders=(), off_from=0.0):
        self.story = story
        self.shares_off, self.dollars_off, self.orders, self.off_from = shares_off, dollars_off, orders, off_from
        self.books = Books()

    def lives_through(self, looks):
        """Let everything happen in its order; answer what was said after the first look."""
        self.look(Look(FIRST_LOOK_S, 0, 0, 0, 0))
        things = [(look.at + look.took, 1, n, look) for n, look in enumerate(looks)]
        for n, trade in enumerate(self.story):
            learned = trade.at + trade.learned_after
            things.append((learned, 0, n, self.match(trade)))
            things.append((max(learned, trade.ends_at + trade.end_learned_after), 2, n, self.end(trade)))
        said = []
        for _, _, _, thing in sorted(things, key=lambda t: t[:3]):
            if isinstance(thing, Look):
                said.append(self.look(thing))
            else:
                self.books.tell(thing)
        return said

    def look(self, look):
        def when(fraction):
            return look.at + fraction * look.took

        return self.books.look(
            look.at, took_s=look.took, fills=self.fills(when(look.fills_at)), orders=self.orders if look.at >= self.off_from else (),
            holdings=(a_holding(self.holding(when(look.holdings_at))),), collateral=self.dollars(when(look.dollars_at)),
        )  # fmt: skip

    def fills(self, at):
        return tuple(
            a_venue_fill(fill_id=t.fill_id, side=t.side, price=t.price, quantity=t.quantity, matched_at=after(t.at))
            for t in self.story
            if t.at <= at and not (t.is_void and t.ends_at <= at)
        )

    def shown(self, at):
        return [t for t in self.story if t.shown_at <= at and not t.is_void]

    def holding(self, at):
        off = self.shares_off if at >= self.off_from else Decimal(0)
        return Decimal(1000) + sum((t.shares for t in self.shown(at)), Decimal(0)) + off

    def dollars(self, at):
        off = self.dollars_off if at >= self.off_from else Decimal(0)
        spent = sum((t.shares * t.price + t.fee for t in self.shown(at)), Decimal(0))
        return Decimal(10_000) - spent + off

    @staticmethod
    def match(trade):
        return a_fill(
            event_id=f"m{trade.fill_id}", fill_id=trade.fill_id, side=trade.side, price=trade.price, quantity=trade.quantity,
            fee=trade.fee, at=after(trade.at),
        )  # fmt: skip

    @staticmethod
    def end(trade):
        kind, changes = (FillFailed, {"reason": "reverted"}) if trade.is_void else (FillConfirmed, {})
        return end_of(kind, trade.fill_id, trade.ends_at, **changes)


def with_stock(world):
    """Let the books start with what the wallet starts with, so that sales are of something."""
    world.books.bought(
        -1000, confirmed=-900, fill_id="stock", quantity=Decimal(1000), price=Decimal("0.50"), fee=Decimal(0)
    )
    return world


EARLY = Trade(
    fill_id="early", at=3.9, side="BUY", quantity=Decimal(10), price=Decimal("0.50"), ends_after=0, is_void=False,
    learned_after=LEARNED_S_MAX, end_learned_after=LEARNED_S_MAX, shown_after=0,
)  # fmt: skip
"""A match that the wallet shows at once, in two looks, before anybody has told us of it."""


@example([EARLY], [Look(0, 4, 0, 1, 1), Look(5.1, 0.1, 1, 1, 1)])
@given(trades, looks)
@settings(max_examples=100, deadline=None)
def test_books_that_agree_never_differ_whatever_the_timing_of_the_looks(story, looks):
    said = with_stock(World(story)).lives_through(looks)

    assert [one.detail for one in said if one is not None and one.verdict != "agreed"] == []


@given(trades, st.decimals(min_value="3.01", max_value=200, places=2), st.booleans(), st.floats(0, 3))
@settings(max_examples=80, deadline=None)
def test_shares_that_differ_are_found_by_the_second_quiet_look(story, off, is_more, took):
    world = with_stock(World(story, shares_off=off if is_more else -off, off_from=200))

    said = world.lives_through([Look(s, took, 0.2, 0.5, 0.9) for s in (190, 210, 220)])

    assert said[-1] is not None
    assert [(d.kind, d.about) for d in said[-1].discrepancies] == [("position", UP)]


@given(trades, st.decimals(min_value="1.01", max_value=200, places=2), st.booleans())
@settings(max_examples=80, deadline=None)
def test_dollars_that_differ_are_found_by_the_second_quiet_look(story, off, is_more):
    world = with_stock(World(story, dollars_off=off if is_more else -off, off_from=200))

    said = world.lives_through([Look(s, 1, 0.2, 0.5, 0.9) for s in (190, 210, 220)])

    assert said[-1] is not None
    assert [(d.kind, d.severity == "warn") for d in said[-1].discrepancies] == [("collateral", is_more)]


@given(trades, moments)
@settings(max_examples=60, deadline=None)
def test_a_strangers_order_is_found_by_the_first_look_whatever_else_happens(story, at):
    stranger = a_venue_order(order_id="", venue_order_id="0xf")
    world = with_stock(World(story, orders=(stranger,), off_from=at))

    said = world.lives_through([Look(at, 2, 0.2, 0.5, 0.9)])

    assert [(d.kind, d.severity) for d in said[0].discrepancies] == [("foreign_order", "halt")]


@given(trades, looks, st.integers(0, 13))
@settings(max_examples=60, deadline=None)
def test_a_restart_in_the_middle_makes_no_difference_of_none(story, looks, restart_after):
    world = with_stock(World(story))
    world.lives_through(looks[:restart_after])
    world.books = world.books.restarted()

    said = [world.look(Look(500 + 10 * n, 1, 0.2, 0.5, 0.9)) for n in range(3)]

    assert (said[0].verdict, said[0].baseline) == ("agreed", Decimal(10_500))
    assert said[1:] == [None, None]
