"""NATS's own figures, asked of a real server."""

from prometheus_client import CollectorRegistry

from builders import an_approval
from common.bootstrap.nats_metrics import NatsCollector
from common.contracts.subjects import DURABLE_FILTERS, JOURNAL, STREAMS
from support.nats_cluster import NatsCluster


def asked(*servers):
    registry = CollectorRegistry()
    registry.register(NatsCollector(",".join(f"http://{place(server)}" for server in servers)))
    return registry.get_sample_value


def place(server):
    return f"127.0.0.1:{server.monitor_port}"


def of(server):
    return {"server": place(server)}


async def test_it_tells_how_far_each_consumer_lies_behind_the_journal(server):
    risk = await server.bus("risk")
    for n in range(3):
        await risk.publish(an_approval(event_id=f"d{n}", order_id=f"order{n}"))
    await risk.close()
    value = asked(server)

    assert value("pm_arb_nats_up", of(server)) == 1
    assert value("pm_arb_stream_last_sequence", {"stream": JOURNAL.name}) == 3
    of_executor = {"stream": JOURNAL.name, "consumer": "executor"}
    behind = value("pm_arb_consumer_waiting_messages", of_executor) + value(
        "pm_arb_consumer_unhandled_messages", of_executor
    )
    assert behind == 3
    assert value("pm_arb_consumer_waiting_messages", {"stream": JOURNAL.name, "consumer": "risk"}) == 0
    for durable in DURABLE_FILTERS:
        assert value("pm_arb_consumer_handled_sequence", {"stream": JOURNAL.name, "consumer": durable}) is not None
    for stream in STREAMS:
        assert value("pm_arb_stream_bytes_max", {"stream": stream.name}) == stream.max_bytes
    assert value("pm_arb_nats_in_messages_total", of(server)) > 3
    assert value("pm_arb_nats_memory_bytes", of(server)) > 1_000_000


async def test_a_server_that_does_not_answer_is_a_figure(server):
    server.stop()

    assert asked(server)("pm_arb_nats_up", of(server)) == 0


async def test_of_a_cluster_every_server_is_told_of_and_each_stream_and_consumer_by_its_leader():
    cluster = NatsCluster()
    try:
        await cluster.start()
        risk = await cluster.bus("risk")
        for n in range(3):
            await risk.publish(an_approval(event_id=f"d{n}", order_id=f"order{n}"))
        await risk.close()
        value = asked(*cluster.servers)

        assert [value("pm_arb_nats_up", of(each)) for each in cluster.servers] == [1, 1, 1]
        assert value("pm_arb_stream_last_sequence", {"stream": JOURNAL.name}) == 3
        assert value("pm_arb_consumer_waiting_messages", {"stream": JOURNAL.name, "consumer": "executor"}) == 3
        cluster.servers[0].kill()
        assert [value("pm_arb_nats_up", of(each)) for each in cluster.servers] == [0, 1, 1]
        assert value("pm_arb_stream_last_sequence", {"stream": JOURNAL.name}) == 3
    finally:
        cluster.remove()
