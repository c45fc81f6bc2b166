"""The live executor's book held against the simulated exchange's account of it, over its own wire."""

from decimal import Decimal

from executor.core import OrderState, Tolerances
from integration.live_executor import a_live_executor
from support.trading import a_scene
from support.waiting import eventually

QUICK = Tolerances(interval_ms=1000, grace_s=1, wallet_grace_s=2, gap_s=1, patience_s=8, cancel_retry_s=1, repeat_s=1)
"""Said again each second, so that a test sees that it still agrees; the exchange settles within a tenth of a second."""
OFTEN = {"reconcile_s": 0.8}


def reconciled(live, *, since=0):
    return live.events("reconciliation_done")[since:]


def says_why_it_halts(live):
    return any(each.halted_by for each in live.events("executor_state_changed")[-1:])


def why_not(live):
    return live.desk.reconciler.why_unreconciled(live.clock.now())


async def agrees_for(live, count):
    """Wait for so many more answers, and answer what they were."""
    since = len(reconciled(live))
    await eventually(lambda: len(reconciled(live, since=since)) >= count, within_s=4.0 * count, why="answers")
    return [(done.verdict, done.detail) for done in reconciled(live, since=since)]


async def test_the_account_agrees_before_and_after_a_trade_and_the_next_process_starts_from_the_same_baseline():
    async with a_scene() as scene:
        async with a_live_executor(scene=scene, tolerances=QUICK, **OFTEN) as live:
            await eventually(lambda: reconciled(live), why="a first look")
            before = live.dollars()
            order_id = live.approve(await live.ask() + Decimal("0.05"), 10, order_type="FAK")
            await live.settles(order_id)

            assert set(await agrees_for(live, 5)) == {("agreed", "")}
            assert live.booked() == live.held() > 0
            assert reconciled(live)[-1].baseline == before
            assert reconciled(live)[-1].collateral == live.dollars() < before
        async with a_live_executor(scene=scene, broker=live.broker, tolerances=QUICK, **OFTEN) as again:
            assert set(await agrees_for(again, 3)) == {("agreed", "")}
            assert reconciled(again)[-1].baseline == before


async def test_no_order_leaves_on_an_old_look_and_an_incomplete_one_is_said_to_be_one():
    async with a_live_executor(tolerances=QUICK, **OFTEN) as live:
        await eventually(lambda: reconciled(live), why="a first look")
        live.scene.arm("too_many_requests", path="/balance-allowance", count=1000)
        await eventually(lambda: reconciled(live)[-1].verdict == "incomplete", within_s=20.0, why="an incomplete look")
        assert reconciled(live)[-1].detail.startswith("GET /balance-allowance/update: ")
        await eventually(lambda: why_not(live), within_s=20.0, why="it is old")

        order_id = live.approve("0.02", 100)

        await live.becomes(order_id, OrderState.REFUSED)
        assert live.events("order_refused")[-1].rule == "books_are_reconciled"


async def test_an_order_that_nobody_here_placed_is_cancelled_and_stops_everything():
    async with a_live_executor(tolerances=QUICK, **OFTEN) as live:
        await eventually(lambda: reconciled(live), why="a first look")
        stranger = (await live.scene.trader.placed(live.scene.tokens[0], 0.02, 100))["orderID"]

        await eventually(lambda: live.desk.reconciler.halted_by, within_s=20.0, why="it was found")
        await eventually(lambda: stranger not in live.scene.trader.open_ids(), within_s=20.0, why="it was cancelled")
        await eventually(lambda: live.events("order_cancelled"), within_s=20.0, why="its end is in the record")
        (adopted,) = live.events("order_adopted")
        assert (adopted.venue_order_id, adopted.price, adopted.quantity) == (stranger, Decimal("0.02"), 100)
        assert [end.order_id for end in live.events("order_cancelled")] == [adopted.order_id]

        halted = next(done for done in reconciled(live) if done.severity == "halt")
        assert [(d.kind, d.about) for d in halted.discrepancies] == [("foreign_order", stranger)]
        await eventually(lambda: says_why_it_halts(live), why="it was said")
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.REFUSED)
        live.resume()
        await eventually(lambda: not why_not(live), within_s=20.0, why="the next look agrees")
        order_id = live.approve("0.02", 100)
        await live.becomes(order_id, OrderState.LIVE)


async def test_what_a_stranger_bought_is_in_the_book_and_agrees_with_the_venue_once_an_operator_has_seen_it():
    async with a_live_executor(tolerances=QUICK, **OFTEN) as live:
        await eventually(lambda: reconciled(live), why="a first look")
        await agrees_for(live, 3)  # the venue tells moments in whole seconds: this is later than the first look
        before = live.dollars()
        token = live.scene.tokens[0]
        await live.scene.trader.placed(token, 0.99, 10)
        await eventually(lambda: live.events("fill_confirmed"), within_s=30.0, why="its match is in the record")

        (matched,) = {fill.fill_id: fill for fill in live.events("fill_matched")}.values()
        assert (matched.strategy, matched.token_id, matched.side) == ("adopted", token, "BUY")
        assert live.booked() == live.held() == matched.quantity > 0
        paid = matched.price * matched.quantity + matched.fee
        assert abs(before - live.dollars() - paid) < Decimal("0.000001")  # the venue keeps so many decimals
        assert live.desk.reconciler.halted_by
        assert not live.desk.orders.contradictions

        live.resume()
        await eventually(lambda: not why_not(live), within_s=20.0, why="the next look agrees")
        assert set(await agrees_for(live, 4)) == {("agreed", "")}
        assert reconciled(live)[-1].accepted == ()
        assert reconciled(live)[-1].baseline == before
