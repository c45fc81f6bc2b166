"""A service's whole life on a real NATS server under the rendered permissions."""

import asyncio
import socket
import sys
import urllib.error
import urllib.request

import pytest

from builders import a_price, after, an_approval
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.executor import OrderSubmitted
from common.contracts.oracle import PriceUpdated
from common.contracts.risk import OrderApproved
from common.errors import BusError
from common.runtime.assembly import Assembly, Recovery
from common.runtime.service import Service
from common.runtime.vitals import TURN_S
from common.settings import ServiceSettings, load
from support.nats_server import free_port
from support.waiting import eventually

DRAINED_WITHIN_S = 5
"""Less than what a service takes that waits in vain for its inbox to be empty."""


class Desk:
    """Submits each approval once unless halted; remembers what it was told."""

    def __init__(self):
        self.told, self.halted, self.submitted = [], False, set()

    def observe(self, event):
        self.told.append(event.type)
        match event:
            case HaltRequested():
                self.halted = True
            case ResumeRequested():
                self.halted = False
            case OrderSubmitted():
                self.submitted.add(event.order_id)

    def decide(self, event, now):
        if isinstance(event, OrderApproved) and not self.halted and event.order_id not in self.submitted:
            return OrderSubmitted(
                event_id=f"s-{event.order_id}",
                order_id=event.order_id,
                opportunity_id="o",
                mode="paper",
                at=now,
                market_id=event.market_id,
                token_id=event.token_id,
                received_at=now,
                approved_at=now,
            )
        return None


class Flow:
    """Prices without end: one waits at every moment, for each that was dealt with is followed by the next."""

    async def run(self, inbox):
        self._inbox = inbox
        for _ in range(2):
            inbox.put(a_price())
        await asyncio.Event().wait()

    async def react(self, event, now):
        if isinstance(event, PriceUpdated):
            self._inbox.put(event)
            await asyncio.sleep(0.001)

    async def carry_out(self, outcome, now):
        """Nothing to do."""


class Running:
    """An executor-to-be, running in this process."""

    def __init__(self, server, **parts):
        self.core, self.port = Desk(), free_port()
        settings = load(
            ServiceSettings,
            {
                "NATS_URL": server.url,
                "NATS_PASSWORD": server.passwords["executor"],
                "HTTP_PORT": str(self.port),
                "HEARTBEAT_MS": "100",
            },
        )
        recovery = (Recovery("JOURNAL", ">", "all"),)
        self.service = Service(Assembly(name="executor", core=self.core, settings=settings, recovery=recovery, **parts))
        self.task = asyncio.create_task(self.service.run())

    async def live(self):
        await eventually(lambda: "went_live" in self.core.told)
        return self

    async def stop(self, within_s=10):
        self.service.stop()
        await asyncio.wait_for(self.task, within_s)

    async def ask(self, path):
        return await asyncio.to_thread(_get, f"http://127.0.0.1:{self.port}{path}")


async def _asked(running, path, status):
    try:
        return (await running.ask(path))[0] == status
    except OSError:
        return False


async def _reports(running, line):
    return line in (await running.ask("/metrics"))[1]


