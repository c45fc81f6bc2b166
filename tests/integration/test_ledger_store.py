"""Exactly once, whatever Postgres or the journal do, on a real Postgres."""

import asyncio
import random
from decimal import Decimal

import asyncpg
import pytest

from builders import a_fill, a_settlement, an_approval, an_opportunity
from integration.ledger_postgres import ContainedPostgres, PostgresServer, a_projector, connected, every_row
from ledger.adapters.postgres import JournalChangedError, RebuildingError
from ledger.adapters.rebuild import WouldForgetError, rebuild
from ledger.adapters.schema import SchemaError
from support.waiting import eventually
from unit.ledger.ledger_builders import a_journal, a_loss, a_risk_state, a_win, recorded

AS_VERSION_1 = """
DROP TABLE redemptions, leases, reconciliations, discrepancies, executor_states CASCADE;
ALTER TABLE orders
    DROP COLUMN protocol_version, DROP COLUMN is_neg_risk, DROP COLUMN post_only, DROP COLUMN fencing_token,
    DROP COLUMN expires_at, DROP COLUMN received_at;
ALTER TABLE fills DROP COLUMN liquidity;
UPDATE order_states SET code = NULL WHERE status = 'accepted';
UPDATE events SET event = event - '{protocol_version,is_neg_risk,post_only,fencing_token,expires_at,liquidity}'::text[];
UPDATE schema_version SET version = 1;
"""


CONTAINED = pytest.param("container", marks=pytest.mark.containers)


@pytest.fixture(scope="module", params=["embedded", CONTAINED])
def server(tmp_path_factory, request):
    """A real server: embedded, and in a container of the image that is deployed where an engine is there."""
    server = PostgresServer(tmp_path_factory.mktemp("pg")) if request.param == "embedded" else ContainedPostgres()
    yield server
    server.remove()


@pytest.fixture
async def url(server):
    return await server.new_database()


async def lived(server, journal, size=4):
    """The rows of a ledger that took the journal in its order, in small batches."""
    url = await server.new_database()
    async with a_projector(url) as projector:
        for start in range(0, len(journal), size):
            await projector.store(journal[start : start + size])
    return await every_row(url)


async def as_messages(journal, fail_at=None):
    for n, one in enumerate(journal):
        if n == fail_at:
            raise ConnectionError("the bus is gone")
        yield one


async def test_a_fresh_database_has_stored_nothing(url):
    async with a_projector(url) as projector:
        assert await projector.stored_up_to() == 0
        await projector.store([])
        assert projector.trouble == ""


async def test_a_new_process_goes_on_where_the_last_one_stopped(url):
    journal = a_journal()
    async with a_projector(url) as projector:
        await projector.store(journal[:5])
    async with a_projector(url) as projector:
        assert await projector.stored_up_to() == 5


async def test_what_is_offered_again_changes_nothing(server, url):
    journal = a_journal()
    async with a_projector(url) as projector:
        await projector.store(journal[:12])
        await projector.store(journal[3:20])
        await projector.store([*journal[15:], *journal[15:]])
        await projector.store(journal)

    assert await every_row(url) == await lived(server, journal)


@pytest.mark.parametrize("seed", range(8))
async def test_repeats_and_late_redeliveries_come_to_the_same_rows(server, seed):
    journal, chance = a_journal(), random.Random(seed)
    offered = [*journal, *chance.sample(journal, 10)]
    chance.shuffle(offered)
    url = await server.new_database()
    async with a_projector(url) as projector:
        while offered:
            size = chance.randint(1, 6)
            await projector.store(sorted(offered[:size], key=lambda one: one.sequence))
            offered = offered[size:]

    expected, found = await lived(server, journal), await every_row(url)
    expected.pop("journal_position")
    found.pop("journal_position")
    assert found == expected, f"seed {seed}"


