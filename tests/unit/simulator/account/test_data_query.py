"""The Data API's queries, pages and cache."""

import pytest
from polymarket._internal.data_envelope import parse_data_page

from simulator.exchange.data.data_query import CACHED_MAX, Cache, choice, paged, read
from support.account_records import CONDITION

NS_PER_S = 1_000_000_000
ROWS = [(str(n), {"n": n}) for n in range(250)]


def test_a_query_is_read_with_its_aliases_and_its_short_conditions():
    short = "0x01" + "ab" * 30
    wanted = read({"user": "0x" + "AB" * 20, "conditionId": f"{CONDITION},{short}", "start": "5"}, 100_000)

    assert wanted.user == "0x" + "ab" * 20
    assert wanted.conditions == {CONDITION, short + "00"}
    assert wanted.covers(CONDITION, "")
    assert not wanted.covers("0x" + "cd" * 32, "")
    assert [wanted.spans(at_s) for at_s in (0, 4, 5, 6)] == [False, False, True, True]


def test_dust_is_left_out_unless_it_is_asked_for_and_cash_is_counted_in_dollars():
    assert not read({}, 100_000).is_big_enough(99_999, 10**9)
    assert read({"filter_amount": "0"}, 100_000).is_big_enough(1, 0)
    by_cash = read({"filter_type": "CASH", "filter_amount": "2.5"}, 100_000)
    assert (by_cash.is_big_enough(10**9, 2_499_999), by_cash.is_big_enough(1, 2_500_000)) == (False, True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"offset": "10"}, "offset is not supported"),
        ({"user": "me"}, "expected an address"),
        ({"condition": "0x12"}, "expected a condition id"),
        ({"condition": ",".join(f"0x{n:064x}" for n in range(21))}, "at most 20 distinct values"),
        ({"filter_type": "GOLD"}, "expected TOKENS or CASH"),
        ({"filter_amount": "-1"}, "expected an amount"),
        ({"start": "soon"}, "expected a whole number"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(query, words):
    with pytest.raises(ValueError, match=words):
        read(query, 0)


def test_one_of_several_words_is_read_and_others_are_refused():
    assert (choice({}, "side", ("BUY",), ""), choice({"side": "BUY"}, "side", ("BUY",), "")) == ("", "BUY")
    with pytest.raises(ValueError, match="expected one of BUY, found 'HOLD'"):
        choice({"side": "HOLD"}, "side", ("BUY",), "")


def test_the_official_client_walks_all_pages_with_the_size_of_the_first():
    seen, query = [], {"limit": "60"}
    while True:
        found = parse_data_page(paged("trades", ROWS, query), tuple)
        seen += [row["n"] for row in found.items]
        if found.server_next_cursor is None:
            break
        assert len(found.items) == 60
        query = {"cursor": found.server_next_cursor}
    assert seen == list(range(250))


def test_a_cursor_of_another_listing_or_of_none_is_refused():
    cursor = paged("trades", ROWS, {})["pagination"]["next_cursor"]
    for kind, text in (("positions", cursor), ("trades", "nonsense"), ("trades", "%%%")):
        with pytest.raises(ValueError, match="invalid cursor"):
            paged(kind, ROWS, {"cursor": text})
    with pytest.raises(ValueError, match="invalid cursor"):
        paged("trades", [("new", {})], {"cursor": cursor})


def test_an_answer_is_kept_for_its_age_and_told_how_old_it_is():
    cache = Cache(5)
    cache.keep("user=1", b"body", 10 * NS_PER_S)

    assert cache.find("user=1", 14 * NS_PER_S) == (b"body", 4)
    assert cache.find("user=1", 15 * NS_PER_S) is None
    assert cache.find("user=2", 10 * NS_PER_S) is None


def test_a_full_cache_forgets_the_oldest():
    cache = Cache(5)
    for n in range(CACHED_MAX + 1):
        cache.keep(str(n), b"", 0)
    assert (cache.find("0", 0), cache.find("1", 0)) == (None, (b"", 0))
