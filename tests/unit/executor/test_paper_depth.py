"""What is on offer, less what we took: when it comes back, and when it is forgotten."""

from decimal import Decimal

import pytest

from builders import DOWN, UP, a_market
from executor.adapters.paper.depth import Depth
from unit.executor.paper_builders import book

HALF = Decimal("0.5")


def a_depth(*books, kept_max=10):
    depth = Depth(kept_max)
    depth.on_market(a_market())
    for each in books:
        assert depth.on_book(each)
    return depth


def sizes(depth, side, token=UP):
    return [size for _, size in depth.left(token, side)]


@pytest.mark.parametrize("side", ["asks", "bids"])
def test_what_was_taken_is_gone_until_the_level_is_displayed_otherwise(side):
    def quoted(size, at):
        return (
            book((0.5, size), bids=((0.4, 1),), at=at) if side == "asks" else book((0.6, 1), bids=((0.5, size),), at=at)
        )

    depth = a_depth(quoted(20, 0))
    depth.take(UP, side, HALF, Decimal(15))
    left = [sizes(depth, side)]
    for at, size in ((1, 20), (2, 21), (3, 20)):
        depth.on_book(quoted(size, at))
        left.append(sizes(depth, side))

    assert left == [[5], [5], [21], [20]]


def test_a_level_that_is_taken_whole_is_not_offered():
    depth = a_depth(book((0.5, 20), (0.6, 7)))
    depth.take(UP, "asks", HALF, Decimal(20))

    assert sizes(depth, "asks") == [7]


def test_a_word_of_the_same_moment_replaces_and_an_older_one_does_not():
    depth = a_depth(book((0.5, 20), at=5), book((0.5, 9), at=5))

    assert not depth.on_book(book((0.5, 99), at=4))
    assert sizes(depth, "asks") == [9]


def test_books_beyond_the_memory_are_forgotten_the_oldest_first():
    depth = a_depth(*(book((0.5, 20), token=f"{n}") for n in range(1, 5)), kept_max=3)

    assert [depth.book(f"{n}") is None for n in range(1, 5)] == [True, False, False, False]


def test_a_known_book_takes_no_room_anew():
    depth = a_depth(book((0.5, 20), token="1"), book((0.5, 20), token="2"), book((0.5, 21), token="2"), kept_max=2)

    assert depth.book("1") is not None


def test_what_was_taken_in_a_market_is_forgotten_with_it():
    depth = a_depth(book((0.5, 20), bids=((0.4, 20),)), book((0.6, 20), bids=((0.5, 20),), token=DOWN))
    depth.take(UP, "asks", HALF, Decimal(15))
    depth.take(UP, "bids", Decimal("0.4"), Decimal(15))
    assert (sizes(depth, "bids", DOWN), sizes(depth, "asks", DOWN)) == ([5], [5])

    depth.forget(a_market())
    assert (depth.left(UP, "asks"), depth.displayed(UP, "asks", HALF)) == ([], 0)
    depth.on_market(a_market())
    depth.on_book(book((0.5, 20), bids=((0.4, 20),)))

    assert (sizes(depth, "asks"), sizes(depth, "bids")) == ([20], [20])


def test_two_markets_do_not_mirror_one_another():
    depth = a_depth(book((0.5, 20)), book((0.6, 9), bids=((0.5, 20),), token="3"))
    depth.take(UP, "asks", HALF, Decimal(15))

    assert sizes(depth, "bids", "3") == [20]