async def test_gaps_in_the_sequence_are_fine(url):
    events = [an_opportunity(event_id="a"), an_opportunity(event_id="b")]
    journal = [*recorded(events[:1], start=10), *recorded(events[1:], start=500)]
    async with a_projector(url) as projector:
        await projector.store(journal)
        assert await projector.stored_up_to() == 500


async def test_a_journal_that_was_begun_anew_is_not_mixed_with_the_old_one(url):
    async with a_projector(url) as projector:
        await projector.store(recorded([an_opportunity(event_id="old")]))
        with pytest.raises(JournalChangedError, match="rebuild"):
            await projector.store(recorded([an_opportunity(event_id="new")]))
        assert "rebuild" in projector.trouble


POISON = {
    "not projectable": a_risk_state("bad", day="the 15th"),
    "a zero character": a_fill(event_id="bad", fill_id="bad", slug="a\x00b"),
    "an amount beyond all bounds": an_approval(event_id="bad", order_id="bad", expected_edge=Decimal("1E+200000")),
    "a key too long for an index": a_fill(event_id="bad", fill_id="".join(map(str, range(9000)))),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
async def test_a_poisoned_event_is_set_aside_and_blocks_nothing(url, poison):
    journal = recorded([an_opportunity(), poison, a_settlement()])
    async with a_projector(url) as projector:
        await projector.store(journal)
        await projector.store(journal)
        assert (projector.sequence, projector.refused) == (3, 1)

    async with connected(url) as connection:
        (refused,) = await connection.fetch("SELECT * FROM refused")
        stored = await connection.fetch("SELECT sequence FROM events ORDER BY sequence")
    assert (refused["sequence"], refused["type"], refused["event_id"]) == (2, poison.type, "bad")
    assert "Error" in refused["error"]
    assert [row["sequence"] for row in stored] == [1, 3]


async def test_a_batch_that_fails_half_way_leaves_nothing_and_can_be_offered_again(url):
    journal = a_journal()
    async with a_projector(url, STATEMENT_TIMEOUT_MS="200") as projector, connected(url) as other:
        await projector.store(journal[:2])
        async with other.transaction():
            await other.execute("LOCK TABLE halts")
            with pytest.raises(asyncpg.QueryCanceledError):
                await projector.store(journal)
            assert await other.fetchval("SELECT max(sequence) FROM events") == 2
        assert projector.trouble == "Postgres: QueryCanceledError"
        await projector.store(journal)
        assert (await projector.stored_up_to(), projector.trouble) == (len(journal), "")


async def test_nothing_is_lost_while_postgres_is_gone(server, url):
    journal = a_journal()
    async with a_projector(url) as projector:
        await projector.store(journal[:6])
        server.stop()
        try:
            with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
                await projector.store(journal[6:])
            assert projector.trouble.startswith("Postgres: ")
        finally:
            server.start()

        async def stores():
            try:
                await projector.store(journal[6:])
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False
            return True

        await eventually(stores, why="stored again")

    assert await every_row(url) == await lived(server, journal)


async def test_a_start_before_postgres_waits_for_it_without_showing_the_password():
    async with a_projector("postgresql://ledger:sesame@127.0.0.1:1/pm_arb") as projector:
        with pytest.raises(ConnectionRefusedError) as caught:
            await projector.stored_up_to()
        assert "sesame" not in f"{caught.value!r} {caught.value.__cause__!r} {projector.trouble}"
        assert projector.trouble == "Postgres: ConnectionRefusedError"


async def test_tables_of_another_version_are_left_alone(url):
    async with a_projector(url) as projector:
        await projector.stored_up_to()
    async with connected(url) as connection:
        await connection.execute("UPDATE schema_version SET version = 99")
    async with a_projector(url) as projector:
        with pytest.raises(SchemaError, match="expected 2, found 99"):
            await projector.stored_up_to()


async def test_tables_of_the_first_version_are_brought_up_to_date_as_if_they_had_been_rebuilt(server, url):
    journal = recorded([*a_win(), *a_loss()])
    async with a_projector(url) as projector:
        await projector.store(journal)
    async with connected(url) as connection:
        await connection.execute(AS_VERSION_1)

    async with a_projector(url) as projector:
        assert await projector.stored_up_to() == len(journal)

    now, fresh = await every_row(url), await lived(server, journal)
    for table in now.keys() - {"schema_version", "events"}:
        assert [dict(row) for row in now[table]] == [dict(row) for row in fresh[table]], table


async def test_rebuilt_rows_equal_lived_rows(server, url):
    journal = a_journal()
    async with a_projector(url) as projector:
        await projector.store(journal)
    async with connected(url) as connection:
        await connection.execute(
            "UPDATE fills SET price = 0; DELETE FROM orders; UPDATE schema_version SET version = 99"
        )

    async with a_projector(url, rebuilding=True) as projector:
        assert await rebuild(projector, as_messages(journal), batch_max=7) == len(journal)

    assert await every_row(url) == await lived(server, journal)


async def test_a_rebuild_that_broke_off_keeps_the_service_waiting_until_it_is_completed(server, url):
    journal = a_journal()
    async with a_projector(url) as service:
        await service.store(journal[:20])
        async with a_projector(url, rebuilding=True) as projector:
            with pytest.raises(ConnectionError):
                await rebuild(projector, as_messages(journal, fail_at=12), batch_max=5)
        with pytest.raises(RebuildingError):
            await service.store(journal[20:])
        with pytest.raises(RebuildingError):
            await service.stored_up_to()

        async with a_projector(url, rebuilding=True) as projector:
            await rebuild(projector, as_messages(journal[:22]))
        await service.store(journal[20:])

    assert await every_row(url) == await lived(server, journal)


async def test_two_rebuilds_do_not_run_at_once(url):
    started, finish = asyncio.Event(), asyncio.Event()
    journal = a_journal()

    async def slowly():
        yield journal[0]
        started.set()
        await finish.wait()
        yield journal[1]

    async with a_projector(url, rebuilding=True) as first, a_projector(url, rebuilding=True) as second:
        running = asyncio.create_task(rebuild(first, slowly()))
        await started.wait()
        with pytest.raises(RebuildingError, match="another rebuild"):
            await rebuild(second, as_messages(journal))
        finish.set()
        assert await running == 2


@pytest.mark.parametrize("remaining", [10, 0])
async def test_a_rebuild_forgets_what_the_journal_no_longer_holds_only_when_told_to(server, url, remaining):
    journal = a_journal()
    left = journal[len(journal) - remaining :]
    async with a_projector(url) as projector:
        await projector.store(journal)
    before = await every_row(url)

    async with a_projector(url, rebuilding=True) as projector:
        with pytest.raises(WouldForgetError, match="--forget-older"):
            await rebuild(projector, as_messages(left))
        assert await every_row(url) == before
        assert await rebuild(projector, as_messages(left), forget_older=True) == remaining


async def test_the_pool_is_given_back_when_the_service_stops(url):
    projector = a_projector(url)
    await projector.stored_up_to()
    keeping = asyncio.create_task(projector.run(None))
    async with connected(url) as connection:

        async def connections():
            return await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pm-arb-ledger' AND datname = current_database()"
            )

        assert await connections() == 1
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

        async def gone():
            return await connections() == 0

        await eventually(gone, why="the connection is closed")


async def test_two_that_ask_at_once_share_one_pool_and_a_stop_leaves_no_connection(url):
    projector = a_projector(url)

    await asyncio.gather(projector.stored_up_to(), projector.ask("SELECT 1"))

    async with connected(url) as connection:
        mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pm-arb-ledger' AND datname = current_database()"
        await projector.close()

        async def gone():
            return await connection.fetchval(mine) == 0

        await eventually(gone, why="every connection is closed")
