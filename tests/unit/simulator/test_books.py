"""The books that a client keeps from the wire: mirrored, never crossed, and the same as the exchange's own."""

from decimal import Decimal

import pytest

from simulator.world import SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
QUARTER_NS = 1_795_240_800 * NS_PER_S
START_NS, END_NS = QUARTER_NS - 20 * NS_PER_S, QUARTER_NS + 40 * NS_PER_S
SMALL = WorldSettings(symbols=("BTC",))
TICK = 0.01


class LocalBook:
    """What a client makes of one token's frames."""

    def __init__(self, book):
        self.bids = {level["price"]: level["size"] for level in book["bids"]}
        self.asks = {level["price"]: level["size"] for level in book["asks"]}

    def change(self, entry):
        side = self.bids if entry["side"] == "BUY" else self.asks
        if entry["size"] == "0":
            del side[entry["price"]]
        else:
            side[entry["price"]] = entry["size"]
        if self.bids and self.asks:
            assert max(map(Decimal, self.bids)) < min(map(Decimal, self.asks)), "crossed between two entries"

    def top(self):
        bid = max(self.bids, key=Decimal, default="0")
        ask = min(self.asks, key=Decimal, default="1")
        return bid, ask

    def levels(self):
        return self.bids, self.asks


def first_books(world, at_ns):
    books = {}
    for event in world.events(at_ns):
        for token in tokens(world, event, at_ns):
            found = world.book(token, at_ns)
            if found is not None:
                books[token] = LocalBook(found)
    return books


def tokens(world, event, at_ns):
    return world.tokens(event["markets"][0]["conditionId"], at_ns)


def follow(books, frame):
    payload = frame.payload
    if payload["event_type"] == "book":
        books[payload["asset_id"]] = LocalBook(payload)
    if payload["event_type"] == "price_change":
        for entry in payload["price_changes"]:
            books[entry["asset_id"]].change(entry)


def test_a_book_kept_from_frames_is_the_exchanges_book_at_every_second():
    world = SeededWorld(SMALL)
    books = first_books(world, START_NS)
    for second_ns in range(START_NS, END_NS, NS_PER_S):
        for frame in world.frames(second_ns + 1, second_ns + NS_PER_S + 1, ("clob",)):
            follow(books, frame)
        for token, book in books.items():
            found = world.book(token, second_ns + NS_PER_S)
            if found is not None:
                assert book.levels() == LocalBook(found).levels()


def test_the_two_tokens_of_a_market_mirror_each_other_after_every_frame():
    world = SeededWorld(SMALL)
    books = first_books(world, START_NS)
    for frame in world.frames(START_NS + 1, END_NS, ("clob",)):
        follow(books, frame)
        if frame.payload["event_type"] == "price_change":
            up, down = world.tokens(frame.key, frame.at_ns)
            mirrored = {(1 - Decimal(price), size) for price, size in books[down].asks.items()}
            assert {(Decimal(price), size) for price, size in books[up].bids.items()} == mirrored


def test_every_price_change_states_the_best_prices_that_follow_from_it():
    world = SeededWorld(SMALL)
    books = first_books(world, START_NS)
    changes = 0
    for frame in world.frames(START_NS + 1, END_NS, ("clob",)):
        follow(books, frame)
        if frame.payload["event_type"] == "price_change":
            for entry in frame.payload["price_changes"]:
                assert (entry["best_bid"], entry["best_ask"]) == books[entry["asset_id"]].top()
                changes += 1
    assert changes > 1000


def test_books_stay_on_the_tick_with_five_to_eight_levels_in_wire_order():
    world = SeededWorld(SMALL)
    for event in world.events(START_NS):
        for token in tokens(world, event, START_NS):
            book = world.book(token, START_NS)
            if book is None:
                continue
            bids = [Decimal(level["price"]) for level in book["bids"]]
            asks = [Decimal(level["price"]) for level in book["asks"]]
            assert bids == sorted(bids)
            assert asks == sorted(asks, reverse=True)
            assert all(price % Decimal("0.01") == 0 and 0 < price < 1 for price in bids + asks)
            assert max(len(bids), len(asks)) <= 8
            sizes = [Decimal(level["size"]) for level in book["bids"] + book["asks"]]
            assert all(20 <= size <= 300 for size in sizes)


def test_a_book_is_cleared_at_the_end_and_gone_after_the_resolution():
    world = SeededWorld(SMALL)
    slug = f"btc-updown-5m-{QUARTER_NS // NS_PER_S - 300}"
    market = world.event(slug, START_NS)["markets"][0]
    up, _ = world.tokens(market["conditionId"], START_NS)

    assert world.book(up, QUARTER_NS - 1)["bids"] or world.book(up, QUARTER_NS - 1)["asks"]
    cleared = world.book(up, QUARTER_NS)
    assert (cleared["bids"], cleared["asks"]) == ([], [])
    assert world.book(up, QUARTER_NS + 26 * NS_PER_S) is None
    assert world.book("12345", QUARTER_NS) is None


