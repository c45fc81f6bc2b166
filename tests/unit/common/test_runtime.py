"""The loop, the inbox and the tape, on the bus in memory."""

import asyncio
import json

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from builders import NOON, a_book, a_price, after, an_approval, an_opportunity
from common.bus.memory import MemoryBroker, MemoryBus
from common.clock import VirtualClock
from common.contracts.control import HaltRequested
from common.contracts.executor import OrderSubmitted
from common.contracts.risk import OrderApproved
from common.contracts.runtime import Tick
from common.errors import BusError, ParseError
from common.runtime.inbox import Inbox, Input
from common.runtime.loop import Loop
from common.runtime.tape import Reader, Tape, play
from common.telemetry.spans import Spans
from common.telemetry.traces import OFF
from support.waiting import eventually


class Desk:
    """A small core: each approval is submitted once."""

    def __init__(self, log=None):
        self.submitted = set()
        self.log = log if log is not None else []

    def observe(self, event):
        self.log.append(f"observe {event.type}")
        if isinstance(event, OrderSubmitted):
            self.submitted.add(event.order_id)

    def decide(self, event, now):
        self.log.append(f"decide {event.type}")
        if isinstance(event, OrderApproved) and event.order_id not in self.submitted:
            return submission(event, now)
        return None


def submission(approval, now):
    return OrderSubmitted(
        event_id=f"s-{approval.order_id}",
        order_id=approval.order_id,
        opportunity_id=approval.opportunity_id,
        mode="paper",
        at=now,
        market_id=approval.market_id,
        token_id=approval.token_id,
        received_at=approval.received_at,
        approved_at=approval.approved_at,
    )


class Way:
    """A gateway that writes down when it was called."""

    def __init__(self, log):
        self.log = log

    async def react(self, event, _now):
        self.log.append(f"react {event.type}")

    async def carry_out(self, outcome, _now):
        self.log.append(f"carry out {outcome.type}")


class Loud(MemoryBus):
    """A bus that writes down what is published, and fails as often as it is told."""

    def __init__(self, broker, log, failures=0):
        super().__init__(broker)
        self.log, self.failures = log, failures

    async def publish(self, event, headers=None):
        if self.failures:
            self.failures -= 1
            raise BusError("publish: expected an answer, found none")
        self.log.append(f"publish {event.type}")
        await super().publish(event, headers)


def a_loop(bus, core, gateway=None, tape=None, exporter=None):
    return Loop(
        name="executor",
        core=core,
        bus=bus,
        clock=VirtualClock(NOON),
        inbox=Inbox("executor", 100),
        tracer=OFF if exporter is None else Spans("executor", SimpleSpanProcessor(exporter)),
        gateway=gateway,
        tape=tape,
    )


async def test_the_loop_decides_acts_publishes_observes_and_only_then_acknowledges():
    log = []
    loop = a_loop(Loud(MemoryBroker(), log), Desk(log), Way(log))

    async def acknowledge():
        log.append("acknowledge")

    await loop.turn(Input(an_approval(), acknowledge=acknowledge))

    assert log == [
        "decide order_approved",
        "carry out order_submitted",
        "publish order_submitted",
        "observe order_approved",
        "observe order_submitted",
        "react order_approved",
        "acknowledge",
    ]


async def test_a_durable_outcome_is_tried_until_it_is_stored_and_stored_once():
    log, broker = [], MemoryBroker()
    loop = a_loop(Loud(broker, log, failures=2), Desk())

    await loop.turn(Input(an_approval()))
    await loop.turn(Input(an_approval()))

    assert log == ["publish order_submitted"]
    assert len(broker.streams["JOURNAL"]) == 1


async def test_a_trade_has_spans_in_one_trace_and_a_tick_has_none():
    exporter, broker = InMemorySpanExporter(), MemoryBroker()
    loop = a_loop(MemoryBus(broker), Desk(), exporter=exporter)
    traced = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}

    await loop.turn(Input(an_approval(), headers=traced))
    await loop.turn(Input(Tick(at=NOON)))

    [span] = exporter.get_finished_spans()
    assert span.name == "executor order_submitted"
    assert format(span.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert "0af7651916cd43dd8448eb211c80319c" in broker.streams["JOURNAL"][0].headers["traceparent"]


async def test_an_operators_word_overtakes_everything():
    inbox = Inbox("x", 100)
    for n in range(5):
        inbox.put(a_price(received_at=after(n)))
    inbox.put(HaltRequested(reason="stop", at=NOON))

    assert (await inbox.get()).event.type == "halt_requested"


async def test_a_newer_book_takes_the_place_of_one_that_still_waits():
    inbox = Inbox("x", 100)
    inbox.put_latest("up", a_book(received_at=after(1)))
    inbox.put(an_opportunity())
    inbox.put_latest("up", a_book(received_at=after(2)))

    assert [(await inbox.get()).event for _ in range(len(inbox))] == [a_book(received_at=after(2)), an_opportunity()]
    inbox.put_latest("up", a_book(received_at=after(3)))
    assert (await inbox.get()).event == a_book(received_at=after(3))


async def test_load_sheds_data_never_orders():
    inbox = Inbox("x", 2)

    async def acknowledge():
        """Nothing to do."""

    for n in range(5):
        inbox.put(a_price(received_at=after(n)))
        inbox.put_input(Input(an_approval(event_id=f"d{n}"), acknowledge=acknowledge))

    kept = [(await inbox.get()).event for _ in range(len(inbox))]
    assert len([e for e in kept if e.type == "order_approved"]) == 5
    assert len([e for e in kept if e.type == "price_updated"]) == 1


async def test_the_reader_of_an_empty_inbox_waits():
    inbox = Inbox("x", 2)
    waiting = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    assert not waiting.done()

    inbox.put(a_price())

    assert (await asyncio.wait_for(waiting, 1)).event == a_price()


class Wire:
    """A bus that sends what was published with the next turn of the event loop or when told to, as the real one does."""

    connected = True

    def __init__(self):
        self.published, self.sent, self._is_due = [], [], False

    async def publish(self, event, headers=None):
        self.published.append(event)
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self.send)

    def send(self):
        self._is_due = False
        if self.published:
            self.sent.append(self.published)
            self.published = []


