"""The live gateway through the faults of the simulated exchange, alone: no order is doubled, and the books agree."""

import asyncio
from decimal import Decimal

import pytest

from common.contracts.runtime import BusLost, BusRestored
from executor.core import FillState, OrderState
from integration.live_executor import a_live_executor
from support.waiting import eventually

POSTING = {"path": "/order", "method": "POST"}
UNKNOWABLE = [
    {"name": "drop_answer"},
    {"name": "late_answer", "seconds": 5.0},
    {"name": "order_timed_out", "placed": True},
]


async def taking(live, shares=10, **changes):
    """Approve an order that is matched at once, and answer its name."""
    return live.approve(await live.ask() + Decimal("0.05"), shares, order_type="FAK", **changes)


def assert_books_agree(live):
    """The desk's position is the exchange's own, and the exchange has each order once."""
    assert live.booked() == live.held()
    names = [event.venue_order_id for event in live.events("order_submitted")]
    assert len(names) == len(set(names))
    fills = [(event.order_id, event.fill_id) for event in live.events("fill_matched")]
    assert len(fills) == len(set(fills))


def said_of_the_venue(live):
    return " ".join(each for event in live.events("executor_state_changed") for each in event.halted_by)


@pytest.mark.parametrize("fault", UNKNOWABLE, ids=str)
async def test_a_timed_out_placement_is_quarantined_not_rejected_until_the_venue_has_spoken(fault):
    async with a_live_executor() as live:
        live.scene.arm(**fault, **POSTING)
        order_id = live.approve("0.02", 100)

        await eventually(lambda: live.events("order_unknown"), why="it is unknown")
        await live.becomes(order_id, OrderState.LIVE)
        assert "order_rejected" not in live.types()
        assert len(live.scene.trader.open_ids()) == 1


@pytest.mark.parametrize("fault", UNKNOWABLE, ids=str)
async def test_a_taking_order_whose_answer_is_lost_is_known_with_all_that_it_got(fault):
    async with a_live_executor() as live:
        live.scene.arm(**fault, **POSTING)

        await live.settles(await taking(live))
        assert "order_rejected" not in live.types()
        assert live.booked() > 0
        assert_books_agree(live)


async def test_an_order_that_never_arrived_is_missing_only_once_it_cannot_arrive_any_more():
    async with a_live_executor(arrival_s_max=1.5) as live:
        live.scene.arm("order_timed_out", placed=False, **POSTING)
        began = live.clock.now()
        order_id = live.approve("0.02", 100)

        await live.becomes(order_id, OrderState.UNKNOWN)
        refused = live.approve("0.02", 50)
        assert await live.settles(order_id) is OrderState.CANCELLED
        end = live.events("order_cancelled")[0]
        assert (end.reason, end.at - began >= 1_500_000_000) == ("never reached the venue", True)
        assert live.events("order_refused")[0].rule == "market_has_no_unknown_order"
        assert live.state(refused) is OrderState.REFUSED


@pytest.mark.parametrize("fault", [{"name": "empty_fak"}, {"name": "empty_order_id"}, {"name": "cloudflare"}], ids=str)
async def test_a_taking_order_that_is_turned_down_ends_without_a_fill(fault):
    async with a_live_executor() as live:
        live.scene.arm(**fault, **POSTING)
        order_id = await taking(live)

        assert await live.settles(order_id) in {OrderState.CANCELLED, OrderState.REJECTED}
        assert_books_agree(live)


async def test_a_match_that_fails_is_reversed_once_and_the_order_ends_by_what_stands():
    async with a_live_executor() as live:
        live.scene.arm("trade_failed", count=10)
        order_id = await taking(live)

        assert await live.settles(order_id) is OrderState.CANCELLED
        assert len(live.events("fill_failed")) == len(live.events("fill_matched")) > 0
        assert (live.booked(), live.held()) == (0, 0)


async def test_a_match_that_is_retried_is_final_in_the_end_and_counts_once():
    async with a_live_executor() as live:
        live.scene.arm("trade_retrying", count=10)
        order_id = await taking(live)

        await live.settles(order_id)
        assert {fill.state for fill in live.order(order_id).fills.values()} == {FillState.CONFIRMED}
        assert_books_agree(live)


