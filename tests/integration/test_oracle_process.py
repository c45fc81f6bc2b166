"""The oracle as a process, between a simulated outside and a real bus under its permissions."""

from common.contracts.control import HeartbeatSent
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved, SourceStatusChanged
from integration.outside_world import a_bus, service_process, simulator_process


async def test_it_publishes_prices_values_and_statuses_and_says_that_it_is_ready():
    async with simulator_process() as outside, a_bus() as (nats, ear):
        await ear.listen("oracle.price.*", "oracle.settlement.*", "oracle.source.*", "heartbeat.oracle")
        async with service_process("oracle", nats, outside.oracle()):
            beat = await ear.hear(HeartbeatSent, "ready", ready=True)
            price = await ear.hear(PriceUpdated, "price", symbol="BTC", sources=("binance", "coinbase"))
            await ear.hear(SettlementPriceObserved, "spot", symbol="ETH", kind="spot")
            await ear.hear(SettlementPriceObserved, "twap", symbol="BTC", kind="twap", window_s=60)
            await ear.hear(SourceStatusChanged, "status", source="chainlink", status="fresh")

    assert beat.state == "live"
    assert 0 <= int(beat.figures["age_ms_binance_BTC"]) < 3000
    assert price.received_at >= price.source_at - 10**9


async def test_a_second_process_does_not_say_again_what_the_first_one_said():
    async with simulator_process() as outside, a_bus() as (nats, ear):
        await ear.listen("oracle.settlement.*", "heartbeat.oracle")
        async with service_process("oracle", nats, outside.oracle()):
            await ear.hear(HeartbeatSent, "ready", ready=True)
        ear.events = ear.of(SettlementPriceObserved)
        async with service_process("oracle", nats, outside.oracle()):
            await ear.hear(HeartbeatSent, "ready again", ready=True)
            said = [(e.symbol, e.kind, e.source_at) for e in ear.of(SettlementPriceObserved)]

    assert len(said) > 200
    assert len(said) == len(set(said))
