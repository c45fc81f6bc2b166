"""The venue service as a process, between a simulated outside and a real bus under its permissions."""

from common.contracts.control import HeartbeatSent
from common.contracts.subjects import CATALOGUE
from common.contracts.venue import BookUpdated, MarketUpdated
from integration.outside_world import a_bus, service_process, simulator_process
from support.waiting import eventually


async def catalogue(ear):
    return [message.event async for message in ear.bus.latest(CATALOGUE.name, "venue.market.>")]


async def test_it_publishes_books_and_keeps_the_last_word_on_every_market():
    async with simulator_process() as outside, a_bus() as (nats, ear):
        await ear.listen("venue.book.*.*", "venue.market.*.*", "heartbeat.venue")
        async with service_process("venue", nats, outside.venue()):
            beat = await ear.hear(HeartbeatSent, "ready", ready=True)
            book = await ear.hear(BookUpdated, "a book")
            kept = await catalogue(ear)

    assert {market.market_id for market in kept} == {market.market_id for market in ear.of(MarketUpdated)}
    assert book.token_id in {token for market in kept for token in (market.up_token_id, market.down_token_id)}
    assert int(beat.figures["markets"]) >= 12


def standing(market):
    return market.accepting_orders, market.winner, market.tick


async def test_a_second_process_says_nothing_anew_of_markets_that_have_not_changed():
    async with simulator_process() as outside, a_bus() as (nats, ear):
        await ear.listen("venue.market.*.*", "heartbeat.venue")
        async with service_process("venue", nats, outside.venue()):
            await ear.hear(HeartbeatSent, "ready", ready=True)
        first, ear.events = {m.market_id: m for m in ear.of(MarketUpdated)}, []
        async with service_process("venue", nats, outside.venue()):
            await ear.hear(HeartbeatSent, "ready", ready=True)
            await eventually(lambda: len(ear.of(HeartbeatSent, ready=True)) >= 2, why="a round more")

    for market in ear.of(MarketUpdated):
        before = first.get(market.market_id)
        assert before is None or market.change in ("changed", "resolved")
        assert before is None or standing(market) != standing(before)