class Answering:
    """A core that answers each input with another event."""

    def __init__(self, answer):
        self._answer = answer

    def observe(self, event):
        """Nothing to do."""

    def decide(self, event, now):
        return self._answer


async def rows_sent(answer, count):
    """Have a loop answer so many inputs that came together; say how many of its answers went out at a time."""
    wire = Wire()
    loop = a_loop(wire, Answering(answer))
    for _ in range(count):
        loop._inbox.put(a_price())
    running = asyncio.create_task(loop.run())
    await eventually(lambda: sum(map(len, wire.sent)) == count)
    running.cancel()
    return [len(row) for row in wire.sent]


async def test_books_go_out_together_while_more_waits():
    assert await rows_sent(a_book(), 7) == [7]


async def test_what_somebody_acts_on_goes_out_by_itself_at_once():
    assert await rows_sent(an_opportunity(), 3) == [1, 1, 1]


async def test_what_may_not_be_left_undone_is_owed_while_it_waits_and_while_it_is_in_hand():
    async def acknowledge():
        """Nothing to do."""

    for item in (Input(an_approval(), acknowledge=acknowledge), Input(HaltRequested(reason="stop", at=NOON))):
        inbox = Inbox("x", 100)
        inbox.put(a_price())
        inbox.put_latest("up", a_book())
        assert not inbox.owes, "market data alone"
        inbox.put_input(item)
        assert inbox.owes
        while (await inbox.get()) is not item:
            """Prices came before."""
        inbox.put(a_price())
        assert inbox.owes, "nobody has asked for the next one yet"
        await inbox.get()
        assert not inbox.owes


async def test_what_was_given_back_is_owed_still():
    inbox = Inbox("x", 100)
    inbox.put(HaltRequested(reason="stop", at=NOON))
    inbox.put_back(await inbox.get())
    assert inbox.owes


async def test_a_tape_played_back_gives_the_same_outcomes_to_the_byte(tmp_path):
    tape = Tape(tmp_path, "executor", {"a": 1}, bytes_max=10**6, files_max=2)
    tape.record(an_opportunity(), NOON, None, phase="recover")
    loop = a_loop(MemoryBus(MemoryBroker()), Desk(), tape=tape)
    for n in range(3):
        await loop.turn(Input(an_approval(order_id=f"o{n}", event_id=f"d{n}")))
        await loop.turn(Input(an_approval(order_id=f"o{n}", event_id=f"d{n}")))
    tape.close()

    reader = Reader(tmp_path / "executor-0000.jsonl")

    assert reader.header["service"] == "executor"
    assert play(iter(reader), Desk()) == (7, None)


async def test_a_core_that_answers_otherwise_is_found_out(tmp_path):
    tape = Tape(tmp_path, "executor", {}, bytes_max=10**6, files_max=2)
    await a_loop(MemoryBus(MemoryBroker()), Desk(), tape=tape).turn(Input(an_approval()))
    tape.close()

    class Other(Desk):
        def decide(self, event, now):
            return None

    count, difference = play(iter(Reader(tmp_path / "executor-0000.jsonl")), Other())

    assert count == 1
    assert difference.line == 2
    assert difference.found is None


def test_a_tape_is_bounded(tmp_path):
    tape = Tape(tmp_path, "x", {}, bytes_max=2000, files_max=2)
    for n in range(40):
        tape.record(Tick(at=after(n)), after(n), None)
    tape.close()

    files = sorted(tmp_path.iterdir())
    assert len(files) <= 2
    assert all(f.stat().st_size < 3000 for f in files)
    assert json.loads(files[0].read_text().splitlines()[0])["from_start"] is False


def test_what_is_no_tape_is_refused(tmp_path):
    (tmp_path / "x").write_text("hello\n")
    with pytest.raises(ParseError, match="not_a_tape"):
        Reader(tmp_path / "x")
