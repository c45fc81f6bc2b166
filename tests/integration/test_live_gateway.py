"""The live gateway against the simulated exchange: what is approved is placed once, and what became of it is known."""

from decimal import Decimal

import pytest

from common.clock import SECOND, Instant
from executor.core import OrderState
from executor.core.inputs import CancelAsked
from integration.live_executor import a_live_executor
from support.waiting import eventually

ON_ORDERS = {"path": "/order", "method": "POST"}
OPEN = (OrderState.LIVE, OrderState.PARTIALLY_FILLED)


async def test_a_resting_order_is_live_and_known_by_the_hash_that_the_record_names():
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)

        await live.becomes(order_id, OrderState.LIVE)
        named = live.events("order_submitted")[0].venue_order_id
        assert live.events("order_accepted")[0].venue_order_id == named
        assert live.standing(order_id).status.value == "LIVE"


async def test_a_marketable_order_is_filled_and_each_fill_is_booked_as_it_was_matched():
    async with a_live_executor() as live:
        before = live.dollars()
        order_id = live.approve(await live.ask() + Decimal("0.05"), 10, order_type="FAK")

        assert await live.settles(order_id) in {OrderState.FILLED, OrderState.CANCELLED}
        assert live.booked() == live.held() > 0
        cost = sum((p.up.basis for p in live.desk.positions), Decimal(0))
        assert abs(before - live.dollars() - cost) <= Decimal("0.00001")


async def test_a_kill_is_a_cancel_without_a_fill():
    async with a_live_executor() as live:
        order_id = live.approve("0.01", 100, order_type="FAK")

        assert await live.settles(order_id) is OrderState.CANCELLED
        assert live.events("order_cancelled")[0].filled == 0


async def test_a_connection_for_the_next_order_is_kept_at_hand_without_one():
    async with a_live_executor(warm_s=0.1) as live:
        await live.fault("drop_answer", path="/time", method="GET", count=2)
        await eventually(lambda: live.hits("drop_answer") == 2, why="the venue was asked for nothing but its time")

        assert await live.becomes(live.approve(), OrderState.LIVE)


async def test_an_order_is_held_for_the_taker_delay_before_it_is_matched():
    async with a_live_executor(dials={"taker_delay_ms": 300}) as live:
        order_id = live.approve(await live.ask() + Decimal("0.05"), 10, order_type="FAK")

        await live.becomes(order_id, OrderState.DELAYED)
        await live.settles(order_id)
        assert live.booked() == live.held() > 0
        assert live.events("order_accepted")[0].status == "delayed"


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ({"name": "drop_answer"}, OPEN),
        ({"name": "late_answer", "seconds": 5.0}, OPEN),
        ({"name": "order_timed_out", "placed": True}, OPEN),
        ({"name": "order_timed_out", "placed": False}, (OrderState.CANCELLED,)),
        ({"name": "cloudflare"}, (OrderState.REJECTED,)),
        ({"name": "unauthorized"}, OPEN),
        ({"name": "unauthorized", "count": 2}, (OrderState.REJECTED,)),
        ({"name": "too_many_requests", "retry_after": 3.0}, (OrderState.REJECTED,)),
        ({"name": "empty_order_id"}, (OrderState.REJECTED,)),
    ],
    ids=str,
)
async def test_a_resting_order_that_meets_a_fault_ends_known_and_is_there_once(fault, ends):
    async with a_live_executor() as live:
        live.scene.arm(**fault, **ON_ORDERS)
        order_id = live.approve("0.02", 100)

        state = await live.becomes(order_id, *ends)
        mine = live.scene.trader.open_ids()
        assert len(mine) == (1 if state in OPEN else 0)


@pytest.mark.parametrize("mode", ["restarting", "post_only", "disabled", "cancel_only"])
async def test_an_order_is_rejected_while_the_venue_is_in_a_mode_that_takes_none(mode):
    async with a_live_executor() as live:
        live.set_mode(mode)
        order_id = live.approve("0.02", 100)

        assert await live.settles(order_id) is OrderState.REJECTED
        assert live.events("order_rejected")[0].code == f"restricted_{mode}"
        assert live.scene.trader.open_ids() == []


