"""Waits for risk's own word that a command has come to its ears."""

import asyncio
from collections.abc import Callable

import typer

from common.bus.nats import NatsBus, connect
from common.contracts.risk import RiskStateChanged
from common.contracts.subjects import CONSOLE, JOURNAL
from common.errors import BusError

CONFIRMED_WITHIN_S = 3.0
LOOK_AGAIN_S = 0.1


async def confirm(url: str, password: str, wanted: Callable[[str], bool], words: str) -> None:
    """Say `words` as soon as risk's state is as wanted. Without the console's password there is nobody to ask."""
    if not password:
        return
    try:
        bus = await connect(url, user=CONSOLE, password=password)
    except BusError:
        return
    try:
        heard = await _wait(bus, wanted)
    finally:
        await bus.close()
    typer.echo(words if heard else f"Risk has not confirmed it within {CONFIRMED_WITHIN_S:g} s.")


async def _wait(bus: NatsBus, wanted: Callable[[str], bool]) -> bool:
    deadline = asyncio.get_running_loop().time() + CONFIRMED_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        async for message in bus.latest(JOURNAL.name, "risk.state"):
            if isinstance(message.event, RiskStateChanged) and wanted(message.event.state):
                return True
        await asyncio.sleep(LOOK_AGAIN_S)
    return False
