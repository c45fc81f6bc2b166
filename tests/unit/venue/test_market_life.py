"""A market from its listing to its winner, over restarts: said when it changes, and only then."""

from decimal import Decimal

import pytest

from builders import NOON, a_market, after
from common.contracts.runtime import Tick
from unit.venue.venue_builders import (
    CONDITION,
    DOWN,
    SLUG,
    UP,
    a_keeper,
    a_running_market,
    a_snapshot,
    clob_facts,
    listed,
    ticked,
    told,
)
from venue.core import ResolutionSeen, TickSizeChanged

ENDED = {"closed": True, "acceptingOrders": False, "umaResolutionStatus": "resolved"}


def a_resolution(seconds=310.0, token=UP, outcome="Up", **changes):
    fields = {
        "market_id": CONDITION, "winning_token_id": token, "winning_outcome": outcome, "source_at": after(seconds),
        "received_at": after(seconds),
    }  # fmt: skip
    return ResolutionSeen(**(fields | changes))


def closed(seconds=320.0, prices='["1", "0"]', **changes):
    return listed(seconds=seconds, **(ENDED | {"outcomePrices": prices} | changes))


def test_what_has_not_changed_is_not_said_again():
    keeper = a_running_market()

    assert told(keeper, listed(seconds=5)) is None
    assert told(keeper, clob_facts(seconds=5)) is None


def test_prices_that_move_are_no_change_of_the_market():
    assert told(a_running_market(), listed(outcomePrices='["0.5", "0.5"]')) is None


def test_a_market_that_stops_accepting_orders_is_said_to_have_changed():
    market = told(a_running_market(), listed(seconds=301, acceptingOrders=False))

    assert (market.change, market.accepting_orders, market.winner) == ("changed", False, None)


def test_an_id_derives_from_what_was_said_so_that_two_keepers_agree():
    first, second = (told(a_running_market(), listed(acceptingOrders=False)) for _ in range(2))

    assert first.event_id == second.event_id


def test_a_return_to_an_earlier_state_has_an_id_of_its_own_and_is_no_repeat():
    keeper = a_running_market()

    ids = [told(keeper, listed(acceptingOrders=accepting)).event_id for accepting in (False, True, False, True)]

    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("prices", "winner"), [('["1", "0"]', "Up"), ('["0", "1"]', "Down"), ('["0.0", "1.00"]', "Down")]
)
def test_final_prices_tell_the_winner(prices, winner):
    market = told(a_running_market(), closed(prices=prices))

    assert (market.change, market.winner, market.accepting_orders) == ("resolved", winner, False)


@pytest.mark.parametrize(
    "prices", ['["0.5", "0.5"]', '["0.9995", "0.0005"]', '["1", "1"]', '["NaN", ""]', "[]", None, "{}"]
)
def test_a_resolution_without_a_clear_winner_stays_undecided_and_says_so(prices):
    keeper = a_running_market()

    market = told(keeper, closed(prices=prices))

    assert (market.change, market.winner) == ("changed", None)
    assert "no_clear_winner" in market.untradable_reason
    assert [each.slug for each in keeper.undecided(after(330))] == [SLUG]


def test_a_resolution_that_is_only_proposed_is_waited_for():
    keeper = a_running_market()

    market = told(keeper, closed(umaResolutionStatus="proposed"))

    assert (market.winner, market.untradable_reason) == (None, "resolution_pending: proposed")
    assert told(keeper, closed(seconds=340)).winner == "Up"


def test_a_market_that_closes_before_its_end_has_no_winner():
    market = told(a_running_market(), closed(seconds=200))

    assert (market.winner, market.untradable_reason) == (None, "closed_before_end")


def test_the_market_channel_tells_the_winner_sooner():
    keeper = a_running_market()

    market = told(keeper, a_resolution())

    assert (market.change, market.winner, market.accepting_orders) == ("resolved", "Up", False)
    assert told(keeper, closed()) is None
    assert keeper.undecided(after(330)) == []


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (a_resolution(token=DOWN), "resolution_contradictory"),
        (a_resolution(outcome="Yes"), "resolution_contradictory"),
        (a_resolution(seconds=299), "resolution_before_end"),
    ],
)
def test_a_resolution_that_makes_no_sense_is_refused_by_name(event, code):
    keeper = a_running_market()

    assert told(keeper, event) is None
    assert keeper.refused[code] == 1


def test_resolutions_of_the_rest_of_the_venue_are_nobodys_business():
    keeper = a_running_market()

    assert told(keeper, a_resolution(market_id="0x" + "00" * 32)) is None
    assert not keeper.refused


