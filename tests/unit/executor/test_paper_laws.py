"""Laws of the paper venue: no fill above the limit or beyond the depth, exact cash, and one outcome of one story."""

from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import UP
from executor.adapters.paper import PaperRules, PaperVenue
from unit.executor.paper_builders import a_market, a_venue, book, ms, order

TICKS = st.integers(1, 99).map(lambda cents: Decimal(cents) / 100)
SIZES = st.integers(1, 4000).map(lambda hundredths: Decimal(hundredths) / 100)
LIMITS = st.sampled_from(["0.10", "0.25", "0.50", "0.75", "0.90"])
QUANTITIES = st.integers(1, 20).map(lambda n: Decimal(20 * n))


@st.composite
def asks(draw):
    prices = sorted(draw(st.sets(TICKS, max_size=6)))
    return tuple((price, draw(SIZES)) for price in prices)


@st.composite
def stories(draw):
    """Books and orders, each at a later moment than the one before, as (moment, what)."""
    at, story = 0, []
    for number in range(draw(st.integers(1, 12))):
        at += draw(st.integers(0, 200))
        if draw(st.booleans()):
            story.append((at, book(*draw(asks()), bids=(), at=at)))
        else:
            kind = draw(st.sampled_from(["FAK", "FOK", "GTC"]))
            names = {"order_id": f"order{number}", "opportunity_id": f"o{number}", "order_type": kind}
            story.append((at, order(draw(QUANTITIES), draw(LIMITS), **names)))
    return story


def play(story, *, every_ms=None, rules=None):
    """Play a story; with `every_ms` time is also told in between, else only at the end."""
    venue = a_venue(**(rules or {}))
    reports, told = [], 0
    for at, what in story:
        while every_ms and told < at:
            reports += venue.due(ms(told))
            told += every_ms
        if what.type == "book_updated":
            venue.on_book(what)
        else:
            venue.submit(what, ms(at))
    return reports + venue.due(ms(100_000))


def fills_of(reports):
    return [r for r in reports if r.type == "gateway_filled"]


def orders_of(story):
    return {what.order_id: what for _, what in story if what.type == "order_approved"}


@given(stories())
@settings(max_examples=200, deadline=None)
def test_no_fill_is_above_the_limit_and_none_beyond_the_quantity(story):
    got = defaultdict(Decimal)
    for fill in fills_of(play(story)):
        approval = orders_of(story)[fill.order_id]
        got[fill.order_id] += fill.quantity
        assert 0 < fill.price <= approval.limit
        assert fill.quantity > 0
        assert got[fill.order_id] <= approval.quantity


@given(stories())
@settings(max_examples=200, deadline=None)
def test_no_more_is_taken_from_a_level_than_its_displays_offered(story):
    """Each change of a level's displayed size is a new offer of that size; our fills never exceed the sum of them."""
    offered, shown = defaultdict(Decimal), {}
    for _, what in story:
        if what.type == "book_updated":
            now = dict(what.asks)
            for price, size in now.items():
                if shown.get(price) != size:
                    offered[price] += size
            shown = now
    taken = sum((fill.quantity for fill in fills_of(play(story))), Decimal(0))
    at_most = sum((size for price, size in offered.items() if price <= Decimal("0.90")), Decimal(0))

    assert taken <= at_most


@given(asks(), st.lists(st.tuples(QUANTITIES, LIMITS), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_on_one_book_nobody_takes_more_of_a_level_than_it_displays(levels, wanted):
    story = [(0, book(*levels, bids=()))]
    story += [(n, order(q, limit, order_id=f"order{n}", opportunity_id=f"o{n}")) for n, (q, limit) in enumerate(wanted)]
    taken = defaultdict(Decimal)
    for fill in fills_of(play(story)):
        taken[fill.price] += fill.quantity

    assert all(taken[price] <= size for price, size in levels)
    assert set(taken) <= {price for price, _ in levels}


@given(stories())
@settings(max_examples=200, deadline=None)
def test_the_cash_is_exact_and_each_fee_is_floored_to_five_decimals(story):
    for fill in fills_of(play(story)):
        raw = fill.quantity * Decimal("0.07") * fill.price * (1 - fill.price)
        floored = raw.quantize(Decimal("0.00001"), rounding=ROUND_FLOOR)
        may_rest = orders_of(story)[fill.order_id].order_type == "GTC"
        assert fill.fee in ({floored, Decimal(0)} if may_rest else {floored})


@given(stories())
@settings(max_examples=200, deadline=None)
def test_an_order_never_costs_more_than_its_limit_and_fee_at_the_limit(story):
    spent = defaultdict(Decimal)
    for fill in fills_of(play(story)):
        spent[fill.order_id] += fill.price * fill.quantity + fill.fee
    for order_id, dollars in spent.items():
        approval = orders_of(story)[order_id]
        fee = approval.quantity * Decimal("0.07") * approval.limit * (1 - approval.limit)
        assert dollars <= approval.limit * approval.quantity + fee


@given(stories())
@settings(max_examples=200, deadline=None)
def test_every_order_ends_once_and_its_end_counts_its_fills(story):
    reports = play(story)
    kinds = {"gateway_completed", "gateway_cancelled", "gateway_rejected"}
    ends = {
        order_id: [r for r in reports if r.order_id == order_id and r.type in kinds] for order_id in orders_of(story)
    }
    for order_id, found in ends.items():
        approval = orders_of(story)[order_id]
        got = sum((f.quantity for f in fills_of(reports) if f.order_id == order_id), Decimal(0))
        if approval.order_type != "GTC":
            assert len(found) == 1
        if found and found[0].type != "gateway_rejected":
            assert found[0].filled == got
        if approval.order_type == "FOK":
            assert got in (0, approval.quantity)


@given(stories(), st.sampled_from([1, 7, 50, 333]))
@settings(max_examples=200, deadline=None)
def test_how_often_time_is_told_changes_nothing(story, every_ms):
    """Two moments of the same millisecond are ordered as they are told, so books come half a millisecond later."""
    assert play(apart(story), every_ms=every_ms) == play(apart(story))


@given(stories())
@settings(max_examples=100, deadline=None)
def test_the_same_story_has_the_same_outcome_to_the_byte(story):
    assert [r.to_json() for r in play(story)] == [r.to_json() for r in play(story)]


def apart(story):
    return [
        (at, what.model_copy(update={"received_at": ms(at) + 500_000}) if what.type == "book_updated" else what)
        for at, what in story
    ]


def test_the_laws_are_not_vacuous_for_a_story_can_fill():
    venue = PaperVenue(PaperRules())
    venue.on_market(a_market())
    venue.on_book(book((0.50, 100)))
    venue.submit(order(token_id=UP), ms(0))

    assert [r.type for r in venue.due(ms(5000))].count("gateway_filled") == 1
