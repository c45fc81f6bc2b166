"""How a service learns what happened before it, and what was said while it could not hear."""

from collections.abc import AsyncIterator

from common.bus.api import Bus, Message
from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.runtime import Tick
from common.contracts.subjects import CONTROL, subscribed_by
from common.errors import BusError
from common.runtime.assembly import Assembly, Recovery


def hears_commands(name: str) -> bool:
    """Say whether a service listens to an operator."""
    return any(subject.stream is CONTROL for subject in subscribed_by(name))


def read(bus: Bus, part: Recovery) -> AsyncIterator[Message]:
    """Read one part of the record."""
    return bus.replay(part.stream, part.filter) if part.how == "all" else bus.latest(part.stream, part.filter)


async def last_command(bus: Bus, now: Instant) -> Event:
    """Read the last word of CONTROL on halting; where it cannot be read, the answer is a halt."""
    last: Event = Tick(at=now)
    try:
        async for message in bus.latest(CONTROL.name, "control.>"):
            if isinstance(message.event, HaltRequested | ResumeRequested):
                last = message.event
    except BusError as error:
        return HaltRequested(reason=f"the record of commands cannot be read: {error}", at=now)
    return last


async def missed(bus: Bus, assembly: Assembly, now: Instant) -> list[Event]:
    """Read what was said while the bus was away: an operator's word first, then the last of each state."""
    events = [await last_command(bus, now)] if hears_commands(assembly.name) else []
    for part in assembly.recovery:
        if part.how == "last":
            events += [message.event async for message in read(bus, part)]
    return events
