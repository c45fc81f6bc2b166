"""Pages of the order book's lists."""

import pytest

from simulator.exchange.account.paging import END_CURSOR, START_CURSOR, cursor_of, offset_of, page, part


def test_the_first_cursor_the_last_cursor_and_none():
    assert (offset_of(None), offset_of(""), offset_of(START_CURSOR), offset_of(END_CURSOR)) == (0, 0, 0, -1)
    assert cursor_of(100) == "MTAw"


@pytest.mark.parametrize("text", ["!", "abc", "YWJj"])
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(ValueError, match="expected a cursor"):
        offset_of(text)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_pages_are_walked_without_gaps_or_repeats(count):
    items, seen, cursor = list(range(count)), [], START_CURSOR
    while cursor != END_CURSOR:
        shown, following = part(items, offset_of(cursor))
        wrapped = page([{"n": item} for item in shown], following)
        assert (wrapped["limit"], wrapped["count"]) == (100, len(wrapped["data"]))
        seen += [each["n"] for each in wrapped["data"]]
        cursor = wrapped["next_cursor"]
    assert seen == items


def test_nothing_comes_after_the_end():
    assert part([1, 2, 3], offset_of(END_CURSOR)) == ((), None)
