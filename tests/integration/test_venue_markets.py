"""The venue service over real sockets and requests: listings, books, resolutions, and what goes wrong with each."""

import contextlib
import itertools

import pytest

from common.clock import SECOND, SystemClock
from common.contracts.venue import BookUpdated, MarketUpdated
from common.settings import load
from integration.outside_world import Shell, ShiftedClock, counted, http_server, simulated, simulator_process
from simulator.world import SeededWorld, WorldSettings
from support.waiting import eventually
from venue.adapters.pace import TAKEN_WITHIN_S
from venue.core import BookChanged, BookDoubted, BookResyncWanted, BookSnapshot, ChangesJoined, ResolutionSeen
from venue.service import assemble, build_core
from venue.settings import Settings

WALL = SystemClock()
MINUTE = 60 * SECOND
BEFORE_END = 3 * SECOND
QUICK_END = {"resolution_delay_s_min": 1.0, "resolution_delay_s_max": 1.5, "durations_s": (60,), "symbols": ("BTC",)}
QUICK = {"BACKOFF_S_MIN": "0.05", "BACKOFF_S_MAX": "0.5"}


@contextlib.asynccontextmanager
async def a_venue(outside, clock=WALL, recovered=(), **changes):
    shell = Shell(assemble(load(Settings, outside.venue(**(QUICK | changes))), clock), clock)
    for event in recovered:
        shell.assembly.core.observe(event)
    async with shell.live():
        yield shell


