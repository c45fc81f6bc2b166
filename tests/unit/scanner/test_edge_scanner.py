"""What the scanner proposes, how much of it, and what it says of a market meanwhile."""

from decimal import Decimal

import pytest

from builders import FEE, INSTANT, a_market, a_settlement_price
from common.contracts.runtime import Tick
from common.contracts.scanner import MarketValued, OpportunityFound
from unit.scanner.scanner_builders import (
    DOWN,
    NOW,
    STRIKE,
    UP,
    a_down_book,
    a_price_now,
    a_ready_scanner,
    a_scanner,
    a_strike,
    after,
    an_up_book,
    found,
    live,
    settling_ticks,
    valued,
)

CHEAP = an_up_book(("0.40", 100))
FAIR_BOOKS = (an_up_book(("0.51", 100), bid="0.49"), a_down_book(("0.51", 100)))


def test_a_cheap_offer_is_proposed_with_everything_that_was_seen():
    opportunity = found(a_ready_scanner(CHEAP))

    assert opportunity is not None
    assert (opportunity.outcome, opportunity.token_id, opportunity.side) == ("Up", UP, "BUY")
    assert opportunity.fair_value == Decimal("0.500000")
    assert opportunity.limit == opportunity.average_price == Decimal("0.40")
    assert opportunity.quantity == 100
    assert opportunity.gross_edge == Decimal("0.10")
    assert opportunity.fee_per_share == FEE.taker(Decimal("0.40"), Decimal(100)) / 100
    assert opportunity.margin == Decimal("0.005") + opportunity.uncertainty
    assert opportunity.net_edge == opportunity.gross_edge - opportunity.fee_per_share - opportunity.margin
    assert (opportunity.strike, opportunity.underlying_price) == (STRIKE, STRIKE)
    assert opportunity.model == "twap-1"
    assert opportunity.seconds_left == 200
    assert opportunity.found_at == NOW
    assert opportunity.valid_until == after(1.5, NOW)


def test_down_is_bought_when_down_is_cheap():
    opportunity = found(a_ready_scanner(a_down_book(("0.40", 100))))

    assert opportunity is not None
    assert (opportunity.outcome, opportunity.token_id) == ("Down", DOWN)
    assert opportunity.fair_value == Decimal("0.500000")


def test_a_market_priced_fairly_is_left_alone():
    assert found(a_ready_scanner(*FAIR_BOOKS)) is None


def test_a_price_that_moves_makes_an_edge_on_a_book_that_does_not():
    scanner = a_ready_scanner(*FAIR_BOOKS)

    opportunity = found(scanner, a_price_now("65040"))

    assert opportunity is not None
    assert opportunity.outcome == "Up"
    assert opportunity.received_at == after(-0.001, NOW)


def test_a_book_that_moves_makes_an_edge_on_a_price_that_does_not():
    scanner = a_ready_scanner(*FAIR_BOOKS)

    opportunity = found(scanner, an_up_book(("0.40", 30)), NOW)

    assert opportunity is not None
    assert opportunity.quantity == 30
    assert opportunity.received_at == NOW


def test_a_book_that_offers_no_more_cheaply_than_before_leaves_it_to_the_next_price():
    scanner = a_ready_scanner(CHEAP)

    assert found(scanner, an_up_book(("0.40", 300)), NOW) is None
    assert found(scanner, an_up_book(("0.39", 300)), NOW) is not None


def test_a_book_that_comes_back_after_a_silence_is_looked_at_whatever_it_offers():
    scanner = a_ready_scanner(an_up_book(("0.40", 100), at=after(-6, NOW)))

    assert found(scanner, CHEAP, NOW) is not None


def test_walking_stops_where_a_levels_own_edge_no_longer_clears():
    scanner = a_ready_scanner(an_up_book(("0.38", 10), ("0.40", 20), ("0.46", 1000), ("0.47", 1000)))

    opportunity = found(scanner)

    assert opportunity is not None
    assert opportunity.limit == Decimal("0.40")
    assert opportunity.quantity == 30
    assert opportunity.average_price == Decimal("0.393334")  # (10 x 0.38 + 20 x 0.40) / 30, rounded up


