"""What is published of a market: understood from its own data, or listed as untradable with what was found."""

from decimal import Decimal

import pytest

from builders import NOON, after
from common.contracts.venue import MarketUpdated, SettlementRule
from unit.venue.venue_builders import (
    CONDITION,
    DOWN,
    FEE,
    REMOVE,
    SLUG,
    SPOT_SOURCE,
    SPOT_TEXT,
    TWAP_TEXT,
    UP,
    a_gamma_market,
    a_keeper,
    a_spot_market,
    clob_facts,
    listed,
    told,
)

TWAP = {"asset": "btc", "duration": "5m", "twapEnabled": True, "twapLookbackSeconds": 60}


def published(clob=None, **changes):
    """List one market, the order book's facts first; answer what is published."""
    keeper = a_keeper()
    told(keeper, clob or clob_facts())
    return told(keeper, listed(**changes))


def test_a_market_that_is_understood_is_listed_with_all_that_is_known_of_it():
    market = published()

    assert market == MarketUpdated(
        event_id=market.event_id, change="listed", venue="polymarket", market_id=CONDITION, slug=SLUG,
        question="Bitcoin Up or Down - January 15, 7:00AM-7:05AM ET", symbol="BTC", up_token_id=UP, down_token_id=DOWN,
        rule=SettlementRule(kind="twap", feed="chainlink", lookback_s=60), fee=FEE, tick=Decimal("0.01"),
        size_min=Decimal(5), taker_delay_ms=150, protocol_version="v1", accepting_orders=True, untradable_reason="",
        starts_at=NOON, ends_at=after(300), winner=None, observed_at=NOON,
    )  # fmt: skip


def test_a_market_of_the_rule_before_averages_compares_two_moments():
    market = published(market=a_spot_market())

    assert market.rule == SettlementRule(kind="instant", feed="chainlink", lookback_s=0)
    assert market.untradable_reason == ""


def test_settings_that_switch_the_average_off_agree_with_a_spot_source():
    config = TWAP | {"twapEnabled": False, "twapLookbackSeconds": 0}

    assert published(market=a_spot_market(cryptoMarketConfig=config)).rule.kind == "instant"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolutionSource": ""}, "rule_unknown: resolution source ''"),
        ({"resolutionSource": None}, "rule_unknown"),
        ({"resolutionSource": "https://www.binance.com/en/trade/BTC_USDT"}, "rule_unknown: resolution source"),
        (
            {"resolutionSource": "https://data.chain.link/streams/eth-usd-twap-60s-streams"},
            "rule_contradictory: the source",
        ),
        ({"resolutionSource": "https://data.chain.link/streams/btc-usd-twap-0s-streams"}, "rule_unknown"),
        (
            {"resolutionSource": "https://data.chain.link/streams/btc-usd-twap-30s-streams"},
            "rule_contradictory: the source averages 30 s",
        ),
        ({"resolutionSource": SPOT_SOURCE}, "rule_contradictory: the source is a spot price, twapEnabled is True"),
        ({"cryptoMarketConfig": REMOVE}, "rule_contradictory: the source is an average, twapEnabled is None"),
        ({"cryptoMarketConfig": TWAP | {"twapEnabled": False}}, "twapEnabled is False"),
        ({"cryptoMarketConfig": TWAP | {"twapEnabled": "True"}}, "wrong_type in twapEnabled"),
        ({"cryptoMarketConfig": TWAP | {"twapLookbackSeconds": 30}}, "twapLookbackSeconds is 30"),
        ({"cryptoMarketConfig": TWAP | {"twapLookbackSeconds": "NaN"}}, "not_finite in twapLookbackSeconds"),
        ({"cryptoMarketConfig": "x"}, "not_an_object in cryptoMarketConfig"),
        ({"description": SPOT_TEXT}, "rule_contradictory: the source is an average, the text does not say so"),
        ({"description": TWAP_TEXT + " It averages 30 seconds."}, "the text names [30] s"),
        ({"description": "As a panel sees fit."}, "rule_unknown: the text does not say"),
        ({"description": None}, "rule_unknown"),
        ({"description": ["x"]}, "rule_unknown"),
    ],
)
def test_a_rule_that_is_unknown_or_contradicts_itself_is_none_and_says_what_was_found(changes, words):
    market = published(**changes)

    assert market.rule is None
    assert words in market.untradable_reason


