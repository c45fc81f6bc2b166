"""The system scaled out: two scanners and two venues share the coins, on three servers of which one is killed."""

import gc
from collections import Counter

import pytest

from common.contracts.executor import FillMatched
from common.contracts.scanner import OpportunityFound
from end_to_end.running_system import AMPLE
from integration.outside_world import simulator_process
from support.fleet import Fleet
from support.nats_cluster import NatsCluster
from support.waiting import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    # The client leaves the connection to a server that vanished to the garbage collector, which complains.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

TRADES_WITHIN_S = 100
PARTS = {"btc": "BTC", "eth": "ETH"}
BOTH = "BTC,ETH"


async def test_two_parts_trade_on_and_the_journal_loses_nothing_when_the_server_that_leads_it_is_killed():
    cluster, fleet, heard = NatsCluster(), Fleet(), []
    try:
        await cluster.start()
        async with simulator_process("--seed", "3", "--lag", "6") as outside:
            console = await cluster.bus("console")
            for filter_ in ("risk.decision.*", "executor.order.*", "executor.fill.*", "scanner.opportunity.*"):
                await console.subscribe(filter_, lambda message: heard.append(message.event))
            await start_everything(fleet, cluster, outside)
            await eventually(lambda: traded(heard), within_s=TRADES_WITHIN_S, every_s=0.2, why="both coins are traded")

            (await cluster.leader_of("JOURNAL")).kill()
            before = len(heard)
            await eventually(
                lambda: traded(heard[before:]), within_s=TRADES_WITHIN_S, every_s=0.2, why="both coins are traded on"
            )
            assert fleet.alive() == set(fleet.processes)
            # What is in hand while new leaders are chosen is tried until it is kept; whoever is stopped tries no more.
            await eventually(lambda: journal_has(console, heard), within_s=30, every_s=0.5, why="it is kept meanwhile")

            await fleet.stop()
            await eventually(
                lambda: journal_has(console, heard), within_s=30, every_s=0.5,
                why=lambda: f"all of it is kept\n{told(fleet, heard)}",
            )  # fmt: skip
            found = [message.event async for message in console.replay("JOURNAL")]
            assert not doubled(found)
            await console.close()
    finally:
        await fleet.stop()
        cluster.remove()
        gc.collect()


async def start_everything(fleet, cluster, outside):
    def settings(user, **more):
        return {"NATS_URL": cluster.url, "NATS_PASSWORD": cluster.passwords[user], "LOG_LEVEL": "warning"} | more

    for part, symbol in PARTS.items():
        await fleet.start(f"venue/{part}", "venue", **settings("venue", SHARD=part, SYMBOLS=symbol, **outside.venue()))
        await fleet.start(f"scanner/{part}", "scanner", **settings("scanner", SHARD=part, SYMBOLS=symbol))
    await fleet.start("oracle", "oracle", **settings("oracle", SYMBOLS=BOTH, **outside.oracle()))
    await fleet.start("risk", "risk", **settings("risk", SYMBOLS=BOTH, **AMPLE))
    await fleet.start("executor", "executor", **settings("executor"))


def fills(heard):
    return [event for event in heard if isinstance(event, FillMatched)]


def traded(heard):
    """Whether opportunities on both coins were found, each by the scanner that it belongs to, and one was taken."""
    found = Counter(event.symbol for event in heard if isinstance(event, OpportunityFound))
    return fills(heard) and set(found) == {"BTC", "ETH"}


async def journal_has(console, heard):
    """Whether every durable fact that was heard is in the journal: heard is what was stored, or about to be."""
    kept = {message.event.identity async for message in console.replay("JOURNAL")}
    return {event.identity for event in heard if not isinstance(event, OpportunityFound)} <= kept


def doubled(events):
    counted = Counter(event.identity for event in events)
    return [identity for identity, count in counted.items() if count > 1]


def told(fleet, heard):
    """What was heard, and what the services said that publish it."""
    last = [f"{type(event).__name__} {event.identity}" for event in heard[-20:]]
    return "\n".join(last + [f"{name}: {fleet.said[name].decode()}" for name in ("risk", "executor")])
