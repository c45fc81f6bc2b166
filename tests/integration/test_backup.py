"""A backup of real servers put back into empty ones, and compared message for message and row for row."""

import asyncio
import json
import os
import tarfile
from contextlib import asynccontextmanager

import pytest
from nats.aio.client import Client
from typer.testing import CliRunner

from builders import a_market, an_approval
from common.bootstrap.nats_config import BOOTSTRAP, CONSOLE, OPERATOR
from console.__main__ import app
from console.backup.archive import digest
from console.errors import ConsoleError
from integration.ledger_postgres import a_server, every_row
from integration.test_ledger_process import Ledger, publish, stored
from support.nats_cluster import NatsCluster
from support.nats_server import NatsServer
from support.waiting import eventually
from unit.ledger.ledger_builders import a_loss, a_win, the_rest

KEPT = ("CATALOGUE", "CONTROL", "JOURNAL")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    server = a_server(tmp_path_factory.mktemp("pg"))
    yield server
    server.remove()


@pytest.fixture
def empty():
    server = NatsServer()
    server.start()
    yield server
    server.remove()


async def command(*arguments, **environment):
    """Run `pm-arb` where no other system is to be found; answer its exit code and what it said."""
    secrets = {name: None for name in os.environ if name.endswith("_PASSWORD")}
    done = await asyncio.to_thread(CliRunner().invoke, app, list(map(str, arguments)), env=secrets | environment)
    if isinstance(done.exception, ConsoleError):
        return done.exception.exit_code, f"{done.output}pm-arb: {done.exception}\n"
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


async def backup(nats, out, url=""):
    return await command(
        "backup", "--out", out, NATS_URL=nats.url, DATABASE_URL=url, OPERATOR_NATS_PASSWORD=nats.passwords[OPERATOR]
    )


async def restore(file, nats_url, passwords, url="", **environment):
    return await command(
        "restore",
        file,
        NATS_URL=nats_url,
        DATABASE_URL=url,
        BOOTSTRAP_NATS_PASSWORD=passwords[BOOTSTRAP],
        **environment,
    )


@asynccontextmanager
async def as_bootstrap(url, passwords):
    client = Client()
    await client.connect(
        url, user=BOOTSTRAP, password=passwords[BOOTSTRAP], inbox_prefix=f"_INBOX.{BOOTSTRAP}", allow_reconnect=False
    )
    try:
        yield client
    finally:
        await client.close()


async def ask(client, what, **question):
    return json.loads((await client.request(f"$JS.API.{what}", json.dumps(question).encode(), timeout=5)).data)


async def every_message(url, passwords):
    """All that the streams hold: subject, sequence, time, headers and payload of each message, as the server keeps them."""
    async with as_bootstrap(url, passwords) as client:
        found = {}
        for name in KEPT:
            state = (await ask(client, f"STREAM.INFO.{name}"))["state"]
            answers = [
                await ask(client, f"STREAM.MSG.GET.{name}", seq=n)
                for n in range(state["first_seq"], state["last_seq"] + 1)
            ]
            found[name] = [answer["message"] for answer in answers if "message" in answer]
        return found


async def every_consumer(url, passwords):
    async with as_bootstrap(url, passwords) as client:
        listed = (await ask(client, "CONSUMER.LIST.JOURNAL"))["consumers"]
        return {one["name"]: (one["ack_floor"]["stream_seq"], one["num_ack_pending"]) for one in listed}


async def a_traded_day(nats, url):
    """A journal with gaps in its catalogue, an operator's words, and a ledger that has stored it all."""
    events = [*a_win(), *a_loss(), *the_rest()]
    ledger = Ledger(nats, url)
    async with ledger.running():
        await publish(nats, events)
        await publish(
            nats, [a_market(), a_market(event_id="m2", winner="Up"), a_market(event_id="m3", market_id="0x2")]
        )
        await say(nats, OPERATOR, "control.halt", b"lunch")
        await say(nats, OPERATOR, "control.resume", b"back")

        async def all_stored():
            return await stored(url) == len(events)

        await eventually(all_stored, within_s=40, why="every event stored")
    return len(events)


async def say(nats, user, subject, text):
    client = Client()
    await client.connect(nats.url, user=user, password=nats.passwords[user], inbox_prefix=f"_INBOX.{user}")
    await client.publish(subject, text)
    await client.flush()
    await client.close()


