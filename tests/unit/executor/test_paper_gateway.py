"""The gateway to the paper venue: what the runtime asks of it, and that a halt cancels at once."""

import asyncio
from decimal import Decimal

import pytest

from builders import MARKET, NOON, UP, a_book, a_fill, a_heartbeat, a_market, an_approval
from common.clock import SystemClock, VirtualClock, later
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import OrderCancelled
from common.contracts.risk import TradingHalted
from common.contracts.runtime import BusLost, Tick, WentLive
from executor.adapters.metrics import REFUSALS
from executor.adapters.paper import AttentiveDesk, PaperGateway, PaperRules, PaperVenue
from executor.core import OrderDesk, Tolerances
from support.waiting import eventually
from unit.executor.desk_builders import caps, filled
from unit.executor.paper_builders import ms

HALT = HaltRequested(reason="stop", at=NOON)


class Inbox:
    def __init__(self):
        self.events, self.snapshots = [], []

    def put(self, event):
        (self.snapshots if event.type == "venue_snapshot" else self.events).append(event)

    def put_latest(self, key, event):
        raise AssertionError(f"a report counts each time: {key} {event}")

    @property
    def types(self):
        return [event.type.removeprefix("gateway_") for event in self.events]


class Running:
    """Desk and gateway, told things in the order of the loop; time is virtual and moves when told."""

    def __init__(self, *, tolerances=None, desk=None, **rules):
        self.clock, self.inbox, self.told = VirtualClock(NOON), Inbox(), []
        self.core = AttentiveDesk(desk or OrderDesk(caps(), mode="paper", tolerances=tolerances))
        self.venue = PaperVenue(PaperRules(**rules))
        self.gateway = PaperGateway(self.venue, self.clock, approval=self.core.approval, is_halted=self.core.is_halted)

    async def tell(self, *events, at=NOON):
        self.clock.advance_to(at)
        outcome = None
        for event in events:
            outcome = self.core.decide(event, at)
            if outcome is not None:
                await self.gateway.carry_out(outcome, at)
                self.told.append(outcome.type)
            self.core.observe(event)
            if outcome is not None:
                self.core.observe(outcome)
            await self.gateway.react(event, at)
        return outcome

    async def start(self):
        self.source = asyncio.create_task(self.gateway.run(self.inbox))
        await asyncio.sleep(0)
        return self

    async def tick(self, at):
        await self.tell(Tick(at=at), at=at)


@pytest.fixture
async def running():
    running = await Running().start()
    await running.tell(a_market(), a_book(), WentLive(at=NOON), a_heartbeat())
    yield running
    running.source.cancel()


async def test_an_approval_is_sent_before_anything_is_folded(running):
    await running.tell(an_approval())

    assert running.venue.working == 1
    assert running.told == ["order_submitted"]


async def test_reports_come_when_they_are_due_and_the_desk_puts_them_into_words(running):
    await running.tell(an_approval())
    for at in (ms(100), ms(250), ms(2250)):
        await running.tick(at)
    await running.tell(*running.inbox.events, at=ms(2250))

    assert running.inbox.types == ["accepted", "filled", "completed", "fill_confirmed"]
    assert running.told == ["order_submitted", "order_accepted", "fill_matched", "order_filled", "fill_confirmed"]
    assert running.core.desk.positions[0].up.shares == 10


async def test_a_refused_approval_is_not_sent(running):
    await running.tell(HALT, an_approval())

    assert (running.told, running.venue.working) == (["order_refused"], 0)


@pytest.mark.parametrize(
    "halt", [HALT, TradingHalted(event_id="h1", rule="drawdown", reason="20 %", at=NOON), BusLost(at=NOON)]
)
async def test_each_word_of_halt_cancels_everything_at_once(running, halt):
    await running.tell(an_approval())
    await running.tell(halt, at=ms(50))

    assert (running.inbox.types, running.venue.working) == (["cancelled"], 0)