def test_the_better_of_two_markets_is_proposed():
    other = a_market(market_id="0x" + "cd" * 32, up_token_id="3" * 70, down_token_id="4" * 70)
    scanner = a_ready_scanner(
        CHEAP, other, an_up_book(("0.35", 50), market_id=other.market_id, token_id=other.up_token_id)
    )

    opportunity = found(scanner)

    assert opportunity is not None
    assert opportunity.market_id == other.market_id


def test_the_same_book_and_price_make_the_same_event():
    first, second = found(a_ready_scanner(CHEAP)), found(a_ready_scanner(CHEAP))

    assert first is not None
    assert first == second


def test_another_book_makes_another_event():
    scanner = a_ready_scanner(CHEAP)
    first, second = found(scanner), found(scanner, an_up_book(("0.39", 100), at=after(0.3, NOW)), after(0.3, NOW))

    assert first is not None
    assert second is not None
    assert first.event_id != second.event_id


def test_a_market_rests_after_it_was_proposed_and_is_proposed_again_later():
    scanner = a_ready_scanner(CHEAP)

    assert live(scanner, a_price_now(at=NOW), NOW) is not None
    assert live(scanner, a_price_now(at=after(0.24, NOW)), after(0.24, NOW)) is None
    assert live(scanner, a_price_now(at=after(0.25, NOW)), after(0.25, NOW)) is not None


def test_deciding_changes_nothing():
    scanner = a_ready_scanner(CHEAP)

    assert found(scanner) == found(scanner)
    assert valued(scanner) == valued(scanner)


def test_an_instant_market_compares_one_price_with_one_price():
    market = a_market(rule=INSTANT)
    scanner = a_ready_scanner(CHEAP, market=market)

    opportunity = found(scanner)

    assert opportunity is not None
    assert opportunity.model == "instant-1"
    assert opportunity.strike == STRIKE


def test_inside_the_window_the_average_that_is_known_weighs_more_than_the_price():
    market = a_market(ends_at=after(115))
    scanner = a_ready_scanner(*FAIR_BOOKS, market=market)

    valuation = valued(scanner)
    jumped = found(scanner, a_price_now("65008"))

    assert valuation.fair_value == Decimal("0.500000")
    assert jumped is not None  # a quarter of the average at 65,008 lifts it by 2, with little time left to fall back
    assert jumped.fair_value > Decimal("0.68")


def test_a_strike_that_comes_late_from_a_backlog_makes_a_market_tradable():
    scanner = a_ready_scanner(market=a_market(starts_at=after(60), ends_at=after(360)))
    scanner.observe(CHEAP)
    assert found(scanner) is None

    scanner.observe(a_strike(at_s=60))

    assert found(scanner) is not None


def test_a_market_that_is_resolved_is_forgotten():
    scanner = a_ready_scanner(CHEAP)

    scanner.observe(a_market(change="resolved", winner="Up"))

    assert len(scanner.markets) == 0
    assert found(scanner) is None


def test_a_market_that_ended_a_while_ago_is_forgotten_as_time_passes():
    scanner = a_ready_scanner(CHEAP)

    scanner.observe(Tick(at=after(359)))
    assert len(scanner.markets) == 1
    scanner.observe(Tick(at=after(361)))

    assert len(scanner.markets) == 0


def test_an_older_description_of_a_market_does_not_replace_a_newer_one():
    scanner = a_ready_scanner(CHEAP, a_market(change="changed", accepting_orders=False, observed_at=after(50)))

    scanner.observe(a_market(change="changed", observed_at=after(40)))

    assert found(scanner) is None


def test_a_market_on_another_symbol_is_ignored():
    scanner = a_ready_scanner(SYMBOLS="BTC")

    scanner.observe(a_market(market_id="0x" + "ee" * 32, symbol="ETH"))

    assert len(scanner.markets) == 1