def test_a_spot_source_with_a_text_about_averages_is_contradictory():
    market = published(market=a_spot_market(description=TWAP_TEXT))

    assert market.rule is None
    assert "the text speaks of an average" in market.untradable_reason


@pytest.mark.parametrize(
    ("listed_changes", "clob_changes", "words"),
    [
        ({"feeSchedule": REMOVE}, {}, "fee_unknown: no feeSchedule"),
        ({"feeSchedule": None}, {"fd": None}, "fee_unknown: no feeSchedule and no fd"),
        ({}, {"fd": REMOVE}, "fee_unknown: no fd"),
        ({"feeSchedule": {"rate": "", "exponent": 1, "takerOnly": True}}, {}, "empty_number in feeSchedule"),
        ({"feeSchedule": {"rate": "NaN", "exponent": 1, "takerOnly": True}}, {}, "not_finite in feeSchedule"),
        ({"feeSchedule": {"rate": 0.07, "exponent": 1, "takerOnly": "False"}}, {}, "wrong_type in feeSchedule"),
        ({"feeSchedule": {"rate": 7, "exponent": 1, "takerOnly": True}}, {}, "fee_out_of_range in feeSchedule"),
        ({"feeSchedule": {"rate": 0.07, "exponent": 1.5, "takerOnly": True}}, {}, "fee_out_of_range in feeSchedule"),
        ({"feeSchedule": [0.07]}, {}, "not_an_object in feeSchedule"),
        ({}, {"fd": {"r": 0.05, "e": 1, "to": True}}, "fee_contradictory: feeSchedule 0.07^1, fd 0.05^1"),
        ({}, {"fd": {"r": 0.07, "e": 1, "to": False}}, "fd 0.07^1 makers too"),
        ({"feesEnabled": False}, {}, "fee_contradictory: feesEnabled is false"),
    ],
)
def test_a_fee_that_is_missing_or_contradictory_is_none_and_the_market_untradable(listed_changes, clob_changes, words):
    market = published(clob=clob_facts(**clob_changes), **listed_changes)

    assert market.fee is None
    assert words in market.untradable_reason


def test_a_fee_that_nobody_expected_counts_all_the_same_and_is_counted():
    keeper = a_keeper()
    told(keeper, clob_facts(fd={"r": 0.25, "e": 2, "to": True}))
    market = told(keeper, listed(feeSchedule={"rate": 0.25, "exponent": 2, "takerOnly": True}))

    assert (market.fee.rate, market.fee.exponent, market.untradable_reason) == (Decimal("0.25"), 2, "")
    assert keeper.fee_is_unexpected(market)
    assert keeper.figures(NOON)["fees_unexpected"] == "1"


@pytest.mark.parametrize(
    ("listed_changes", "clob_changes", "words"),
    [
        ({"version": "v3"}, {"v": "v3"}, "version_unknown: 'v3'"),
        ({"version": "v2"}, {"v": "v1"}, "version_contradictory: ['v1', 'v2']"),
        ({"version": REMOVE}, {"v": REMOVE}, "version_unknown: nobody names it"),
        ({"clobTokenIds": None}, {}, "tokens_unknown: 0 of 2"),
        ({"clobTokenIds": f'["{UP}"]'}, {}, "tokens_unknown: 1 of 2"),
        ({"clobTokenIds": f'["{UP}", "{UP}"]'}, {}, "tokens_unknown: 1 of 2"),
        ({"clobTokenIds": "[1, 2]"}, {}, "bad_token_id in clobTokenIds"),
        ({"clobTokenIds": "not json"}, {}, "not_json in clobTokenIds"),
        ({"clobTokenIds": f'["{DOWN}", "{UP}"]'}, {}, "tokens_contradictory"),
        ({}, {"t": [{"t": UP, "o": "Up"}]}, "tokens_contradictory"),
        ({}, {"t": None}, "not_a_list in clob-market t"),
        ({"outcomes": '["Yes", "No"]'}, {}, "outcomes_unknown: ['Yes', 'No']"),
        ({"outcomes": None}, {}, "outcomes_unknown: []"),
        ({"orderPriceMinTickSize": "NaN"}, {}, "not_finite in orderPriceMinTickSize"),
        ({}, {"mts": 0}, "bad_tick in clob-market mts"),
        ({"orderMinSize": None}, {}, "missing_number in orderMinSize"),
        ({"acceptingOrders": "true"}, {}, "wrong_type in acceptingOrders"),
        ({}, {"ao": 1}, "wrong_type in clob-market ao"),
        ({}, {"itode": "yes"}, "wrong_type in clob-market itode"),
        ({}, {"nr": True}, "negative_risk"),
        ({"negRisk": True}, {}, "negative_risk"),
        ({"enableOrderBook": False}, {}, "order_book_disabled"),
        ({"active": False}, {}, "not_active"),
        ({"eventStartTime": None}, {}, "wrong_type in eventStartTime"),
        ({"eventStartTime": "2027-01-15T12:01:00Z"}, {}, "start_contradictory: 2027-01-15T12:01:00Z"),
        ({"endDate": "2027-01-15T12:06:00Z"}, {}, "end_contradictory"),
        ({"cryptoMarketConfig": TWAP | {"asset": "eth"}}, {}, "config_contradictory"),
        ({"cryptoMarketConfig": TWAP | {"duration": "15m"}}, {}, "config_contradictory"),
    ],
)  # fmt: skip
def test_a_market_that_is_not_understood_is_listed_as_untradable_with_the_reason(listed_changes, clob_changes, words):
    market = published(clob=clob_facts(**clob_changes), **listed_changes)

    assert market.change == "listed"
    assert words in market.untradable_reason