async def test_a_restored_system_is_the_same_to_the_message_and_the_row_and_is_halted(postgres, nats, empty, tmp_path):
    url, other = await postgres.new_database(), await postgres.new_database()
    count = await a_traded_day(nats, url)
    before, consumers, rows = (
        await every_message(nats.url, nats.passwords),
        await every_consumer(nats.url, nats.passwords),
        await every_row(url),
    )

    code, said = await backup(nats, tmp_path / "day.tar", url)
    assert (code, f"JOURNAL: {count} messages up to sequence {count}\n" in said) == (0, True), said
    code, said = await restore(tmp_path / "day.tar", empty.url, empty.passwords, other)
    assert (code, "Restored, and halted" in said) == (0, True), said

    after = await every_message(empty.url, empty.passwords)
    assert after["JOURNAL"] == before["JOURNAL"]
    assert after["CATALOGUE"] == before["CATALOGUE"]
    assert [message["seq"] for message in before["CATALOGUE"]] == [2, 3]
    assert after["CONTROL"][:-1] == before["CONTROL"]
    assert after["CONTROL"][-1]["subject"] == "control.halt"
    assert await every_consumer(empty.url, empty.passwords) == consumers
    assert await every_row(other) == rows


async def test_a_ledger_goes_on_from_restored_tables_and_comes_to_the_same_as_one_that_rebuilds(
    postgres, nats, empty, tmp_path
):
    url, other = await postgres.new_database(), await postgres.new_database()
    events = [*a_win(), *a_loss(), *the_rest()]
    await publish(nats, events[:9])
    ledger = Ledger(nats, url)
    async with ledger.running():
        await eventually(lambda: _holds(url, 9), within_s=40, why="the first part stored")
    await publish(nats, events[9:])
    assert (await backup(nats, tmp_path / "half.tar", url))[0] == 0
    assert (await restore(tmp_path / "half.tar", empty.url, empty.passwords, other))[0] == 0

    restored = Ledger(empty, other)
    async with restored.running():
        await eventually(lambda: _holds(other, len(events)), within_s=40, why="the rest stored")
    lived = await every_row(other)

    assert (await restored.rebuild())[0] == 0
    assert await every_row(other) == lived


async def test_a_message_said_again_after_a_restore_and_a_restart_is_known_by_its_id(nats, empty, tmp_path):
    await publish(nats, [an_approval()])
    assert (await backup(nats, tmp_path / "one.tar"))[0] == 0
    assert (await restore(tmp_path / "one.tar", empty.url, empty.passwords))[0] == 0

    empty.stop()
    empty.start()
    await empty.bootstrap()
    await publish(empty, [an_approval()])

    assert len((await every_message(empty.url, empty.passwords))["JOURNAL"]) == 1


async def test_a_bucket_is_in_a_backup_too_and_its_sequences_go_on_after_it(nats, empty, tmp_path):
    """The token of a lease is such a sequence: it may never fall, or an older one would pass for newer."""
    async with as_bootstrap(nats.url, nats.passwords) as client:
        config = {"name": "KV_ANOTHER", "subjects": ["control.another"], "storage": "file", "max_msgs_per_subject": 1}
        assert "error" not in await ask(client, "STREAM.CREATE.KV_ANOTHER", **config)
    for _ in range(7):
        await say(nats, OPERATOR, "control.another", b"renewed")

    code, said = await backup(nats, tmp_path / "one.tar")
    assert (code, said.splitlines()[3]) == (0, "KV_ANOTHER: 1 messages up to sequence 7")
    assert (await restore(tmp_path / "one.tar", empty.url, empty.passwords))[0] == 0

    await say(empty, OPERATOR, "control.another", b"renewed")
    async with as_bootstrap(empty.url, empty.passwords) as client:
        assert (await ask(client, "STREAM.INFO.KV_ANOTHER"))["state"]["last_seq"] == 8


async def test_nothing_is_put_back_over_messages_or_rows(postgres, nats, empty, tmp_path):
    await publish(nats, [an_approval()])
    assert (await backup(nats, tmp_path / "one.tar"))[0] == 0

    code, said = await restore(tmp_path / "one.tar", nats.url, nats.passwords)
    assert (code, "JOURNAL: expected an empty stream, found 1 messages up to sequence 1" in said) == (1, True), said

    url = await postgres.new_database()
    async with Ledger(nats, url).running():
        await eventually(lambda: _holds(url, 1), within_s=40, why="a row")
    code, said = await restore(tmp_path / "one.tar", empty.url, empty.passwords, url)
    assert (code, "the ledger's database: expected no events, found 1" in said) == (1, True), said
    async with as_bootstrap(empty.url, empty.passwords) as client:
        assert (await ask(client, "STREAM.NAMES"))["streams"] in (None, [])


async def test_nothing_is_put_back_under_services_that_run(nats, empty, tmp_path):
    await publish(nats, [an_approval()])
    assert (await backup(nats, tmp_path / "one.tar"))[0] == 0
    await empty.bootstrap()
    risk = await empty.bus("risk")
    await risk.consume("risk", lambda _message, _acknowledge: None)

    code, said = await restore(tmp_path / "one.tar", empty.url, empty.passwords)

    await risk.close()
    assert (code, said) == (1, "pm-arb: risk: expected no service to run, found it listening: stop all first\n")


