"""How the process itself is: whether its event loop comes round in time, and what waits for its core."""

import asyncio
import gc
import sys
from collections.abc import Sized

from common.telemetry.metrics import EVENT_LOOP_LAG_SECONDS, INBOX_WAITING

INTERVAL_S = 0.1
COLLECTOR_THRESHOLDS = (20_000, 20, 20)
"""Objects made before the collector looks for cycles, and how often that before it looks at older ones as well."""

TURN_S = 0.001
"""How long another thread, such as the one that writes the metrics, may keep the loop from going on each time."""


async def watch(service: str, inbox: Sized) -> None:
    """Ask to be woken after an interval, and note how late that happens, until cancelled."""
    loop = asyncio.get_running_loop()
    lag, waiting = EVENT_LOOP_LAG_SECONDS.labels(service=service), INBOX_WAITING.labels(service=service)
    while True:
        due = loop.time() + INTERVAL_S
        await asyncio.sleep(INTERVAL_S)
        lag.observe(max(0.0, loop.time() - due))
        waiting.set(len(inbox))


def spare_what_stays() -> None:
    """Keep the collector of cycles away from all that was imported and recovered, and from pausing at every message."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def put_the_loop_first() -> None:
    """Have the interpreter change between threads sooner than it does by itself, which is every five milliseconds."""
    sys.setswitchinterval(TURN_S)
