"""The ledger as a process, between a real NATS server under its permissions and a real Postgres."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import pytest

from common.contracts.subjects import subject_of
from integration.ledger_postgres import PostgresServer, connected, every_row
from support.waiting import eventually
from unit.ledger.ledger_builders import a_loss, a_win, the_rest


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    server = PostgresServer(tmp_path_factory.mktemp("pg"))
    yield server
    server.remove()


class Ledger:
    """The command, with the environment that it runs in."""

    def __init__(self, nats, url):
        self._environment = os.environ | {
            "NATS_URL": nats.url, "NATS_PASSWORD": nats.passwords["ledger"], "DATABASE_URL": url,
        }  # fmt: skip

    @asynccontextmanager
    async def running(self):
        process = await self._start()
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0, output.decode()

    async def rebuild(self):
        process = await self._start("rebuild")
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, output.decode()

    async def _start(self, *arguments):
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ledger", *arguments, env=self._environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip


async def publish(nats, events):
    """Say each event as its owner does."""
    buses = {}
    for event in events:
        owner = subject_of(type(event)).owner
        if owner not in buses:
            buses[owner] = await nats.bus(owner)
        await buses[owner].publish(event)
    for bus in buses.values():
        await bus.close()


async def stored(url):
    async with connected(url) as connection:
        if not await connection.fetchval("SELECT to_regclass('events') IS NOT NULL"):
            return 0
        return await connection.fetchval("SELECT count(*) FROM events")


async def without_server_times(url):
    """Every row, but when NATS stored it: its client rounds that to the microsecond in one way of reading."""
    return {
        table: [tuple(item for item in row if item[0] != "stored_at") for row in rows]
        for table, rows in (await every_row(url)).items()
    }


async def test_what_the_services_say_is_stored_and_can_be_rebuilt(postgres, nats):
    url = await postgres.new_database()
    ledger = Ledger(nats, url)
    before, during, after = a_win(), a_loss(), the_rest()
    await publish(nats, before)

    async with ledger.running():

        async def holds(count):
            return await stored(url) == count

        await eventually(lambda: holds(len(before)), why="what was said before the start is stored", within_s=30)
        postgres.stop()
        await publish(nats, during)
        postgres.start()
        await eventually(
            lambda: holds(len(before + during)), why="what was said while Postgres was gone is stored", within_s=30
        )
    await publish(nats, after)
    async with ledger.running():
        await eventually(
            lambda: holds(len(before + during + after)), why="what was said between two runs is stored", within_s=30
        )

    lived = await without_server_times(url)
    assert await ledger.rebuild() == (0, f"ledger rebuild: {len(before + during + after)} events stored\n")
    assert await without_server_times(url) == lived


async def test_a_rebuild_without_its_servers_says_so_in_one_line(nats):
    ledger = Ledger(nats, "postgresql://ledger:sesame@127.0.0.1:1/pm_arb")
    await publish(nats, a_win())

    code, output = await ledger.rebuild()

    assert code == 1
    assert output.count("\n") == 1
    assert "ConnectionRefusedError" in output
    assert "sesame" not in output