async def test_a_halt_by_the_desk_itself_cancels_everything(running):
    await running.tell(an_approval())
    await running.tell(filled(order_id="nobody's"), at=ms(50))

    assert (running.inbox.types, running.venue.working) == (["cancelled"], 0)


async def test_a_second_word_of_halt_asks_again_for_what_could_not_be_cancelled(running):
    await running.tell(an_approval())
    await running.tick(ms(100))
    await running.tell(HALT, at=ms(110))
    await running.tell(HALT, at=ms(120))
    await running.tick(ms(240))

    assert running.inbox.types == ["accepted", "cancel_declined", "cancel_declined"]


async def test_ordinary_inputs_cancel_nothing_while_halted(running):
    await running.tell(HALT)
    await running.tell(ResumeRequested(reason="seen", at=NOON), an_approval())
    await running.tell(Tick(at=NOON), a_book(), a_market())

    assert running.venue.working == 1


async def test_an_order_in_doubt_is_looked_up_and_an_unknown_one_is_not_found(running):
    desk = running.core.desk
    desk.observe(an_approval())
    desk.observe(WentLive(at=NOON))

    await running.tick(ms(10))
    await running.tell(*running.inbox.events, at=ms(10))

    assert running.told == ["order_unknown", "order_cancelled"]
    assert (running.inbox.types, running.venue.working) == (["not_found"], 0)


async def test_a_match_of_an_earlier_process_becomes_final_in_its_time(running):
    for event in (an_approval(), a_fill(), WentLive(at=NOON)):
        running.core.desk.observe(event)
    running.core.desk.observe(cancelled_by_its_killer())

    await running.tick(ms(300))
    await running.tick(ms(1999))
    assert (running.told, running.inbox.types) == (["fill_asked"], [])
    await running.tick(ms(2000))

    assert running.inbox.types == ["fill_confirmed"]


def cancelled_by_its_killer():
    return OrderCancelled(
        event_id="e1", order_id="order1", opportunity_id="o1", market_id=MARKET, token_id=UP, mode="paper", at=NOON,
        reason="killed", filled=Decimal(10),
    )  # fmt: skip


async def test_a_refusal_is_counted_by_its_rule(running):
    refusals = REFUSALS.labels(rule="trading_is_not_halted")._value
    before = refusals.get()

    await running.tell(HALT, an_approval())

    assert refusals.get() == before + 1


async def test_reports_wait_until_there_is_an_inbox():
    running = Running()
    await running.tell(a_market(), a_book(), an_approval())
    await running.tick(ms(250))
    running.core.desk.observe(WentLive(at=NOON))
    assert not running.gateway.is_running

    await running.start()

    assert running.inbox.types == ["accepted", "filled", "completed"]
    running.source.cancel()


async def test_the_gateway_wakes_by_itself_at_the_moment_something_is_due():
    clock, inbox = SystemClock(), Inbox()
    now = clock.now()
    venue = PaperVenue(PaperRules(latency_ms=20, confirm_ms=20))
    gateway = PaperGateway(venue, clock, approval=lambda _id: an_approval(), is_halted=lambda: False)
    await gateway.react(a_market(taker_delay_ms=20, observed_at=now, ends_at=later(now, ms=60_000)), now)
    await gateway.react(a_book(received_at=now), now)
    source = asyncio.create_task(gateway.run(inbox))
    desk = OrderDesk(caps(), mode="paper")
    desk.observe(a_market())
    await asyncio.sleep(0)  # the source waits with nothing to do

    await gateway.carry_out(desk.decide(an_approval(), NOON), clock.now())
    await eventually(lambda: len(inbox.events) == 4)

    assert inbox.types == ["accepted", "filled", "completed", "fill_confirmed"]
    source.cancel()