async def test_retrying_then_failed_reverses_once():
    async with a_live_executor() as live:
        live.scene.arm("trade_retrying", count=10)
        live.scene.arm("trade_failed", count=10)
        order_id = await taking(live)

        await live.settles(order_id)
        assert len(live.events("fill_failed")) == len(live.events("fill_matched")) > 0
        assert_books_agree(live)


@pytest.mark.parametrize("fault", ["duplicate_user_events", "reordered_user_events", "missing_user_events"])
async def test_whatever_the_user_channel_does_to_its_frames_the_books_agree(fault):
    async with a_live_executor() as live:
        for n in range(4):
            live.scene.arm(fault, count=3)
            await live.well()
            await live.settles(await taking(live, 5 + n))

        assert len(live.events("fill_matched")) >= 4
        assert_books_agree(live)


async def test_frames_that_cannot_be_read_are_made_good_by_asking():
    async with a_live_executor() as live:
        await live.fault("malformed", channel="user", count=6)
        order_id = await taking(live)

        await live.settles(order_id)
        assert_books_agree(live)


async def test_an_open_but_silent_socket_is_stale_and_a_blind_user_stream_halts():
    async with a_live_executor() as live:
        await live.fault("silence", channel="user", seconds=60.0)
        order_id = await taking(live)

        await live.settles(order_id)
        await eventually(lambda: "silent" in said_of_the_venue(live), why="the user channel counts as silent")
        await live.well()
        assert_books_agree(live)


async def test_a_user_channel_that_is_cut_halts_until_it_is_back_and_caught_up():
    async with a_live_executor() as live:
        await live.fault("drop", channel="user")
        await eventually(lambda: live.desk.latch.venue, why="the cut is noticed")
        refused = live.approve("0.02", 100)
        await live.becomes(refused, OrderState.REFUSED)
        assert live.events("order_refused")[0].rule == "venue_is_well"

        await live.well()
        await live.settles(await taking(live))
        assert_books_agree(live)


async def test_a_heartbeat_whose_id_was_lost_goes_on_with_the_expected_one():
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)
        live.scene.arm("heartbeat_lost", count=3)

        await eventually(lambda: live.hits("heartbeat_lost") == 3, why="each was hit")
        assert live.desk.halted_by == ()
        assert live.state(order_id) is OrderState.LIVE


async def test_a_heartbeat_failure_halts_and_cancels_and_is_lifted_when_it_is_accepted_again():
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)

        live.scene.arm("too_many_requests", path="/v1/heartbeats", count=3)
        assert await live.settles(order_id) is OrderState.CANCELLED
        assert live.scene.trader.open_ids() == []
        await live.well()
        assert "venue: heartbeat: not accepted" in said_of_the_venue(live)


async def test_a_failed_cancel_keeps_the_order_live_until_it_is_gone():
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)

        live.scene.arm("declined_cancel", count=2)
        live.halt()
        assert await live.settles(order_id) is OrderState.CANCELLED
        assert live.scene.trader.open_ids() == []


async def test_a_key_that_the_venue_takes_no_more_halts_until_an_operator_resumes():
    async with a_live_executor() as live:
        live.scene.arm("unauthorized", count=2, **POSTING)
        order_id = live.approve("0.02", 100)

        assert await live.settles(order_id) is OrderState.REJECTED
        await eventually(lambda: any("credentials" in each for each in live.desk.halted_by), why="it halts")
        live.resume()
        await live.well()
        await live.becomes(live.approve("0.02", 100), OrderState.LIVE)


def is_halted_by(live, what):
    return any(what in each for each in live.desk.halted_by)


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("/v1/heartbeats", lambda live: None), ("/data/orders", lambda live: live.gateway.accountant.look_now()),
        ("/cancel-all", lambda live: live.halt()),
    ],
    ids=["heartbeat", "account", "cancel"],
)  # fmt: skip
async def test_a_key_that_is_refused_anywhere_is_fetched_anew_and_taken_from_then_on(path, ask):
    async with a_live_executor() as live:
        resting = live.approve("0.02", 100)
        await live.becomes(resting, OrderState.LIVE)
        live.scene.arm("unauthorized", path=path, count=1)

        ask(live)

        await eventually(lambda: live.exchange.credentials is not live.credentials, why="the key was fetched anew")
        assert live.hits("unauthorized") == 1
        assert not is_halted_by(live, "credentials")
        if path == "/cancel-all":
            assert await live.settles(resting) is OrderState.CANCELLED
            live.resume()
        await live.well()
        await live.becomes(live.approve("0.02", 100), OrderState.LIVE)


