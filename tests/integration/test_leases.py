"""Leases, standbys and alarms of services on a real NATS server under the rendered permissions."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request

import pytest
from nats.aio.client import Client

from builders import NOON, an_approval
from common.contracts.control import HaltRequested
from common.contracts.executor import ExecutorLeaseAcquired, OrderSubmitted
from common.contracts.risk import OrderApproved, TradingHalted
from common.contracts.runtime import LeaseAcquired
from common.errors import BusError, LeaseError
from common.runtime.assembly import Assembly, Recovery
from common.runtime.service import Service
from common.settings import ServiceSettings, load
from support.nats_server import free_port
from support.waiting import eventually

LEASE_MS = 1500
TAKEN_OVER_WITHIN_S = 5


class Desk:
    """Submits each approval once; remembers what it was told."""

    def __init__(self):
        self.told, self.submitted = [], set()

    def observe(self, event):
        self.told.append(event.type)
        if isinstance(event, OrderSubmitted):
            self.submitted.add(event.order_id)

    def decide(self, event, now):
        match event:
            case OrderApproved() if event.order_id not in self.submitted:
                return OrderSubmitted(
                    event_id=f"s-{event.order_id}", order_id=event.order_id, opportunity_id="o", mode="paper", at=now,
                    market_id=event.market_id, token_id=event.token_id, received_at=now, approved_at=now,
                )  # fmt: skip
            case LeaseAcquired():
                return ExecutorLeaseAcquired(event_id=f"l{event.token}", holder=event.holder, token=event.token, at=now)
            case _:
                return None


class Way:
    """A gateway that notes what it was asked to do, and can be made to hang in the middle of it."""

    def __init__(self):
        self.carried_out, self.alarms = [], []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def react(self, event, now):
        """Nothing to do."""

    async def carry_out(self, outcome, _now):
        if isinstance(outcome, OrderSubmitted):
            self.carried_out.append(outcome.order_id)
        await self.may_go_on.wait()

    def alarm(self, event, _now):
        self.alarms.append((event.type, time.monotonic()))

    def was_alarmed_by(self, kind):
        return [at for type_, at in self.alarms if type_ == kind]


class Running:
    """An executor-to-be, running in this process."""

    def __init__(self, server, *, is_single=True, farewell=None, prepare=None):
        self.core, self.way, self.port = Desk(), Way(), free_port()
        settings = load(
            ServiceSettings,
            {
                "NATS_URL": server.url, "NATS_PASSWORD": server.passwords["executor"], "HTTP_PORT": str(self.port),
                "HEARTBEAT_MS": "100", "LEASE_MS": str(LEASE_MS), "REPLICA": f"executor-{self.port}",
            },
        )  # fmt: skip
        duties = {name: duty for name, duty in (("farewell", farewell), ("prepare", prepare)) if duty}
        assembly = Assembly(
            name="executor", core=self.core, settings=settings, recovery=(Recovery("JOURNAL", ">", "all"),),
            gateway=self.way, alarm=self.way.alarm, is_single=is_single, **duties,
        )  # fmt: skip
        self.service = Service(assembly)
        self.task = asyncio.create_task(self.service.run())

    async def live(self):
        await eventually(lambda: "went_live" in self.core.told)
        return self

    async def standing_by(self):
        await eventually(self.detail, why="it says that it stands by")
        assert await self.detail() == "standing by"
        return self

    async def detail(self):
        return await asyncio.to_thread(_detail, f"http://127.0.0.1:{self.port}/ready")

    async def stop(self):
        self.service.stop()
        await asyncio.wait_for(self.task, 20)


def _detail(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return json.loads(answer.read())["detail"]
    except OSError:
        return ""


@pytest.fixture
async def risk(server):
    bus = await server.bus("risk")
    yield bus
    await bus.close()


async def journal(server, filter_="executor.>"):
    console = await server.bus("console")
    try:
        return [message.event async for message in console.replay("JOURNAL", filter_)]
    finally:
        await console.close()


async def orders(server):
    return [event.order_id for event in await journal(server, "executor.order.*")]


def approval(number):
    return an_approval(event_id=f"d{number}", order_id=f"order{number}", opportunity_id=f"o{number}")


async def test_a_second_replica_stands_by_says_so_and_takes_over_at_once_when_the_first_is_stopped(server, risk):
    first = await Running(server).live()
    second = await Running(server).standing_by()
    beats = []
    await risk.subscribe("heartbeat.executor", beats.append)
    await risk.publish(approval(1))
    await eventually(lambda: "order1" in second.core.submitted, why="the standby follows the journal")

    assert second.way.carried_out == []
    await first.stop()
    stopped = time.monotonic()
    await second.live()

    assert time.monotonic() - stopped < LEASE_MS / 1000
    await risk.publish(approval(2))
    await eventually(lambda: "order2" in second.core.submitted)
    await second.stop()
    assert await orders(server) == ["order1", "order2"]
    assert second.way.carried_out == ["order2"]


async def test_a_standby_says_nothing_and_hears_what_the_active_one_hears(server):
    first = await Running(server).live()
    second = await Running(server).standing_by()
    console, operator = await server.bus("console"), await server.bus("operator")
    beats = []
    await console.subscribe("heartbeat.executor", lambda message: beats.append(message.event))
    await operator.publish(HaltRequested(reason="stop", at=NOON))

    await eventually(lambda: "halt_requested" in second.core.told)
    await eventually(lambda: len(beats) > 5)

    assert {beat.state for beat in beats} == {"live"}
    assert [beat.sequence for beat in beats] == list(range(beats[0].sequence, beats[0].sequence + len(beats)))
    assert first.way.was_alarmed_by("halt_requested")
    assert not second.way.alarms
    for each in (console, operator):
        await each.close()
    await second.stop()
    await first.stop()


async def test_a_lease_is_announced_before_anything_else_is_said_and_its_tokens_grow(server, risk):
    await risk.publish(approval(1))
    for _ in range(3):
        running = await Running(server).live()
        await running.stop()

    said = await journal(server)
    leases = [event for event in said if event.type == "executor_lease_acquired"]
    assert said[0] == leases[0]
    assert len(leases) == 3
    assert [lease.token for lease in leases] == sorted({lease.token for lease in leases})


async def test_tokens_grow_over_a_restart_of_the_server_too(server):
    await (await Running(server).live()).stop()
    server.stop()
    server.start()
    await (await Running(server).live()).stop()

    first, second = [event.token for event in await journal(server, "executor.lease")]
    assert second > first


async def test_a_holder_that_cannot_reach_the_bus_stops_before_its_lease_ends_and_goes_on_if_nobody_else_had_it(
    server, risk
):
    running = await Running(server).live()
    began = time.monotonic()
    server.stop()

    await eventually(lambda: running.way.was_alarmed_by("bus_lost"), within_s=1)
    await eventually(lambda: running.way.was_alarmed_by("lease_lost"))
    assert running.way.was_alarmed_by("lease_lost")[0] - began < LEASE_MS / 1000
    server.start()
    await eventually(lambda: running.core.told.count("lease_acquired") == 2, within_s=20)
    await eventually(lambda: "bus_restored" in running.core.told, within_s=20)

    after_the_loss = running.core.told[running.core.told.index("lease_lost") :]
    assert "lease_acquired" in after_the_loss
    risk_again = await server.bus("risk")
    await risk_again.publish(approval(1))
    await eventually(lambda: "order1" in running.core.submitted, within_s=20)
    await risk_again.close()
    await running.stop()


async def test_a_holder_that_another_replaced_ends_with_a_word_that_says_so_and_leaves_the_world_to_the_other(server):
    said = []

    async def farewell():
        said.append("farewell")

    running = await Running(server, farewell=farewell).live()
    thief = await server.bus("executor")
    kept = await thief.read_lease("executor")
    for _ in range(20):  # against a holder that renews meanwhile
        if await thief.write_lease("executor", b'{"holder": "thief"}', after=kept.sequence, timeout_s=1) is not None:
            break
        kept = await thief.read_lease("executor")

    with pytest.raises(LeaseError, match=r"lease of executor: expected executor-\d+-\w+, found thief"):
        await asyncio.wait_for(running.task, 15)

    assert running.way.was_alarmed_by("lease_lost")
    assert not said
    assert (await thief.read_lease("executor")).value == b'{"holder": "thief"}'
    await thief.close()


async def test_an_order_that_was_sent_when_the_bus_went_is_recorded_once_when_it_is_back(server, risk):
    running = await Running(server).live()
    running.way.may_go_on.clear()
    await risk.publish(approval(1))
    await risk.publish(approval(2))
    await eventually(lambda: running.way.carried_out == ["order1"])
    server.stop()
    running.way.may_go_on.set()

    await eventually(lambda: running.way.was_alarmed_by("bus_lost"), within_s=1)
    assert running.way.carried_out == ["order1"]
    server.start()
    await eventually(lambda: running.core.submitted == {"order1", "order2"}, within_s=30)

    await running.stop()
    assert await orders(server) == ["order1", "order2"]
    assert running.way.carried_out == ["order1", "order2"]


async def test_deliveries_that_were_under_way_when_the_server_went_are_answered_once(server, risk):
    running = await Running(server, is_single=False).live()
    running.way.may_go_on.clear()
    for number in range(20):
        await risk.publish(approval(number))
    await eventually(lambda: running.way.carried_out)
    server.stop()
    server.start()
    await eventually(lambda: _redelivered(server), within_s=30, why="the server delivers again what nobody answered")
    running.way.may_go_on.set()

    await eventually(lambda: len(running.core.submitted) == 20, within_s=30)
    await eventually(lambda: running.core.told.count("order_approved") > 20, within_s=30, why="some came twice")
    await running.stop()
    found = await orders(server)
    assert sorted(found) == sorted({f"order{number}" for number in range(20)})
    assert sorted(running.way.carried_out) == sorted(found)


async def _redelivered(server):
    client = Client()
    await client.connect(
        server.url, user="bootstrap", password=server.passwords["bootstrap"], inbox_prefix="_INBOX.bootstrap"
    )
    try:
        return (await client.jetstream().consumer_info("JOURNAL", "executor")).num_redelivered
    finally:
        await client.close()


async def test_alarms_do_not_wait_for_a_loop_that_stands_still(server, risk):
    running = await Running(server).live()
    running.way.may_go_on.clear()
    await risk.publish(approval(1))
    await eventually(lambda: running.way.carried_out)
    operator = await server.bus("operator")

    await operator.publish(HaltRequested(reason="stop", at=NOON))
    await risk.publish(TradingHalted(event_id="h1", rule="drawdown", reason="20 %", at=NOON))

    await eventually(lambda: running.way.was_alarmed_by("halt_requested"), within_s=1)
    await eventually(lambda: running.way.was_alarmed_by("trading_halted"), within_s=1)
    assert "halt_requested" not in running.core.told
    running.way.may_go_on.set()
    await operator.close()
    await running.stop()


async def test_a_halt_of_before_is_no_alarm_when_it_is_delivered_again(server, risk):
    await risk.publish(TradingHalted(event_id="h1", rule="drawdown", reason="20 %", at=NOON))
    running = await Running(server).live()
    await eventually(lambda: running.core.told.count("trading_halted") == 2, why="recovered, and delivered")

    assert not running.way.alarms
    await running.stop()


async def test_the_word_to_stop_is_an_alarm_first_and_the_farewell_comes_while_the_bus_is_still_there(server, risk):
    said = []

    async def farewell():
        said.append([kind for kind, _ in running.way.alarms])
        await risk.publish(approval(9))
        await eventually(lambda: "order9" in running.core.submitted)

    running = await Running(server, farewell=farewell).live()

    await running.stop()

    assert said == [["stop_requested"]]
    assert "order9" in await orders(server)


async def test_a_farewell_that_takes_too_long_is_given_up(server):
    async def farewell():
        await asyncio.Event().wait()

    running = await Running(server, farewell=farewell).live()
    began = time.monotonic()

    await running.stop()

    assert time.monotonic() - began < 12


async def test_a_standby_that_is_stopped_has_nothing_to_say_farewell_to(server):
    said = []

    async def farewell():
        said.append("farewell")

    first = await Running(server).live()
    second = await Running(server, farewell=farewell).standing_by()

    await second.stop()

    assert (said, second.way.alarms) == ([], [])
    await first.stop()


async def test_what_must_hold_before_the_start_is_asked_before_the_bus_is_reached(server):
    server.stop()

    async def prepare():
        raise BusError("the venue: expected an answer, found none")

    running = Running(server, prepare=prepare)

    with pytest.raises(BusError, match="the venue"):
        await asyncio.wait_for(running.task, 5)


FAILING = """
from common.errors import BusError, SettingsError
from common.runtime.assembly import Assembly
from common.runtime.service import main
from common.settings import ServiceSettings