async def test_an_order_without_an_approval_is_a_bug_and_not_an_order():
    gateway = PaperGateway(
        PaperVenue(PaperRules()), VirtualClock(NOON), approval=lambda _id: None, is_halted=lambda: False
    )
    desk = OrderDesk(caps(), mode="paper")
    desk.observe(a_market())

    with pytest.raises(AssertionError, match="expected its approval"):
        await gateway.carry_out(desk.decide(an_approval(), NOON), NOON)


async def test_the_paper_venue_tells_its_account_at_the_start_and_every_so_often():
    running = Running(latency_ms=0)
    running.gateway = PaperGateway(
        running.venue, SystemClock(), approval=running.core.approval, is_halted=running.core.is_halted, reconcile_s=0.02
    )
    source = asyncio.create_task(running.gateway.run(running.inbox))

    await eventually(lambda: len(running.inbox.snapshots) >= 3)

    source.cancel()
    first = running.inbox.snapshots[0]
    assert (first.gap, first.orders, first.fills, first.collateral, first.wallet) == ("", (), (), None, "")


# --- its account, held against the record ---


async def looks(running, at):
    """Let the gateway look at its account, and answer what the desk says of it."""
    running.clock.advance_to(at)
    running.gateway._look(at)
    await running.tell(*running.inbox.events, at=at)
    running.inbox.events.clear()
    return running.core.desk.decide(running.inbox.snapshots[-1], at), await running.tell(
        running.inbox.snapshots[-1], at=at
    )


async def lives(*, desk=None, at=NOON, is_long_there=False):
    running = Running(tolerances=Tolerances(), desk=desk)
    if not is_long_there:
        running.clock.advance_to(at)
        running.gateway._began_at = at
    await running.start()
    await running.tell(a_market(), a_book(), WentLive(at=at), a_heartbeat(), at=at)
    running.source.cancel()
    await running.tell(running.inbox.snapshots[-1], at=at)
    return running


def agrees(running):
    desk = running.core.desk
    return not desk.reconciler.halted_by and not desk.reconciler._suspicions and desk.reconciler._severity == "none"


async def a_trade(running):
    await running.tell(an_approval())
    for at in (ms(100), ms(250), ms(2250)):
        await running.tick(at)
    await running.tell(*running.inbox.events, at=ms(2250))
    running.inbox.events.clear()


async def test_the_first_look_comes_with_going_live_and_the_first_order_waits_for_no_interval():
    running = await lives()
    await running.tell(an_approval())

    assert running.told == ["reconciliation_done", "order_submitted"]


async def test_in_a_run_the_paper_account_and_the_record_agree():
    running = await lives()
    await a_trade(running)
    for seconds in (10, 20, 90):
        await looks(running, ms(1000 * seconds))
        assert agrees(running)

    assert len(running.inbox.snapshots[-1].fills) == 1


async def test_after_a_kill_or_a_takeover_what_an_earlier_process_matched_is_no_difference():
    before = await lives()
    await a_trade(before)
    again = await lives(desk=before.core.desk, at=ms(20_000), is_long_there=True)
    for seconds in (20, 30, 90):
        await looks(again, ms(1000 * seconds))
        assert agrees(again)

    assert again.inbox.snapshots[-1].fills == ()


async def test_open_orders_of_a_process_that_was_killed_end_as_cancelled_and_differ_in_nothing():
    before = await lives()
    await before.tell(an_approval())
    again = await lives(desk=before.core.desk, at=ms(20_000), is_long_there=True)
    await again.tick(ms(20_100))
    await again.tick(ms(20_200))
    await looks(again, ms(30_000))
    await looks(again, ms(40_000))

    assert "order_cancelled" in again.told
    assert agrees(again)


async def test_looks_that_waited_for_the_bus_are_judged_behind_the_reports_before_them():
    running = await lives()
    await running.tell(an_approval())
    for at in (ms(100), ms(250), ms(10_000)):
        running.gateway._look(at)
    waited = sorted(running.inbox.events + running.inbox.snapshots[1:], key=lambda event: event.at)
    await running.tell(*waited, at=ms(40_000))

    assert agrees(running)
