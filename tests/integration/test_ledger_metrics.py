"""What the ledger measures, on a real Postgres: each event counted once, and how the database is."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from integration.ledger_postgres import a_projector, a_server
from ledger.adapters.database_watch import DatabaseWatch
from support.waiting import eventually
from unit.ledger.ledger_builders import a_journal


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = a_server(tmp_path_factory.mktemp("pg"))
    yield server
    server.remove()


def value(name, **labels):
    return REGISTRY.get_sample_value(f"pm_arb_{name}", labels) or 0


async def test_an_event_that_is_stored_twice_is_counted_once(server):
    journal, labels = a_journal(), {"result": "matched", "symbol": "BTC", "side": "BUY", "mode": "paper"}
    before = value("fills_total", **labels)

    async with a_projector(await server.new_database()) as projector:
        await projector.store(journal)
        await projector.store(journal)

    assert value("fills_total", **labels) - before == 3


async def test_the_database_is_watched_and_one_that_went_away_is_said_to_be(server):
    async with a_projector(await server.new_database()) as projector:
        await projector.stored_up_to()
        watching = asyncio.create_task(DatabaseWatch(projector, interval_s=0.05).run(None))
        await eventually(lambda: value("postgres_up") == 1)
        assert value("postgres_database_bytes") > 1_000_000
        assert value("postgres_connections", state="active") >= 1
        assert value("postgres_transactions_total", end="committed") > 0

        server.stop()
        await eventually(lambda: value("postgres_up") == 0)
        server.start()
        await eventually(lambda: value("postgres_up") == 1)
        watching.cancel()