async def test_a_key_that_is_refused_again_right_after_it_was_fetched_anew_halts_and_is_not_fetched_for_ever():
    async with a_live_executor() as live:
        live.scene.arm("unauthorized", path="/v1/heartbeats", count=1000)
        await eventually(lambda: live.exchange.credentials is not live.credentials, why="the key was fetched anew")
        fetched = live.exchange.credentials

        await eventually(lambda: is_halted_by(live, "credentials"), within_s=20.0, why="it halts")

        assert live.exchange.credentials is fetched
        assert is_halted_by(live, "refused again")
        assert live.gateway.outbox.is_ill("credentials")


async def test_what_happened_while_the_user_channel_was_away_is_fetched_when_it_is_back():
    async with a_live_executor(poll_ms=60_000, order_timeout_ms=60_000, user_backoff_s_min=1.0) as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)
        name = live.gateway.history.of_order(order_id).venue_order_id

        await live.fault("drop", channel="user")
        await eventually(lambda: live.desk.latch.venue, why="the cut is noticed")
        await eventually(lambda: live.scene.trader.open_ids() == [], why="the halt had it cancelled meanwhile")
        assert live.state(order_id) is OrderState.LIVE, "nobody has told yet"

        assert await live.settles(order_id) is OrderState.CANCELLED
        assert live.events("order_cancelled")[0].order_id == order_id
        assert live.gateway.history.of_hash(name).is_checked


async def test_losing_the_bus_cancels_everything_and_nothing_leaves_until_it_is_back():
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)

        lost = BusLost(at=live.clock.now())
        live.gateway.alarm(lost, live.clock.now())
        await eventually(lambda: live.scene.trader.open_ids() == [], why="it is cancelled before the desk has heard")
        early = live.approve("0.02", 50)
        await live.becomes(early, OrderState.REJECTED)
        assert live.events("order_rejected")[0].code == "halted"

        live.inbox.put(lost)
        live.inbox.put(BusRestored(at=live.clock.now()))
        await live.well()
        await live.becomes(live.approve("0.02", 50), OrderState.LIVE)


async def test_an_order_that_rests_and_is_then_matched_by_others_is_a_maker_without_a_fee():
    async with a_live_executor() as live:
        price = await live.ask() - Decimal("0.06")
        order_id = live.approve(price, 20, post_only=True)
        await live.becomes(order_id, OrderState.LIVE)
        await live.others_sell(price, 10_000)

        await live.settles(order_id)
        fills = live.events("fill_matched")
        assert {(each.liquidity, each.fee) for each in fills} == {("maker", 0)}
        assert_books_agree(live)


async def test_a_process_that_dies_before_the_answer_finds_its_order_again_and_places_it_once():
    async with a_live_executor() as first:
        first.scene.arm("late_answer", seconds=30.0, **POSTING)
        order_id = await taking(first)
        await eventually(lambda: first.standing(order_id), why="it has arrived")
        await first.die()
        async with a_live_executor(scene=first.scene, broker=first.broker) as second:
            await second.settles(order_id)
            assert len(second.events("order_submitted")) == 1
            assert second.booked() == second.held() > 0


async def test_a_process_that_dies_between_match_and_confirmation_counts_each_fill_once():
    async with a_live_executor(dials={"mined_after_ms": 1500, "confirmed_after_ms": 2500}) as first:
        order_id = await taking(first)
        await eventually(lambda: first.events("fill_matched"), why="it is matched")
        await first.die()
        async with a_live_executor(scene=first.scene, broker=first.broker) as second:
            await second.settles(order_id)
            assert {fill.state for fill in second.order(order_id).fills.values()} == {FillState.CONFIRMED}
            assert_books_agree(second)


async def test_many_orders_through_many_faults_end_known_and_the_books_agree():
    async with a_live_executor() as live:
        for n in range(12):
            await live.well()
            live.scene.arm(**UNKNOWABLE[n % 3], **POSTING)
            live.scene.arm("missing_user_events", count=1)
            live.scene.arm("trade_failed" if n % 4 == 3 else "trade_retrying")
            await live.settles(await taking(live, 5 + n % 3))
            await asyncio.sleep(0)

        assert len(live.events("order_submitted")) == 12
        assert_books_agree(live)
