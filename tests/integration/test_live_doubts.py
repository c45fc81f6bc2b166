"""What an executor finds open in the record when it takes over: asked for at the venue, several at a time."""

from decimal import Decimal

import pytest

from common.clock import SECOND
from common.contracts.executor import OrderCancelled
from common.contracts.subjects import subject_of
from executor.adapters.live.inquiries import ASKED_AT_ONCE
from executor.core import OrderState
from integration.live_executor import a_live_executor
from support.waiting import eventually


async def test_after_a_takeover_doubtful_orders_are_asked_for_together_and_not_all_at_once():
    async with a_live_executor() as first:
        orders = [first.approve("0.02", 50 + n) for n in range(12)]
        for order_id in orders:
            await first.becomes(order_id, OrderState.LIVE)
        await first.die()
        first.scene.arm("late_answer", seconds=0.8, path="/data/order/", count=12)
        async with a_live_executor(scene=first.scene, broker=first.broker, is_well=False, tick_s=1.0) as second:
            await eventually(lambda: second.events("order_unknown"), why="the first is asked for")
            began = second.clock.now()
            asked = [second.gateway.history.asked_count]

            def are_all_asked_for():
                asked.append(second.gateway.history.asked_count)
                return not second.desk.doubts

            await eventually(are_all_asked_for, within_s=6.0, why="one a second would take twelve")
            for order_id in orders:
                await second.settles(order_id)
            assert ASKED_AT_ONCE <= max(asked) <= ASKED_AT_ONCE + 1
            assert second.clock.now() - began < 5 * SECOND, "one answer after another would take nine seconds"
            assert {event.cause for event in second.events("order_unknown")} == {"restart"}


@pytest.mark.parametrize("is_told", [True, False], ids=["the cancel told of it", "the cancel told of nothing"])
async def test_a_match_that_raced_the_cancel_of_its_order_is_booked_by_the_next_process(is_told):
    async with a_live_executor() as first:
        price = await first.ask() - Decimal("0.01")
        order_id = first.approve(price, 1500, post_only=True)
        await first.becomes(order_id, OrderState.LIVE)
        submitted = first.events("order_submitted")[0]
        await first.die()
        while not first.held():
            await first.others_sell(price, 60)
        await first.scene.trader.send("DELETE", "/cancel-all")
        said = OrderCancelled(
            event_id="said", order_id=order_id, opportunity_id=submitted.opportunity_id, market_id=submitted.market_id,
            token_id=submitted.token_id, mode="live", reason="by the user", at=first.clock.now(),
            filled=first.held() if is_told else Decimal(0),
        )  # fmt: skip
        first.broker.take(subject_of(OrderCancelled), said, {})

        async with a_live_executor(scene=first.scene, broker=first.broker) as second:
            await eventually(lambda: second.events("fill_confirmed"), why="the match is found, and becomes final")
            assert second.booked() == second.held() > 0
            assert second.state(order_id) is OrderState.CANCELLED
            assert not second.events("order_unknown")