def _get(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def test_a_service_recovers_goes_live_answers_and_drains(server):
    risk = await server.bus("risk")
    await risk.publish(an_approval())
    running = await Running(server).live()

    assert running.core.told.index("order_approved") < running.core.told.index("went_live")
    assert await running.ask("/ready") == (200, '{"ok": true, "detail": ""}\n')
    assert (await running.ask("/live"))[0] == 200
    await eventually(lambda: _reports(running, 'pm_arb_ready{service="executor"} 1.0'))
    await eventually(lambda: _reports(running, 'pm_arb_event_loop_lag_seconds_bucket{le="10.0",service="executor"}'))
    assert await _reports(running, "process_resident_memory_bytes")
    assert sys.getswitchinterval() == pytest.approx(TURN_S), "who asks for metrics does not keep the loop waiting"
    assert (await running.ask("/nothing"))[0] == 404

    await risk.publish(an_approval(event_id="d2", order_id="order2"))
    await eventually(lambda: "order2" in running.core.submitted)
    await running.stop()
    kept = [m.event.type async for m in risk.replay("JOURNAL", "executor.>")]
    assert kept.count("order_submitted") == len(running.core.submitted)
    await risk.close()


async def test_a_steady_flow_of_market_data_does_not_keep_a_service_from_its_end(server):
    risk, flow = await server.bus("risk"), Flow()
    running = await Running(server, sources=(flow,), gateway=flow).live()
    await eventually(lambda: running.core.told.count("price_updated") > 10)
    await risk.publish(an_approval())
    await eventually(lambda: "order1" in running.core.submitted)

    await running.stop(within_s=DRAINED_WITHIN_S)

    assert running.core.told.count("stop_requested") == 1, "what may not be left undone was dealt with"
    await risk.close()


async def test_a_service_that_cannot_reach_the_bus_is_not_ready_and_still_hears_the_word_to_stop(server):
    server.stop()
    running = Running(server)
    await eventually(lambda: _asked(running, "/ready", 503))

    await running.stop()

    assert not running.core.told


async def test_a_restart_does_nothing_twice(server):
    risk = await server.bus("risk")
    first = await Running(server).live()
    await risk.publish(an_approval())
    await eventually(lambda: "order1" in first.core.submitted)
    await first.stop()

    second = await Running(server).live()
    await risk.publish(an_approval(event_id="d2", order_id="order2"))
    await eventually(lambda: "order2" in second.core.submitted)
    await second.stop()

    kept = [m.event.order_id async for m in risk.replay("JOURNAL", "executor.>")]
    assert kept == ["order1", "order2"]
    await risk.close()


async def test_a_halt_by_the_bare_protocol_line_needs_no_credential_and_outlives_a_restart(server):
    running = await Running(server).live()

    assert "-ERR" not in await asyncio.to_thread(_raw, server.port, b"PUB control.halt 0\r\n\r\n")
    await eventually(lambda: running.core.halted, within_s=1)
    await running.stop()
    again = await Running(server).live()
    assert again.core.halted

    assert "Permissions Violation" in await asyncio.to_thread(_raw, server.port, b"PUB control.resume 0\r\n\r\n")
    operator = await server.bus("operator")
    await operator.publish(ResumeRequested(reason="looked at it", at=after(0)))
    await eventually(lambda: not again.core.halted)
    await operator.close()
    await again.stop()


async def test_a_command_given_while_the_bus_was_away_is_learnt_before_anything_else(server):
    running = await Running(server).live()
    server.stop()
    await eventually(lambda: "bus_lost" in running.core.told)
    server.start()
    operator = await server.bus("operator")
    await operator.publish(HaltRequested(reason="while you were away", at=after(0)))

    await eventually(lambda: "bus_restored" in running.core.told, within_s=20)
    assert running.core.halted
    await operator.close()
    await running.stop()


async def test_nobody_but_risk_may_approve_and_nobody_may_read_anothers_deliveries(server):
    scanner, executor = await server.bus("scanner"), await server.bus("executor")
    with pytest.raises(BusError, match=r"publish risk\.decision"):
        await scanner.publish(an_approval())
    stolen = []
    await scanner.subscribe("deliver.executor", stolen.append)
    risk = await server.bus("risk")
    taken = []
    await executor.consume("executor", lambda message, _ack: taken.append(message))
    await risk.publish(an_approval())

    await eventually(lambda: taken)
    assert not stolen
    assert [m.subject async for m in risk.replay("JOURNAL")] == [taken[0].subject]
    for bus in (scanner, executor, risk):
        await bus.close()


def _raw(port, line):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        file = connection.makefile("rwb")
        assert file.readline().startswith(b"INFO")
        file.write(b'CONNECT {"verbose":false}\r\n' + line + b"PING\r\n")
        file.flush()
        answers = b""
        while b"PONG" not in answers:
            answers += file.readline()
        return answers.decode()