def test_books_depend_on_the_instant_and_not_on_what_was_watched_before():
    watched = SeededWorld(SMALL)
    for _ in watched.frames(START_NS, END_NS - 5 * NS_PER_S, ("clob",)):
        pass
    at_ns = END_NS - 4 * NS_PER_S
    fresh = SeededWorld(SMALL)

    for event in fresh.events(at_ns):
        for token in tokens(fresh, event, at_ns):
            assert watched.book(token, at_ns) == fresh.book(token, at_ns)


def test_sizes_are_refreshed_about_once_a_minute_even_where_the_price_stands_still():
    world, ahead = SeededWorld(SMALL), f"btc-updown-5m-{QUARTER_NS // NS_PER_S + 600}"
    condition = world.event(ahead, START_NS)["markets"][0]["conditionId"]
    frames = [f for f in world.frames(START_NS, START_NS + 60 * NS_PER_S, ("clob",)) if f.key == condition]
    resized = [entry["price"] for frame in frames for entry in frame.payload["price_changes"][::2]]

    assert len(resized) == len(set(resized))
    assert 10 <= len(resized) <= 16


def at_every_trade(world, slug, start_ns, end_ns):
    """Follow one market's book, and yield its middle at each Binance trade, with the instant of the trade's step."""
    market = world.event(slug, start_ns)["markets"][0]
    up, _ = world.tokens(market["conditionId"], start_ns)
    book = LocalBook(world.book(up, start_ns))
    for frame in world.frames(start_ns + 1, end_ns, ("clob", "binance")):
        if frame.channel == "clob" and frame.key in (market["conditionId"], up):
            follow_one(book, up, frame.payload)
        elif frame.channel == "binance" and book.bids and book.asks:
            bid, ask = book.top()
            traded_ns = frame.payload["data"]["T"] * 1_000_000
            yield float(bid) / 2 + float(ask) / 2, traded_ns // 100_000_000 * 100_000_000


def follow_one(book, token, payload):
    for entry in payload.get("price_changes", []):
        if entry["asset_id"] == token:
            book.change(entry)


SLUG = f"btc-updown-5m-{QUARTER_NS // NS_PER_S}"
MIDDLE_NS = QUARTER_NS + 150 * NS_PER_S


def test_without_lag_no_trade_is_ever_heard_before_the_book_has_followed():
    world = SeededWorld(WorldSettings(symbols=("BTC",), lag_ms=0))
    seen = 0
    for middle, step_ns in at_every_trade(world, SLUG, MIDDLE_NS, MIDDLE_NS + 60 * NS_PER_S):
        assert abs(middle - world.fair(SLUG, step_ns)) <= TICK
        seen += 1
    assert seen > 300


def test_with_two_seconds_of_lag_the_book_is_where_fair_value_was_two_seconds_ago():
    prompt = SeededWorld(WorldSettings(symbols=("BTC",), lag_ms=0))
    late = SeededWorld(WorldSettings(symbols=("BTC",), lag_ms=2000))
    errors_then, errors_now = [], []
    for middle, step_ns in at_every_trade(late, SLUG, MIDDLE_NS, MIDDLE_NS + 60 * NS_PER_S):
        errors_then.append(abs(middle - late.fair(SLUG, step_ns)))
        errors_now.append(abs(middle - prompt.fair(SLUG, step_ns)))

    assert max(errors_then) <= TICK
    assert sum(errors_now) > 2 * sum(errors_then)
    assert max(errors_now) > 2 * TICK


def test_a_fair_value_is_a_half_until_the_strike_begins_to_show():
    world = SeededWorld(WorldSettings(symbols=("BTC",), lag_ms=0))
    start_ns = QUARTER_NS

    assert world.fair(SLUG, start_ns - 61 * NS_PER_S) == 0.5
    assert world.fair(SLUG, start_ns - 1 * NS_PER_S) != 0.5


def test_fair_values_turn_out_as_often_as_they_say():
    world, score, spread, count = SeededWorld(WorldSettings(symbols=("BTC",), lag_ms=0)), 0.0, 0.0, 240
    for i in range(count):
        minutes = (1, 5)[i % 2]
        start_s = QUARTER_NS // NS_PER_S // 3600 * 3600 + i // 2 % (120 // minutes) * minutes * 60
        slug = f"btc-updown-{minutes}m-{start_s}"
        fair = world.fair(slug, (start_s + (i % 9 + 1) * minutes * 6) * NS_PER_S)
        score += (fair - (world.outcome(slug) == "Up")) ** 2
        spread += fair * (1 - fair)

    assert score / count == pytest.approx(spread / count, abs=0.03)
