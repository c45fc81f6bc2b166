"""Makes sure that the server has taken in what was said to it.

The client's own `flush` puts its question on the wire ahead of whatever still waits for the task that writes the rest,
so that its answer alone proves nothing of what was said before: a subscription might not be there yet.
"""

import asyncio

from nats.aio.client import Client

ARRIVED_WITHIN_S = 10


async def arrived(client: Client, within_s: int = ARRIVED_WITHIN_S) -> None:
    """Wait until the server has answered to all that was said; raises TimeoutError, or an error of the client."""
    async with asyncio.timeout(within_s):
        while client.is_connected and client.pending_data_size:  # noqa: ASYNC110 - the client tells nobody when it wrote
            await asyncio.sleep(0)
        await client.flush(within_s)
