"""How far this machine's clock is off the venue's."""

from statistics import median

from common.clock import MILLISECOND, SECOND, Clock
from executor.adapters.exchange import Exchange

SAMPLES = 3
HALF = SECOND // 2
"""The venue tells whole seconds, so its clock is half a second later on average."""


async def clock_offset_ms(exchange: Exchange, clock: Clock) -> int:
    """Answer it in milliseconds, positive where this clock is ahead: the middle one of a few samples.

    A sample is taken to have been made in the middle of its round trip. Raises a VenueError.
    """
    return round(median([await _sample(exchange, clock) for _ in range(SAMPLES)]) / MILLISECOND)


async def _sample(exchange: Exchange, clock: Clock) -> int:
    sent_at = clock.now()
    venue_s = await exchange.time()
    return (sent_at + clock.now()) // 2 - (venue_s * SECOND + HALF)
