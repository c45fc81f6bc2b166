"""What `pm-arb order` shows and answers, in whatever order a venue tells of the end and of the matches."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

import pytest

from builders import NOON, a_fill, an_approval
from common.bus.api import Message
from common.contracts.base import Event
from common.contracts.executor import FillConfirmed, FillFailed, OrderCancelled, OrderFilled
from console.commands.order import Following

TURNS = 20
"""Of the loop: more than whoever waits for something that is there takes to see it."""
ORDER = {"order_id": "order1", "opportunity_id": "o1", "market_id": "0xm", "token_id": "1", "mode": "live", "at": NOON}


def a_match(name: str, quantity: int = 5) -> Event:
    return a_fill(event_id=name, fill_id=name, quantity=Decimal(quantity))


def an_end_of(kind: type, name: str, **more: str) -> Event:
    fill = {"fill_id": name, "order_id": "order1", "market_id": "0xm", "token_id": "1", "mode": "live", "at": NOON}
    return kind(event_id=f"end-{name}", **fill, **more)


async def code(events: Sequence[Event]) -> int | None:
    """Tell all of it; answer the exit code, None where it still waits."""
    following = Following("o1")
    for event in (an_approval(opportunity_id="o1", order_id="order1"), *events):
        following.hear(Message(subject="", event=event, sequence=1, stored_at=NOON))
    waiting = asyncio.create_task(following.outcome())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    found = waiting.result() if waiting.done() else None
    waiting.cancel()
    await asyncio.wait({waiting})
    return found


FILLED = OrderFilled(event_id="e", filled=Decimal(10), **ORDER)
STORY = (FILLED, a_match("f1"), a_match("f2"), an_end_of(FillConfirmed, "f1"), an_end_of(FillConfirmed, "f2"))


@pytest.mark.parametrize("order", [
    o for o in permutations(range(5)) if o.index(1) < o.index(3) and o.index(2) < o.index(4)
], ids=str)  # fmt: skip
async def test_it_waits_for_the_end_and_for_every_match_of_it_to_be_final(order: tuple[int, ...]) -> None:
    told = [STORY[n] for n in order]

    assert await code(told) == 0
    assert {await code(told[:count]) for count in range(5)} == {None}, "the last word is waited for"


async def test_an_order_that_got_nothing_is_a_failure_at_once_and_so_is_one_whose_match_came_to_nothing() -> None:
    nothing = OrderCancelled(event_id="e", filled=Decimal(0), reason="killed", **ORDER)
    void = OrderFilled(event_id="e", filled=Decimal(5), **ORDER)

    assert await code([nothing]) == 1
    assert await code([void, a_match("f1"), an_end_of(FillFailed, "f1", reason="reverted")]) == 1