def test_events_of_no_concern_are_ignored():
    scanner = a_ready_scanner(a_settlement_price(symbol="SOL"))

    assert scanner.decide(a_settlement_price(), NOW) is None
    assert scanner.decide(a_price_now().model_copy(update={"symbol": "SOL"}), NOW) is None
    assert scanner.decide(an_up_book(("0.1", 10), market_id="unknown"), NOW) is None


def test_a_running_market_is_valued_beside_its_bid_and_ask():
    valuation = valued(a_ready_scanner(*FAIR_BOOKS))

    assert valuation.fair_value == Decimal("0.500000")
    assert (valuation.bid, valuation.ask) == (Decimal("0.49"), Decimal("0.51"))
    assert valuation.net_edge is not None
    assert valuation.net_edge < 0
    assert valuation.note == "no_edge"
    assert valuation.refusals == {}


def test_a_market_that_will_be_traded_has_no_note():
    assert valued(a_ready_scanner(CHEAP)).note == ""


def test_markets_are_valued_in_turn():
    other = a_market(market_id="0x" + "cd" * 32, up_token_id="3" * 70, down_token_id="4" * 70, ends_at=after(900))
    scanner = a_ready_scanner(other)

    outcomes = [live(scanner, Tick(at=after(n * 0.04, NOW)), after(n * 0.04, NOW)) for n in range(4)]

    ids = [outcome.market_id for outcome in outcomes if isinstance(outcome, MarketValued)]
    assert len(ids) == 4
    assert ids[0] == ids[2] != ids[1] == ids[3]


@pytest.mark.parametrize("at_s", [-1, 300, 400])
def test_only_running_markets_are_valued(at_s):
    scanner = a_ready_scanner()

    assert scanner.decide(Tick(at=after(at_s)), after(at_s)) is None


def test_a_scanner_rebuilt_from_what_was_heard_decides_as_the_one_that_lived_it():
    heard = [CHEAP, *settling_ticks(99, 99), a_price_now("65010", after(0.5, NOW)), *FAIR_BOOKS]
    lived, rebuilt = a_ready_scanner(), a_ready_scanner()
    outcomes = [live(lived, event, after(0.6, NOW)) for event in heard]
    for event, outcome in zip(heard, outcomes, strict=True):
        rebuilt.observe(event)
        if outcome is not None:
            rebuilt.observe(outcome)
    later = a_price_now("65040", after(1, NOW))

    assert any(isinstance(outcome, OpportunityFound) for outcome in outcomes)
    assert rebuilt.decide(later, after(1, NOW)) == lived.decide(later, after(1, NOW)) is not None


def test_what_was_heard_in_recovery_and_again_live_changes_nothing():
    once = a_ready_scanner(*FAIR_BOOKS)
    twice = a_ready_scanner(*FAIR_BOOKS)
    for event in (a_market(), *settling_ticks(-60, 98), a_strike(), *FAIR_BOOKS):
        twice.observe(event)

    assert found(twice, a_price_now("65040")) == found(once, a_price_now("65040")) is not None


def test_what_it_makes_up_to_rehearse_by_is_the_last_price_and_in_turns_an_offer_worth_taking():
    assert a_scanner().imagine(NOW) is None
    scanner, price_turn, offer_turn = a_ready_scanner(*FAIR_BOOKS), NOW, after(0.001, NOW)
    assert found(scanner) is None
    price, offer = scanner.imagine(price_turn), scanner.imagine(offer_turn)
    assert price == a_price_now(at=NOW).model_copy(update={"source_at": price_turn, "received_at": price_turn})
    assert (offer.token_id, offer.received_at) == (UP, offer_turn)
    assert isinstance(scanner.decide(offer, offer_turn), OpportunityFound)
    assert found(scanner) is None, "it was only asked"


def test_without_a_market_that_runs_it_makes_up_prices_alone():
    scanner = a_ready_scanner(market=a_market(starts_at=after(1000), ends_at=after(1300)))
    assert {scanner.imagine(after(s / 1000, NOW)).type for s in range(4)} == {"price_updated"}