def test_a_winner_is_never_taken_back_and_a_contradiction_is_counted():
    keeper = a_running_market()
    told(keeper, a_resolution())

    assert told(keeper, closed(prices='["0", "1"]')) is None
    assert told(keeper, a_resolution(token=DOWN, outcome="Down")) is None
    assert keeper.refused["winner_contradicted"] == 2


def test_a_market_that_was_over_before_we_knew_it_is_not_listed():
    assert told(a_keeper(), closed()) is None
    assert told(a_keeper(), listed(seconds=301, acceptingOrders=False)) is None


def test_after_a_restart_a_market_that_ended_meanwhile_is_followed_to_its_winner():
    published = told(a_running_market(), listed(seconds=301, acceptingOrders=False))
    keeper = a_keeper()
    keeper.observe(published)

    assert [each.slug for each in keeper.undecided(after(600))] == [SLUG]
    assert told(keeper, closed(seconds=600)).winner == "Up"


def test_after_a_restart_nothing_is_said_anew_when_nothing_has_changed():
    keeper = a_keeper()
    keeper.observe(told(_with_clob(), listed()))

    told(keeper, clob_facts())

    assert told(keeper, listed(seconds=5)) is None


def test_an_older_publication_that_comes_late_does_not_undo_a_newer_one():
    keeper = a_running_market()
    first = a_market(slug=SLUG, observed_at=NOON - 1)

    keeper.observe(first)

    assert told(keeper, listed()) is None


def test_a_decided_market_is_forgotten_after_a_while_an_undecided_one_only_when_patience_ends():
    decided, undecided = a_running_market(), a_running_market()
    told(decided, a_resolution())

    for keeper in (decided, undecided):
        ticked(keeper, 1500)

    assert (decided.figures(after(1500))["markets"], undecided.figures(after(1500))["markets"]) == ("0", "1")
    ticked(undecided, 4000)
    assert undecided.figures(after(4000))["markets"] == "0"


def test_reading_back_a_month_of_markets_keeps_only_the_recent_ones():
    keeper = a_keeper(markets_max=10_000)
    for number in range(2000):
        start = after(300 * number)
        keeper.observe(
            a_market(
                market_id=f"m{number}", up_token_id=f"u{number}", down_token_id=f"d{number}", winner="Up", starts_at=start,
                ends_at=after(300 * number + 300), observed_at=after(300 * number + 320),
            )
        )  # fmt: skip

    assert int(keeper.figures(NOON)["markets"]) <= 505


def test_a_tick_size_change_is_said_of_the_market():
    keeper = a_running_market()
    event = TickSizeChanged(
        market_id=CONDITION, token_id=UP, tick=Decimal("0.001"), source_at=after(9), received_at=after(9)
    )

    market = told(keeper, event)

    assert (market.change, market.tick) == ("changed", Decimal("0.001"))
    assert told(keeper, listed(seconds=10)) is None, "the catalogue is behind the book"
    assert told(keeper, clob_facts(seconds=11, mts=0.001)) is None


def test_a_tick_that_only_a_book_shows_is_said_on_the_next_tick():
    keeper = a_running_market()
    told(keeper, a_snapshot(1, tick=Decimal("0.001")))

    market = told(keeper, Tick(at=after(1.1)))

    assert (market.change, market.tick) == ("changed", Decimal("0.001"))
    assert told(keeper, listed(seconds=2)) is None


def test_the_order_books_newer_word_on_the_tick_stands():
    keeper = a_running_market()
    told(keeper, a_snapshot(1, tick=Decimal("0.001")))
    told(keeper, Tick(at=after(1.1)))

    market = told(keeper, clob_facts(seconds=2))

    assert market.tick == Decimal("0.01")
    assert getattr(told(keeper, Tick(at=after(2.1))), "type", "") != "market_updated"
    assert told(keeper, listed(seconds=3)) is None


def _with_clob():
    keeper = a_keeper()
    told(keeper, clob_facts())
    return keeper


@pytest.mark.parametrize(("is_shard", "known"), [(True, []), (False, ["ETH"])])
def test_a_part_leaves_the_markets_of_other_symbols_to_the_other_parts(is_shard, known):
    keeper = a_keeper(symbols=("BTC",), is_shard=is_shard)

    keeper.observe(a_market(symbol="ETH", ends_at=NOON))

    assert [market.symbol for market in keeper.undecided(after(60))] == known
