"""How a board is fed: the past once, then what is new, each fact once."""

from builders import NOON, a_denial, a_fill, a_market, a_price, a_settlement, an_approval
from common.bus.memory import MemoryBroker, MemoryBus
from common.clock import Instant, VirtualClock
from common.contracts.base import Event
from console.view.board import Board
from console.view.feed import Feed
from unit.console.console_builders import a_risk_state


class Listening:
    """A feed on a bus in memory, and what it called news."""

    def __init__(self) -> None:
        self.bus = MemoryBus(MemoryBroker(VirtualClock(NOON)))
        self.board, self.news = Board(), list[str]()
        self.feed = Feed(self.bus, self.board, VirtualClock(NOON), self._heard)

    async def publish(self, *events: Event) -> None:
        for event in events:
            await self.bus.publish(event)

    def _heard(self, event: Event, _now: Instant) -> None:
        self.news.append(str(getattr(event, "type", "")))


async def test_the_past_is_known_and_is_no_news() -> None:
    console = Listening()
    await console.publish(a_market(), an_approval(), a_fill(), a_settlement(), a_risk_state(), a_denial())
    await console.feed.prime()
    assert console.news == []
    assert (console.board.tally.trades, console.board.run_tally.trades) == (1, 0)
    assert console.board.risk == a_risk_state()
    assert console.board.markets
    assert console.feed.began_at_sequence == 5


async def test_what_is_new_is_told_once_each() -> None:
    console = Listening()
    await console.publish(a_fill())
    await console.feed.prime()
    await console.feed.listen()
    await console.publish(an_approval(), a_fill(fill_id="fill2", event_id="f2"), a_price())
    await console.feed.catch_up()
    await console.feed.catch_up()
    assert console.news == ["price_updated", "order_approved", "fill_matched"]
    assert console.board.run_tally.fills == 1
    assert console.feed.sequence == 3


async def test_the_moment_money_last_moved_is_known() -> None:
    console = Listening()
    clock = VirtualClock(NOON)
    feed = Feed(console.bus, console.board, clock, lambda _event, _now: None)
    await feed.prime()
    clock.advance_to(Instant(NOON + 5))
    await console.publish(a_risk_state())
    await feed.catch_up()
    assert feed.money_moved_at == NOON
    await console.publish(a_fill())
    await feed.catch_up()
    assert feed.money_moved_at == NOON + 5