async def test_a_halt_cancels_everything_and_lets_nothing_leave():
    async with a_live_executor() as live:
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)

        live.halt()
        late = live.approve("0.02", 50)
        await live.becomes(order_id, OrderState.CANCELLED)
        assert await live.becomes(late, OrderState.REFUSED, OrderState.REJECTED)
        assert live.scene.trader.open_ids() == []

        live.resume()
        await live.well()
        again = live.approve("0.02", 50)
        await live.becomes(again, OrderState.LIVE)


async def test_a_dry_run_signs_and_posts_nothing():
    async with a_live_executor(is_dry_run=True) as live:
        order_id = live.approve("0.02", 100)

        assert await live.settles(order_id) is OrderState.CANCELLED
        assert live.events("order_cancelled")[0].reason == "dry run: signed, not posted"
        assert live.standing(order_id) is None


async def test_a_dry_run_leaves_what_others_have_open_alone_and_arms_no_heartbeat():
    async with a_live_executor(is_dry_run=True) as live:
        foreign = (await live.scene.trader.placed(live.scene.tokens[0], 0.03, 10))["orderID"]
        live.halt()
        asked = CancelAsked(event_id="c1", venue_order_id=foreign, at=live.clock.now())
        await live.gateway.carry_out(asked, live.clock.now())
        await eventually(lambda: live.desk.halted_by, why="it halts")
        await live.gateway.farewell()

        assert live.scene.trader.open_ids() == [foreign]
        assert not live.scene.server.stage.heartbeats.is_armed(live.credentials.api_key)


async def test_an_order_that_states_its_end_expires_by_itself():
    async with a_live_executor() as live:
        ends = Instant(live.clock.now() + 121 * SECOND)
        order_id = live.approve("0.02", 100, order_type="GTD", expires_at=ends)
        await live.becomes(order_id, OrderState.LIVE)

        assert live.standing(order_id).order.expires_ns // SECOND == ends // SECOND


async def test_the_farewell_returns_when_the_venue_has_cancelled_everything_and_lets_nothing_leave():
    async with a_live_executor() as live:
        await live.becomes(live.approve("0.02", 100), OrderState.LIVE)

        live.scene.arm("drop_answer", path="/cancel-all")
        await live.gateway.farewell()
        assert live.scene.trader.open_ids() == []
        late = live.approve("0.02", 50)
        await live.becomes(late, OrderState.REJECTED)
        assert live.events("order_rejected")[0].code == "halted"


async def test_a_snapshot_tells_orders_fills_dollars_and_shares_or_says_why_not():
    async with a_live_executor() as live:
        resting = live.approve("0.02", 100)
        taken = live.approve(await live.ask() + Decimal("0.05"), 10, order_type="FAK", opportunity_id="o9")
        await live.becomes(resting, OrderState.LIVE)
        await live.settles(taken)

        found = await whole_snapshot(live)
        live.scene.arm("unauthorized", path="/data/trades")
        gappy = await live.gateway.accountant.snapshot()

        assert found.gap == ""
        assert [(each.order_id, each.quantity) for each in found.orders] == [(resting, 100)]
        assert {each.order_id for each in found.fills} == {taken}
        assert sum(each.quantity for each in found.fills) == live.booked()
        assert {each.token_id: each.shares for each in found.holdings} == {live.scene.tokens[0]: live.held()}
        assert found.collateral == live.dollars()
        assert "GET /data/trades" in gappy.gap


async def whole_snapshot(live):
    """Take stock until the exchange has answered everything."""

    async def look():
        found = await live.gateway.accountant.snapshot()
        return None if found.gap else found

    return await eventually(look, why="the exchange answers everything")


async def test_an_order_that_nobody_here_placed_is_listed_without_a_name_and_cancelled_when_asked():
    async with a_live_executor() as live:
        foreign = (await live.scene.trader.placed(live.scene.tokens[0], 0.03, 10))["orderID"]
        found = await whole_snapshot(live)

        assert [(each.order_id, each.venue_order_id) for each in found.orders] == [("", foreign)]
        asked = CancelAsked(event_id="c1", venue_order_id=foreign, at=live.clock.now())
        await live.gateway.carry_out(asked, live.clock.now())
        await eventually(lambda: live.scene.trader.open_ids() == [], why="the stranger's order is cancelled")