def near_the_end():
    """A clock that stands a few seconds before the end of a one-minute market."""
    return ShiftedClock(WALL, WALL.now() // MINUTE * MINUTE + MINUTE - BEFORE_END)


def markets(shell, **wanted):
    return [
        o for o in shell.outcomes
        if isinstance(o, MarketUpdated) and all(getattr(o, name) == value for name, value in wanted.items())
    ]  # fmt: skip


def _joined(shell):
    return [event for event in shell.inputs if isinstance(event, ChangesJoined)]


async def test_it_lists_every_market_of_ours_as_tradable_and_follows_their_books():
    async with simulator_process() as outside, a_venue(outside) as shell:
        await shell.ready()
        await eventually(lambda: sum(isinstance(e, BookChanged) for e in shell.inputs) > 10, why="changes", within_s=30)
        books = [o for o in shell.outcomes if isinstance(o, BookUpdated)]
        listed = markets(shell, change="listed")

    assert {(m.symbol, (m.ends_at - m.starts_at) // SECOND) for m in listed} == {
        (symbol, length) for symbol in ("BTC", "ETH") for length in (60, 300, 900)
    }
    assert all(not m.untradable_reason and m.rule.kind == "twap" and m.fee.taker_only for m in listed)
    assert len({m.market_id for m in listed}) == len(listed), "each listed once"
    assert all(b.bids[0][0] < b.asks[0][0] for b in books if b.bids and b.asks)


async def test_a_tape_of_what_it_was_told_gives_the_same_outcomes_to_the_byte(tmp_path):
    async with simulator_process() as outside, a_venue(outside, RESYNC_RETRY_MS="200") as shell:
        await shell.ready()
        await outside.fault("malformed", channel="clob", count=6)
        await eventually(lambda: any(isinstance(e, BookDoubted) for e in shell.inputs), why="garbage", within_s=30)
        count = len(shell.outcomes)
        await eventually(lambda: len(shell.outcomes) > count + 20, why="books", within_s=30)
        fresh = build_core(shell.assembly.settings)

    assert shell.played_back(fresh, tmp_path) == (len(shell.told), None)


async def test_the_books_of_both_tokens_mirror_each_other():
    async with simulator_process() as outside, a_venue(outside) as shell:
        await shell.ready()
        pairs = {m.up_token_id: m.down_token_id for m in markets(shell, change="listed")}

        def mirrored():
            newest = {(o.token_id, o.source_at): o for o in shell.outcomes if isinstance(o, BookUpdated) and o.asks}
            return [
                (book, newest[down, at])
                for (token, at), book in newest.items()
                if (down := pairs.get(token)) is not None and (down, at) in newest
            ]

        found = await eventually(lambda: len(mirrored()) > 5 and mirrored(), why="books of the same instant")

    for up, down in found:
        assert [(1 - price, size) for price, size in up.asks] == list(down.bids)


async def test_a_busy_book_is_published_seldom_in_order_and_rightly():
    async with simulator_process("--book-changes", "600") as outside, a_venue(outside, BOOK_INTERVAL_MS="50") as shell:
        await shell.ready()
        joined = await eventually(
            lambda: _joined(shell) if len(_joined(shell)) > 100 else None, why="joined", within_s=30
        )
        outcomes = list(shell.outcomes)

    assert all(len(event.changes) > 1 and event.received_at == event.changes[0].received_at for event in joined)
    assert sum(len(event.changes) for event in joined) > 3 * len(joined)
    waits = sorted(event.changes[-1].received_at - event.received_at for event in joined)
    assert waits[len(waits) // 2] < TAKEN_WITHIN_S * SECOND / 2, "the core says what it took, and is told the next"
    books = [outcome for outcome in outcomes if isinstance(outcome, BookUpdated)]
    for token in {book.token_id for book in books}:
        ages = [book.received_at for book in books if book.token_id == token]
        assert ages == sorted(ages), "a reader takes no later book for an older one"
    asked = [reason for outcome in outcomes if isinstance(outcome, BookResyncWanted) for reason in outcome.reasons]
    assert not {"crossed", "best_disagrees"} & set(asked)


async def test_a_market_without_a_fee_or_with_a_rule_that_nobody_knows_is_listed_as_untradable():
    async with simulator_process() as outside:
        no_fee = (await outside.fault("missing_fee", slug=_next_slug("btc")))["slug"]
        no_rule = (await outside.fault("unknown_rule", slug=_next_slug("eth")))["slug"]
        async with a_venue(outside) as shell:
            first = await shell.until(lambda o: getattr(o, "slug", "") == no_fee, "the market without a fee")
            second = await shell.until(lambda o: getattr(o, "slug", "") == no_rule, "the market without a rule")

    assert (first.fee, "fee_unknown" in first.untradable_reason) == (None, True)
    assert (second.rule, "rule_unknown" in second.untradable_reason) == (None, True)


async def test_a_silent_market_channel_leaves_books_confirmed_by_request_and_is_dialled_again():
    async with (
        simulator_process() as outside,
        a_venue(outside, SOCKET_SILENCE_S="3", BOOK_SILENCE_MS="500", RESYNC_RETRY_MS="300") as shell,
    ):
        await shell.ready()
        before = counted("pm_arb_venue_redials_total", why="silent")
        await outside.fault("silence", channel="clob", seconds=5)
        count = len(shell.outcomes)
        await eventually(
            lambda: any(isinstance(o, BookResyncWanted) and "silent" in o.reasons for o in shell.outcomes[count:]),
            why="asked",
        )
        await eventually(
            lambda: any(isinstance(e, BookSnapshot) and e.via == "request" for e in shell.inputs[-200:]), why="answered"
        )
        await eventually(lambda: counted("pm_arb_venue_redials_total", why="silent") > before, why="dialled again")
        await shell.ready()
        count = len(shell.inputs)
        await eventually(lambda: any(isinstance(e, BookChanged) for e in shell.inputs[count:]), why="changes again")


async def test_garbage_on_the_market_channel_is_counted_and_every_doubted_book_is_made_whole_again():
    async with simulator_process() as outside, a_venue(outside, RESYNC_RETRY_MS="200") as shell:
        await shell.ready()
        codes = ("not_json", "not_finite", "empty_number")
        before = sum(counted("pm_arb_venue_refused_total", source="market_socket", code=code) for code in codes)
        await outside.fault("malformed", channel="clob", count=9)
        await eventually(
            lambda: (
                sum(counted("pm_arb_venue_refused_total", source="market_socket", code=code) for code in codes) - before
                >= 6
            ),
            why="refused",
        )
        await shell.until(lambda o: isinstance(o, BookResyncWanted) and set(o.reasons) & set(codes), "asked for")
        await shell.ready()
        count = len(shell.outcomes)
        await eventually(
            lambda: sum(isinstance(o, BookUpdated) for o in shell.outcomes[count:]) > 5, why="books go on", within_s=30
        )


async def test_a_cut_market_channel_is_dialled_again_and_subscribed_anew():
    async with simulator_process() as outside, a_venue(outside) as shell:
        await shell.ready()
        await outside.fault("drop", channel="clob")
        count = len(shell.inputs)
        await eventually(
            lambda: any(isinstance(e, BookSnapshot) and e.via == "socket" for e in shell.inputs[count:]),
            why="snapshots",
        )
        await eventually(lambda: any(isinstance(e, BookChanged) for e in shell.inputs[count:]), why="changes")


async def test_the_winner_is_told_by_the_market_channel():
    clock = near_the_end()
    async with simulated(clock, silent_resolution_share=0.0, **QUICK_END) as outside, a_venue(
        outside, clock, SYMBOLS="BTC", DURATIONS_S="60", RESOLUTION_INTERVAL_S="60"
    ) as shell:  # fmt: skip
        await shell.ready()
        market = await shell.until(lambda o: getattr(o, "change", "") == "resolved", "resolved")
        assert any(isinstance(e, ResolutionSeen) for e in shell.inputs)

    assert market.winner == _truth(market.slug)
    assert not market.accepting_orders


async def test_a_winner_of_whom_the_channel_never_tells_is_asked_for():
    clock = near_the_end()
    async with simulated(clock, silent_resolution_share=1.0, **QUICK_END) as outside, a_venue(
        outside, clock, SYMBOLS="BTC", DURATIONS_S="60"
    ) as shell:  # fmt: skip
        await shell.ready()
        market = await shell.until(lambda o: getattr(o, "change", "") == "resolved", "resolved")
        assert not any(isinstance(e, ResolutionSeen) for e in shell.inputs)
        said = markets(shell, slug=market.slug)

    assert market.winner == _truth(market.slug)
    assert [m.change for m in said] == ["listed", *["changed"] * (len(said) - 2), "resolved"]
    assert [(m.accepting_orders, m.winner) for m in said[:1] + said[-2:]] == [
        (True, None),
        (False, None),
        (False, market.winner),
    ]
    facts = [m.model_dump(exclude={"event_id", "change", "observed_at"}) for m in said]
    assert all(before != after for before, after in itertools.pairwise(facts)), "each tells of something new"


async def test_a_market_that_ended_while_the_service_was_down_is_followed_after_a_restart():
    clock = near_the_end()
    async with simulated(clock, silent_resolution_share=1.0, **QUICK_END) as outside:
        only = {"SYMBOLS": "BTC", "DURATIONS_S": "60"}
        async with a_venue(outside, clock, **only) as shell:
            await shell.ready()
            running = min(markets(shell, change="listed"), key=lambda m: m.ends_at)
        await eventually(lambda: clock.now() > running.ends_at + 2 * SECOND, why="the market's end")
        async with a_venue(outside, clock, recovered=[running], **only) as shell:
            market = await shell.until(lambda o: getattr(o, "slug", "") == running.slug and o.winner, "resolved")

    assert (market.change, market.winner) == ("resolved", _truth(running.slug))


async def test_a_venue_that_is_not_there_is_named_and_tried_for_ever():
    before = counted("pm_arb_venue_requests_total", what="events", result="ConnectError")
    nowhere = {
        "GAMMA_URL": "http://127.0.0.1:9", "CLOB_URL": "http://127.0.0.1:9", "GEOBLOCK_URL": "http://127.0.0.1:9/geo",
        "CLOB_WS_URL": "ws://127.0.0.1:9", "DISCOVERY_INTERVAL_S": "0.2",
    }  # fmt: skip
    shell = Shell(assemble(load(Settings, QUICK | nowhere)), WALL)
    async with shell.live():
        await eventually(
            lambda: counted("pm_arb_venue_requests_total", what="events", result="ConnectError") > before + 4,
            why="tries",
        )
        missing = shell.not_ready()

    assert "access not checked" in missing
    assert "catalogue not read" in missing


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, b"<html>blocked</html>", "access not checked"),
        (200, b'{"blocked":"False"}', "access not checked"),
        (200, b'{"blocked":true,"country":"US"}', "the venue blocks this address (US)"),
    ],
)
async def test_an_address_that_is_blocked_or_of_which_nobody_can_say_is_named(status, body, words):
    async with answering(status, body) as url, simulated(WALL) as outside, a_venue(outside, GEOBLOCK_URL=url) as shell:
        await eventually(lambda: words in shell.not_ready() and "catalogue" not in shell.not_ready(), why=words)


@contextlib.asynccontextmanager
async def answering(status, body):
    """A server that answers every request alike."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()

    async with http_server(answer) as url:
        yield url


def _next_slug(asset):
    return f"{asset}-updown-5m-{WALL.now() // SECOND // 300 * 300 + 300}"


def _truth(slug):
    return SeededWorld(WorldSettings(durations_s=(60,), symbols=("BTC",))).outcome(slug)
