"""The composition root: the projector on Postgres, and a core that only counts."""

from collections.abc import AsyncIterator

from common.bus.api import Bus
from common.bus.nats import connect
from common.clock import Instant
from common.contracts.subjects import JOURNAL
from common.runtime.assembly import Assembly, Recorded
from ledger.adapters.database_watch import DatabaseWatch
from ledger.adapters.postgres import PostgresProjector
from ledger.adapters.rebuild import rebuild
from ledger.core import LedgerTally
from ledger.settings import Settings

NAME = "ledger"


def assemble(settings: Settings) -> Assembly:
    """Put the service together. Nothing connects until the runtime asks for something."""
    projector, tally = PostgresProjector(settings), LedgerTally()

    def figures(_now: Instant) -> dict[str, str]:
        return {
            "stored": str(projector.sequence),
            "refused": str(projector.refused),
            "fills": str(tally.count("fill_matched")),
            "settled": str(tally.count("position_settled")),
        }

    return Assembly(
        name=NAME,
        core=tally,
        settings=settings,
        sources=(projector, DatabaseWatch(projector)),
        projector=projector,
        figures=figures,
        not_ready=lambda _now: projector.trouble,
    )


async def rebuild_from_journal(settings: Settings, *, forget_older: bool = False) -> int:
    """Make the tables anew from the journal on NATS; answer how many events were stored."""
    bus = await connect(settings.nats_url, user=NAME, password=settings.nats_password.get_secret_value())
    try:
        async with PostgresProjector(settings, rebuilding=True) as projector:
            messages = _recorded(bus)
            return await rebuild(projector, messages, batch_max=settings.rebuild_batch_max, forget_older=forget_older)
    finally:
        await bus.close()


async def _recorded(bus: Bus) -> AsyncIterator[Recorded]:
    async for message in bus.replay(JOURNAL.name):
        yield Recorded(message.sequence, message.subject, message.event, message.stored_at)
