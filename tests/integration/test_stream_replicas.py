"""The streams on a real cluster of three servers, set up by the command that Kubernetes runs."""

import asyncio
import json
import os
import sys

import pytest

from builders import after, an_approval
from common.bus.nats import connect
from common.contracts.subjects import STREAMS
from support.nats_cluster import NatsCluster
from support.waiting import eventually


@pytest.fixture
def cluster():
    servers = NatsCluster()
    servers.start()
    yield servers
    servers.remove()


async def bootstrap(cluster, **settings):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "common.bootstrap", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | cluster.environment | {"NATS_URL": cluster.urls[0], "BOOTSTRAP_TIMEOUT_S": "60"} | settings,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode, output.decode()


async def keepers(client):
    """Answer by how many servers each stream and each consumer's state is kept, all of them up to date."""
    found = {}
    for stream in STREAMS:
        info = json.loads((await client.request(f"$JS.API.STREAM.INFO.{stream.name}", b"", timeout=5)).data)
        current = [peer for peer in info["cluster"].get("replicas", []) if peer["current"]]
        found[stream.name] = 1 + len(current)
    return found


@pytest.mark.timeout(180)
async def test_every_stream_is_kept_by_three_servers_and_outlives_the_loss_of_one(cluster):
    assert await bootstrap(cluster, STREAM_REPLICAS="3") == (
        0,
        "bootstrap: streams MARKET, CATALOGUE, JOURNAL, CONTROL and consumers executor, risk, ledger, alerter are in place\n",
    )
    client = await cluster.client()

    async def all_by_three():
        return set((await keepers(client)).values()) == {3}

    await eventually(all_by_three, within_s=30, every_s=0.2, why="three keepers of each stream")
    await client.close()
    risk = await connect(cluster.urls[0], user="risk", password=cluster.passwords["risk"])
    await risk.publish(an_approval())

    cluster.stop_one(2)

    async def said():
        try:
            await risk.publish(an_approval(event_id="a2", at=after(1)))
        except Exception:  # noqa: BLE001 - whatever fails while another leader is chosen, it is said again
            return False
        return True

    await eventually(said, within_s=30, every_s=0.2, why="an approval stored by the two that are left")
    assert await risk.last_sequence("JOURNAL") == 2
    await risk.close()
