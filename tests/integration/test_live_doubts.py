"""What an executor finds open in the record when it takes over: asked for at the venue, several at a time."""

from common.clock import SECOND
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
        first.scene.arm("late_answer", seconds=0.5, path="/data/order/", count=12)
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
            assert second.clock.now() - began < 5 * SECOND, "one answer after another would take six seconds"
            assert {event.cause for event in second.events("order_unknown")} == {"restart"}