async def test_a_backup_that_was_changed_is_refused_before_anything_is_touched(nats, empty, tmp_path):
    await publish(nats, [an_approval()])
    assert (await backup(nats, tmp_path / "one.tar"))[0] == 0
    with tarfile.open(tmp_path / "one.tar") as tar:
        tar.extractall(tmp_path / "members", filter="data")
    (tmp_path / "members/streams/JOURNAL.snapshot").write_bytes(b"another journal")
    with tarfile.open(tmp_path / "changed.tar", "w") as tar:
        for path in sorted((tmp_path / "members").rglob("*")):
            tar.add(path, arcname=path.relative_to(tmp_path / "members"))

    code, said = await restore(tmp_path / "changed.tar", empty.url, empty.passwords)

    assert (code, "streams/JOURNAL.snapshot: expected SHA-256" in said) == (1, True), said
    async with as_bootstrap(empty.url, empty.passwords) as client:
        assert (await ask(client, "STREAM.NAMES"))["streams"] in (None, [])


async def test_a_snapshot_that_the_server_cannot_read_leaves_an_empty_system(nats, empty, tmp_path):
    await publish(nats, [an_approval()])
    assert (await backup(nats, tmp_path / "one.tar"))[0] == 0
    with tarfile.open(tmp_path / "one.tar") as tar:
        tar.extractall(tmp_path / "members", filter="data")
    broken = tmp_path / "members/streams/CATALOGUE.snapshot"
    broken.write_bytes(b"no snapshot at all")
    manifest = json.loads((tmp_path / "members/manifest.json").read_text())
    manifest["hashes"]["streams/CATALOGUE.snapshot"] = digest(broken)
    manifest["streams"].sort(key=lambda stream: stream["name"], reverse=True)  # the journal goes before the broken one
    (tmp_path / "members/manifest.json").write_text(json.dumps(manifest))
    with tarfile.open(tmp_path / "broken.tar", "w") as tar:
        for path in sorted((tmp_path / "members").rglob("*")):
            tar.add(path, arcname=path.relative_to(tmp_path / "members"))

    code, said = await restore(tmp_path / "broken.tar", empty.url, empty.passwords)

    assert (code, "CATALOGUE" in said) == (1, True), said
    async with as_bootstrap(empty.url, empty.passwords) as client:
        assert (await ask(client, "STREAM.NAMES"))["streams"] in (None, [])
    assert (await restore(tmp_path / "one.tar", empty.url, empty.passwords))[0] == 0


async def test_a_backup_needs_the_operators_credential_and_the_consoles_will_not_do(nats, tmp_path):
    code, said = await command(
        "backup", "--out", tmp_path / "none.tar", NATS_URL=nats.url, OPERATOR_NATS_PASSWORD=nats.passwords[CONSOLE]
    )
    assert (code, "Authorization Violation" in said) == (1, True), said
    assert list(tmp_path.iterdir()) == []

    code, said = await restore(tmp_path, nats.url, {BOOTSTRAP: "wrong"})
    assert code == 2, said


async def test_a_backup_is_its_owners_alone_and_names_no_secret(postgres, nats, tmp_path):
    url = await postgres.new_database()
    await a_traded_day(nats, url)
    assert (await backup(nats, tmp_path / "day.tar", url))[0] == 0

    held = (tmp_path / "day.tar").read_bytes()

    assert (tmp_path / "day.tar").stat().st_mode & 0o777 == 0o600
    assert [user for user, password in nats.passwords.items() if password.encode() in held] == []


@pytest.mark.timeout(180)
# The client leaves the connection to a server that vanished to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_backup_of_one_server_is_put_back_into_a_cluster_of_three(nats, tmp_path):
    await publish(nats, a_win())
    before = await every_message(nats.url, nats.passwords)
    assert (await backup(nats, tmp_path / "one.tar"))[0] == 0
    cluster = NatsCluster()
    try:
        await cluster.start()
        code, said = await restore(tmp_path / "one.tar", cluster.url, cluster.passwords, STREAM_REPLICAS="3")
        assert code == 0, said
        async with as_bootstrap(cluster.servers[2].url, cluster.passwords) as client:
            configs = [(await ask(client, f"STREAM.INFO.{name}"))["config"] for name in KEPT]
            assert {config["num_replicas"] for config in configs} == {3}
        after = await every_message(cluster.servers[1].url, cluster.passwords)
    finally:
        cluster.remove()
    assert after["JOURNAL"] == before["JOURNAL"]


async def _holds(url, count):
    return await stored(url) == count
