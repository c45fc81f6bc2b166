"""The projection made anew from the first event, through the same code that the service stores with."""

from collections.abc import AsyncIterator

from common.errors import PmArbError
from common.runtime.assembly import Recorded
from ledger.adapters.postgres import PostgresProjector


class WouldForgetError(PmArbError):
    """The journal no longer holds all that the tables hold."""


async def rebuild(
    projector: PostgresProjector,
    messages: AsyncIterator[Recorded],
    *,
    batch_max: int = 1000,
    forget_older: bool = False,
) -> int:
    """Drop the projection and store every message of the journal, in its order; answer how many there were.

    `projector` was made with `rebuilding=True`. A rebuild that breaks off leaves the service waiting, not with a hole.
    Raises WouldForgetError, before anything is dropped, when the journal has aged away what the tables still hold.
    """
    first = await anext(messages, None)
    if not forget_older:
        await _would_forget_nothing(projector, first)
    if first is None:
        return 0
    count, batch = 0, [first]
    async with projector.recreated():
        async for message in messages:
            batch.append(message)
            if len(batch) >= batch_max:
                await projector.store(batch)
                count, batch = count + len(batch), []
        await projector.store(batch)
    return count + len(batch)


async def _would_forget_nothing(projector: PostgresProjector, first: Recorded | None) -> None:
    oldest = await projector.oldest()
    if oldest is not None and (first is None or first.sequence > oldest):
        found = "an empty journal" if first is None else f"one that begins at {first.sequence}"
        raise WouldForgetError(
            f"expected a journal from sequence {oldest} on, found {found}; --forget-older rebuilds from what there is"
        )
