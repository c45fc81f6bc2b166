"""What the venue sends: read exactly, or refused by name, never a crash and never a zero."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, after
from common.errors import ParseError
from unit.venue.venue_builders import CONDITION, DOWN, REMOVE, SLUG, UP, a_clob_market, a_gamma_market, an_event, levels
from venue.adapters.wire import (
    next_cursor,
    parse_books,
    parse_clob_market,
    parse_events,
    parse_market_frame,
    read_books,
    read_clob_market,
    read_market_frame,
    slug_of,
)
from venue.core import (
    BestQuoted,
    BookChanged,
    BookDoubted,
    BookSnapshot,
    ListingAnnounced,
    ResolutionSeen,
    TickSizeChanged,
    TradeSeen,
)

NOON_MS = str(NOON // 1_000_000)
GARBAGE = [
    b"",
    b"\xef\xbb\xbf{}",
    b"{",
    b"nan",
    b"\xff\xfe",
    b"<html>403</html>",
    b'[{"event_type":',
    b"INVALID OPERATION",
]


def refusals(parse, payload):
    codes = []
    return parse(payload, NOON, lambda error: codes.append(error.code)), codes


def a_book_frame(**changes):
    frame = {
        "market": CONDITION, "asset_id": UP, "timestamp": NOON_MS, "hash": "fc38", "tick_size": "0.01",
        "bids": [{"price": "0.01", "size": "3149725.72"}, {"price": "0.48", "size": "10"}],
        "asks": [{"price": "0.99", "size": "5"}, {"price": "0.50", "size": "20.5"}], "event_type": "book",
        "last_trade_price": "",
    }  # fmt: skip
    return {name: value for name, value in (frame | changes).items() if value is not REMOVE}


def an_entry(token=UP, **changes):
    entry = {
        "asset_id": token, "price": "0.49", "size": "10", "side": "BUY", "hash": "b762", "best_bid": "0.49", "best_ask": "0.50",
    }  # fmt: skip
    return {name: value for name, value in (entry | changes).items() if value is not REMOVE}


MIRRORED = an_entry(DOWN, price="0.51", side="SELL", best_bid="0.50", best_ask="0.51")


def a_change_frame(*entries, **changes):
    return {
        "market": CONDITION,
        "price_changes": list(entries),
        "timestamp": NOON_MS,
        "event_type": "price_change",
    } | changes


def a_message(kind, **changes):
    return {"event_type": kind, "market": CONDITION, "asset_id": UP, "timestamp": NOON_MS} | changes


def test_a_book_is_read_with_every_level_and_its_tick():
    [book] = parse_market_frame(a_book_frame(), NOON)

    assert book == BookSnapshot(
        via="socket", market_id=CONDITION, token_id=UP, bids=levels((0.01, "3149725.72"), (0.48, 10)),
        asks=levels((0.99, 5), ("0.50", "20.5")), tick=Decimal("0.01"), source_at=NOON, received_at=NOON,
    )  # fmt: skip


def test_a_book_without_a_tick_is_a_book_all_the_same():
    assert parse_market_frame(a_book_frame(tick_size=""), NOON)[0].tick is None
    assert parse_market_frame(a_book_frame(tick_size=REMOVE), NOON)[0].tick is None


def test_both_mirrored_halves_of_a_change_are_read():
    up, down = parse_market_frame(a_change_frame(an_entry(), MIRRORED), NOON)

    assert (up.token_id, up.changes, up.best_bid, up.best_ask) == (
        UP,
        (("BUY", Decimal("0.49"), Decimal(10)),),
        Decimal("0.49"),
        Decimal("0.50"),
    )
    assert (down.token_id, down.changes) == (DOWN, (("SELL", Decimal("0.51"), Decimal(10)),))


def test_several_changes_of_one_token_come_together_and_the_last_word_on_best_counts():
    [change] = parse_market_frame(a_change_frame(an_entry(), an_entry(price="0.47", size="0", best_bid="0.48")), NOON)

    assert [price for _, price, _ in change.changes] == [Decimal("0.49"), Decimal("0.47")]
    assert change.best_bid == Decimal("0.48")


def test_an_array_is_read_in_order_and_changes_in_a_row_are_put_together():
    frame = [
        a_change_frame(an_entry()),
        a_change_frame(an_entry(size="11")),
        a_book_frame(),
        a_change_frame(an_entry(size="12")),
    ]

    first, book, last = parse_market_frame(frame, NOON)

    assert [size for _, _, size in first.changes] == [Decimal(10), Decimal(11)]
    assert isinstance(book, BookSnapshot)
    assert [size for _, _, size in last.changes] == [Decimal(12)]


@pytest.mark.parametrize(("bid", "ask"), [("0", "1"), ("0", "0"), ("0.00", "1.00")])
def test_an_empty_side_has_no_best(bid, ask):
    [change] = parse_market_frame(a_change_frame(an_entry(best_bid=bid, best_ask=ask)), NOON)

    assert (change.states_best, change.best_bid, change.best_ask) == (True, None, None)


@pytest.mark.parametrize("best", [None, "", REMOVE])
def test_a_change_that_does_not_say_what_is_best_is_taken_without(best):
    [change] = parse_market_frame(a_change_frame(an_entry(best_ask=best)), NOON)

    assert isinstance(change, BookChanged)
    assert not change.states_best


def test_the_other_messages_are_read_too():
    frame = [
        a_message("best_bid_ask", best_bid="0.73", best_ask="0.77", spread="0.04"),
        a_message("tick_size_change", old_tick_size="0.01", new_tick_size="0.001"),
        a_message("last_trade_price", price="0.51", side="BUY", size="25.0", fee_rate_bps="0"),
        a_message("market_resolved", winning_asset_id=UP, winning_outcome="Up", assets_ids=[UP, DOWN]),
        a_message("new_market", slug=SLUG),
    ]

    assert [type(item) for item in parse_market_frame(frame, NOON)] == [
        BestQuoted, TickSizeChanged, TradeSeen, ResolutionSeen, ListingAnnounced,
    ]  # fmt: skip


def test_listings_of_the_rest_of_the_venue_are_passed_over():
    assert parse_market_frame(a_message("new_market", slug="will-it-rain"), NOON) == []
    assert parse_market_frame(a_message("new_market", slug=None), NOON) == []


@pytest.mark.parametrize("frame", GARBAGE)
def test_a_frame_that_is_not_json_is_refused_and_casts_doubt_on_every_book(frame):
    inputs, codes = refusals(read_market_frame, frame)

    assert codes == ["not_json"]
    assert inputs == [BookDoubted(token_id="", code="not_json", received_at=NOON)]


def test_an_answer_to_a_ping_is_nothing():
    assert read_market_frame("PONG", NOON) == []


@pytest.mark.parametrize("payload", [None, 1, "text", True, [None], [[]]])
def test_what_is_no_message_is_refused_and_casts_doubt_on_every_book(payload):
    inputs, codes = refusals(parse_market_frame, payload)

    assert codes == ["not_an_object"]
    assert [item.token_id for item in inputs] == [""]


@pytest.mark.parametrize(
    ("message", "code", "doubted"),
    [
        ({}, "unknown_message", []),
        (a_message("comment"), "unknown_message", []),
        (a_message(["book"]), "unknown_message", []),
        (a_book_frame(asset_id=None), "bad_token_id", [""]),
        (a_book_frame(market="0x12"), "bad_condition_id", [UP]),
        (a_book_frame(bids=None), "not_a_list", [UP]),
        (a_book_frame(bids=[1]), "not_an_object", [UP]),
        (a_book_frame(bids=[{"price": "NaN", "size": "1"}]), "not_finite", [UP]),
        (a_book_frame(asks=[{"price": "", "size": "1"}]), "empty_number", [UP]),
        (a_book_frame(asks=[{"price": "1.2", "size": "1"}]), "price_out_of_range", [UP]),
        (a_book_frame(asks=[{"price": "0.5", "size": "-1"}]), "negative_size", [UP]),
        (a_book_frame(asks=[{"price": "0.5", "size": "1e40"}]), "size_out_of_range", [UP]),
        (a_book_frame(asks=[{"price": "0.5", "size": "1"}] * 2001), "too_many_levels", [UP]),
        (a_book_frame(tick_size="NaN"), "not_finite", [UP]),
        (a_book_frame(timestamp=""), "bad_timestamp", [UP]),
        (a_book_frame(timestamp="1e99"), "bad_timestamp", [UP]),
        (a_change_frame(timestamp=None), "missing_number", [""]),
        (a_change_frame(an_entry(price="NaN")), "not_finite", [UP]),
        (a_change_frame(an_entry(price="0")), "price_out_of_range", [UP]),
        (a_change_frame(an_entry(size=None)), "missing_number", [UP]),
        (a_change_frame(an_entry(side="buy")), "unknown_side", [UP]),
        (a_change_frame(an_entry(best_bid="NaN")), "not_finite", [UP]),
        (a_change_frame(an_entry(token="1.5")), "bad_token_id", [""]),
        (a_change_frame("x"), "not_an_object", [""]),
        (a_change_frame() | {"price_changes": {}}, "not_a_list", [""]),
        (a_message("best_bid_ask", best_bid="x", best_ask="0.5"), "not_a_number", []),
        (a_message("tick_size_change", new_tick_size="0"), "bad_tick", [UP]),
        (a_message("last_trade_price", price="", side="BUY", size="1"), "empty_number", []),
        (a_message("market_resolved", winning_asset_id=None, winning_outcome="Up"), "bad_token_id", []),
        (a_message("market_resolved", winning_asset_id=UP, winning_outcome=""), "empty_text", []),
    ],
)  # fmt: skip
def test_each_defect_has_its_own_name_and_casts_doubt_on_the_book_it_was_about(message, code, doubted):
    inputs, codes = refusals(parse_market_frame, message)

    assert codes == [code]
    assert [item.token_id for item in inputs] == doubted
    assert all(isinstance(item, BookDoubted) for item in inputs)


def test_one_bad_half_of_a_change_does_not_cost_the_other():
    inputs, codes = refusals(parse_market_frame, a_change_frame(an_entry(price="NaN"), MIRRORED))

    assert codes == ["not_finite"]
    assert {(type(item), item.token_id) for item in inputs} == {(BookDoubted, UP), (BookChanged, DOWN)}


def test_a_defect_is_raised_where_nobody_takes_it():
    with pytest.raises(ParseError, match="not_an_object"):
        parse_market_frame(None, NOON)


def test_books_that_were_asked_for_are_read_one_or_many():
    book = a_book_frame(event_type=REMOVE, min_order_size="5", neg_risk=False)

    assert [each.via for each in parse_books(book, NOON) + parse_books([book, book], NOON)] == ["request"] * 3
    assert refusals(parse_books, [book, {"error": "x"}])[1] == ["wrong_type"]
    assert refusals(read_books, b"<html>") == ([], ["not_json"])


@pytest.mark.parametrize(
    ("payload", "code"),
    [(None, "not_an_object"), ([], "not_an_object"), ({}, "wrong_type"), ({"c": "0x1"}, "bad_condition_id")],
)
def test_an_order_books_answer_that_names_no_market_is_refused(payload, code):
    assert refusals(parse_clob_market, payload) == ([], [code])
    assert refusals(read_clob_market, b"{") == ([], ["not_json"])


def test_a_page_of_events_is_read_and_a_bad_one_costs_only_itself():
    page = {
        "events": [None, an_event(), {"slug": SLUG, "markets": None}, {"slug": "other", "markets": None}],
        "next_cursor": "c",
    }

    found, codes = refusals(parse_events, page)

    assert [each.facts.slug for each in found] == [SLUG]
    assert codes == ["not_an_object", "not_a_list"]
    assert next_cursor(page) == "c"


@pytest.mark.parametrize("page", [None, 1, "x", {}, {"events": None}, {"error": "offset too large"}])
def test_what_is_no_page_is_refused(page):
    found, codes = refusals(parse_events, page)

    assert found == []
    assert len(codes) == 1
    assert next_cursor(page) == ""


@pytest.mark.parametrize("condition", [None, "", "0x", "0x" + "g" * 64, "ab" * 32, 5])
def test_a_market_without_a_condition_id_cannot_be_listed(condition):
    found, codes = refusals(parse_events, [an_event(a_gamma_market(conditionId=condition))])

    assert found == []
    assert len(codes) == 1


def test_an_event_of_another_series_makes_its_market_contradictory():
    [found] = parse_events([an_event(seriesSlug="eth-up-or-down-5m")], NOON)

    assert found.facts.defects == ("series_contradictory: 'eth-up-or-down-5m'",)


def test_a_series_is_found_in_either_place_or_not_at_all():
    for event in (
        an_event(seriesSlug=None, series=[{"slug": "btc-up-or-down-5m"}]),
        an_event(seriesSlug=None, series=[]),
    ):
        assert parse_events([event], NOON)[0].facts.defects == ()


@pytest.mark.parametrize(
    ("duration_s", "name"),
    [(60, "btc-updown-1m-0"), (900, "btc-updown-15m-0"), (3600, "btc-updown-1h-0"), (14400, "btc-updown-4h-0")],
)
def test_names_follow_from_symbol_length_and_start(duration_s, name):
    assert slug_of("BTC", duration_s, 0) == name


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(a_gamma_market())), json_values)
def test_no_value_in_a_listing_can_do_more_than_be_refused_or_named(field, value):
    found, codes = refusals(parse_events, [an_event(a_gamma_market(**{field: value}))])

    assert len(found) <= 1
    assert found or codes or field == "slug"


@given(st.sampled_from(sorted(a_clob_market())), json_values)
def test_no_value_in_the_order_books_word_can_do_more_than_be_refused_or_named(field, value):
    found, codes = refusals(parse_clob_market, a_clob_market(**{field: value}))

    assert found or codes


@given(st.sampled_from(sorted(a_book_frame())), json_values)
def test_no_value_in_a_book_can_do_more_than_be_refused(field, value):
    inputs, _ = refusals(parse_market_frame, orjson.loads(orjson.dumps(a_book_frame(**{field: value}))))

    assert all(isinstance(item, BookSnapshot | BookDoubted) for item in inputs)


@given(st.sampled_from(sorted(an_entry())), json_values)
def test_no_value_in_a_change_can_do_more_than_be_refused(field, value):
    inputs, codes = refusals(parse_market_frame, a_change_frame(an_entry(**{field: value})))

    assert inputs or codes
    assert all(isinstance(item, BookChanged | BookDoubted) for item in inputs)


def test_an_instant_of_the_wire_is_a_millisecond():
    assert parse_market_frame(a_book_frame(timestamp=str(int(NOON_MS) + 5)), NOON)[0].source_at == after(0.005)