@pytest.mark.parametrize(
    ("listed_changes", "clob_changes", "is_neg_risk"),
    [({}, {}, False), ({"negRisk": REMOVE}, {"nr": REMOVE}, False), ({"negRisk": True}, {}, True),
     ({}, {"nr": True}, True)],
)  # fmt: skip
def test_a_market_of_which_exactly_one_wins_is_told_of_as_such_by_either_source(
    listed_changes, clob_changes, is_neg_risk
):
    assert published(clob=clob_facts(**clob_changes), **listed_changes).is_neg_risk is is_neg_risk


def test_a_market_of_version_2_has_position_ids_and_a_padded_condition():
    short = "0x" + "0177" + "a" * 58
    clob = clob_facts(c=short + "00", v="v2")

    market = published(clob=clob, conditionId=short, version="v2", clobTokenIds=None, positionIds=[UP, DOWN])

    assert (market.market_id, market.protocol_version) == (short + "00", "v2")
    assert (market.up_token_id, market.down_token_id, market.untradable_reason) == (UP, DOWN, "")


def test_a_market_of_version_1_keeps_its_old_tokens_even_where_it_carries_position_ids():
    market = published(positionIds=["7", "8"])

    assert (market.up_token_id, market.untradable_reason) == (UP, "")


def test_a_description_from_before_versions_takes_the_order_books_word():
    assert published(version=REMOVE).protocol_version == "v1"


def test_without_the_order_books_word_a_market_is_untradable_until_it_comes():
    keeper = a_keeper()

    first = told(keeper, listed())
    second = told(keeper, clob_facts())

    assert "clob_facts_missing" in first.untradable_reason
    assert (second.change, second.untradable_reason) == ("changed", "")


@pytest.mark.parametrize(
    ("changes", "delay_ms"),
    [({}, 150), ({"itode": False}, 0), ({"itode": REMOVE}, 0), ({"sd": 3, "itode": False}, 3000)],
)
def test_the_takers_delay_is_what_the_order_book_says(changes, delay_ms):
    assert published(clob=clob_facts(**changes)).taker_delay_ms == delay_ms


@pytest.mark.parametrize(
    "market",
    [
        a_gamma_market(slug="bitcoin-above-on-september-27-2026"),
        a_gamma_market(slug="btc-updown-5m"),
        a_gamma_market(slug="btcusdt-updown-5m-1800014400"),
    ],
)
def test_markets_of_other_families_are_passed_over(market):
    with pytest.raises(ValueError, match="not enough values"):
        listed(market)


@pytest.mark.parametrize(
    ("slug", "code"),
    [("doge-updown-5m-1800014400", "unwanted_symbol"), ("btc-updown-4h-1800014400", "unwanted_duration")],
)
def test_symbols_and_lengths_that_nobody_wants_are_not_listed(slug, code):
    keeper = a_keeper()

    assert told(keeper, listed(slug=slug)) is None
    assert keeper.refused[code] == 1


def test_the_number_of_markets_is_bounded():
    keeper = a_keeper(markets_max=1)
    told(keeper, listed())

    assert told(keeper, listed(conditionId="0x" + "cd" * 32)) is None
    assert keeper.refused["catalogue_full"] == 1
