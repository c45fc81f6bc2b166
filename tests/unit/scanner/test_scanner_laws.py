"""What holds for any book, any price and any moment."""

from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from builders import FEE, a_market
from common.contracts.venue import FeeSchedule
from unit.scanner.scanner_builders import (
    NOW,
    a_down_book,
    a_price_now,
    a_ready_scanner,
    a_scanner,
    a_strike,
    after,
    an_up_book,
    background,
    found,
    live,
    settling_ticks,
)

THRESHOLD = Decimal("0.02")
PRICES = st.integers(64_700, 65_300)
NEAR = st.integers(64_990, 65_040)
LADDERS = st.lists(
    st.tuples(st.integers(30, 60), st.integers(5, 400)), min_size=2, max_size=8, unique_by=lambda x: x[0]
)


def ladder(levels: list[tuple[int, int]]) -> list[tuple[str, int]]:
    return [(f"{cents / 100:.2f}", size) for cents, size in sorted(levels)]


@settings(max_examples=60, deadline=None)
@given(levels=LADDERS, price=NEAR)
def test_the_net_edge_recomputed_from_an_opportunitys_own_fields_clears_the_threshold(levels, price):
    opportunity = found(a_ready_scanner(an_up_book(*ladder(levels))), a_price_now(price))
    assume(opportunity is not None)

    net = opportunity.fair_value - opportunity.average_price - opportunity.fee_per_share - opportunity.margin
    assert net == opportunity.net_edge >= THRESHOLD
    assert opportunity.gross_edge == opportunity.fair_value - opportunity.average_price
    assert opportunity.margin >= opportunity.uncertainty


@settings(max_examples=60, deadline=None)
@given(levels=LADDERS, price=NEAR)
def test_what_is_proposed_is_on_the_book_and_every_level_of_it_clears(levels, price):
    opportunity = found(a_ready_scanner(an_up_book(*ladder(levels)), a_down_book(*ladder(levels))), a_price_now(price))
    assume(opportunity is not None)

    taken = [(Decimal(p), size) for p, size in ladder(levels) if Decimal(p) <= opportunity.limit]
    assert opportunity.quantity == sum(size for _, size in taken)
    for level_price, size in taken:
        fee = FEE.taker(level_price, Decimal(size)) / size
        assert opportunity.fair_value - level_price - fee - opportunity.margin >= THRESHOLD
    dearer = [(Decimal(p), size) for p, size in ladder(levels) if Decimal(p) > opportunity.limit]
    for level_price, size in dearer[:1]:
        fee = FEE.taker(level_price, Decimal(size)) / size
        assert opportunity.fair_value - level_price - fee - opportunity.margin < THRESHOLD + Decimal("0.000003")


@settings(max_examples=50, deadline=None)
@given(bid=st.integers(1, 98), spread=st.integers(1, 20), price=PRICES)
def test_on_a_consistent_book_never_both_outcomes_have_an_edge(bid, spread, price):
    ask = min(bid + spread, 99)
    up = an_up_book((f"{ask / 100:.2f}", 50))
    down = a_down_book((f"{1 - bid / 100:.2f}", 50))
    only_up = found(a_ready_scanner(up), a_price_now(price))
    only_down = found(a_ready_scanner(down), a_price_now(price))

    assert only_up is None or only_down is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pbds"), PRICES, st.integers(5, 95)), max_size=25))
def test_a_scanner_rebuilt_from_the_record_is_the_one_that_lived(steps):
    lived, rebuilt, record = a_ready_scanner(), a_scanner(), background()
    for n, (kind, price, cents) in enumerate(steps):
        at = after(n * 0.1, NOW)
        event = {
            "p": a_price_now(price, at),
            "b": an_up_book((f"{cents / 100:.2f}", 40), at=at),
            "d": a_down_book((f"{cents / 100:.2f}", 40), at=at),
            "s": settling_ticks(99 + n, 99 + n, Decimal(price))[0],
        }[kind]
        outcome = live(lived, event, at)
        record += [event] if outcome is None else [event, outcome]
    for event in record:
        rebuilt.observe(event)
    end = after(3, NOW)
    last = a_price_now(65_120, end)

    assert rebuilt.decide(last, end) == lived.decide(last, end)


@settings(max_examples=60, deadline=None)
@given(up=LADDERS, down=LADDERS, price=PRICES)
def test_a_market_that_is_left_at_the_first_look_had_no_edge_at_the_last(up, down, price):
    scanner = a_ready_scanner(an_up_book(*ladder(up)), a_down_book(*ladder(down)))
    thorough = a_ready_scanner(an_up_book(*ladder(up)), a_down_book(*ladder(down)))
    thorough._least_gross = -1.0  # so that no offer is too dear at the first look

    assert found(scanner, a_price_now(price)) == found(thorough, a_price_now(price))


HEARD = st.one_of(
    PRICES.map(lambda price: lambda at: a_price_now(price, at=at)),
    LADDERS.map(lambda levels: lambda at: an_up_book(*ladder(levels), at=at)),
    LADDERS.map(lambda levels: lambda at: a_down_book(*ladder(levels), at=at)),
    st.sampled_from([Decimal("0.01"), Decimal("0.07"), None]).map(
        lambda rate: (
            lambda at: a_market(observed_at=at, fee=rate and FeeSchedule(rate=rate, exponent=1, taker_only=True))
        )
    ),
    st.booleans().map(lambda open_: lambda at: a_market(observed_at=at, accepting_orders=open_)),
)


@settings(max_examples=40, deadline=None)
@given(heard=st.lists(HEARD, min_size=1, max_size=12), price=NEAR, strike_comes_late=st.booleans())
def test_what_was_worked_out_before_never_changes_what_is_found(heard, price, strike_comes_late):
    told = [event for event in background() if not (strike_comes_late and event == a_strike())]
    told += [hear(after(n / 100, NOW)) for n, hear in enumerate(heard)] + [a_strike()] * strike_comes_late
    asked, now = a_scanner(), after(0.5, NOW)
    for event in told:
        found(asked, a_price_now(price, at=now), now)
        asked.observe(event)
    never_asked = a_scanner()
    for event in told:
        never_asked.observe(event)

    assert found(asked, a_price_now(price, at=now), now) == found(never_asked, a_price_now(price, at=now), now)