async def prepare():
    raise {error}

main(ServiceSettings, lambda settings: Assembly(name="executor", core=None, settings=settings, prepare=prepare))
"""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        ('SettingsError("A_KEY: expected 64 hex digits, found nothing\\nA_URL: expected a URL, found 1")', 78,
         "A_KEY: expected 64 hex digits, found nothing\nA_URL: expected a URL, found 1\n"),
        ('BusError("the venue: expected an answer, found none")', 1, "the venue: expected an answer, found none\n"),
    ],
)  # fmt: skip
def test_a_start_that_fails_ends_with_a_line_and_a_code_that_says_whether_to_try_again(error, code, said):
    run = subprocess.run(
        [sys.executable, "-c", FAILING.format(error=error)], env=os.environ | {"LOG_LEVEL": "error"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (run.returncode, run.stderr) == (code, said)


# --- who may write and read a lease ---


async def test_nobody_may_write_the_lease_of_another_and_only_those_that_need_it_may_read_one(server):
    buses = {user: await server.bus(user) for user in ("risk", "executor", "scanner", "console")}
    assert await buses["risk"].write_lease("risk", b'{"holder": "r"}', after=0, timeout_s=1) == 1

    for user, service in (("executor", "risk"), ("risk", "executor"), ("scanner", "risk"), ("console", "risk")):
        with pytest.raises(BusError, match=f"write the lease of {service}"):
            await buses[user].write_lease(service, b'{"holder": "thief"}', after=1, timeout_s=0.5)
    with pytest.raises(BusError, match="read the lease of risk"):
        await buses["scanner"].read_lease("risk")

    for user in ("risk", "executor", "console"):
        kept = await buses[user].read_lease("risk")
        assert (kept.value, kept.sequence) == (b'{"holder": "r"}', 1)
    assert await buses["executor"].read_lease("executor") is None
    for bus in buses.values():
        await bus.close()


async def test_no_service_may_empty_or_roll_up_the_bucket(server):
    client = Client()
    refused = []

    async def note(error):
        refused.append(str(error))

    await client.connect(
        server.url, user="risk", password=server.passwords["risk"], inbox_prefix="_INBOX.risk", error_cb=note
    )
    for subject in ("$JS.API.STREAM.PURGE.KV_LEASES", "$JS.API.STREAM.DELETE.KV_LEASES", "$KV.LEASES.executor"):
        await client.publish(subject, b"")
    await client.flush()

    await eventually(lambda: len(refused) == 3)
    assert all("permissions violation" in error.lower() for error in refused)
    await client.close()


async def test_the_bucket_is_one_to_every_client_of_nats(server):
    risk, client = await server.bus("risk"), Client()
    await risk.write_lease("risk", b'{"holder": "r"}', after=0, timeout_s=1)
    await client.connect(
        server.url, user="bootstrap", password=server.passwords["bootstrap"], inbox_prefix="_INBOX.bootstrap"
    )
    bucket = await client.jetstream().key_value("LEASES")

    status = await bucket.status()
    assert (status.bucket, status.history) == ("LEASES", 1)
    assert json.loads((await bucket.get("risk")).value) == {"holder": "r"}
    await client.close()
    await risk.close()
