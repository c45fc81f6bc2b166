"""The venue's dead-man's switch: as long as it hears us it leaves our orders alone, and cancels them when it does not.

Once armed it cannot be disarmed. Where it cannot be kept alive trading stops before the venue itself cancels.
"""

import asyncio

import structlog

from executor.adapters.exchange import Exchange
from executor.adapters.live.canceller import Canceller
from executor.adapters.live.outbox import Outbox
from executor.adapters.live.rules import LiveRules
from executor.adapters.venue_errors import VenueError

IDS_TRIED_MAX = 3
RETRY_S = 1.0

log = structlog.get_logger()


class Heart:
    """Beats for ever, from the id of one answer to the next."""

    def __init__(self, exchange: Exchange, canceller: Canceller, outbox: Outbox, rules: LiveRules) -> None:
        self._exchange, self._canceller, self._outbox, self._rules = exchange, canceller, outbox, rules
        self._id = ""
        self._accepted_at_s: float | None = None

    async def run(self) -> None:
        """Beat until cancelled. A dry run does not: it would arm the switch of a key that has nothing of ours open."""
        if self._rules.is_dry_run:
            self._outbox.stand("heartbeat", is_well=True, detail="dry run: not armed")
            await asyncio.Event().wait()
        while True:
            is_accepted = await self._beat()
            self._judge(is_accepted)
            await asyncio.sleep(self._rules.heartbeat_s if is_accepted else min(RETRY_S, self._rules.heartbeat_s))

    async def _beat(self) -> bool:
        """Say that we are alive; an id that is not the expected one is answered with that one."""
        try:
            for _ in range(IDS_TRIED_MAX):
                beat = await self._exchange.heartbeat(self._id)
                self._id = beat.heartbeat_id
                if beat.is_accepted:
                    return True
        except VenueError as error:
            log.warning("heartbeat_failed", error=str(error))
        return False

    def _judge(self, is_accepted: bool) -> None:
        now_s = asyncio.get_running_loop().time()
        if is_accepted:
            self._accepted_at_s = now_s
            self._outbox.stand("heartbeat", is_well=True)
            return
        accepted_at_s = self._accepted_at_s
        if accepted_at_s is None:
            self._outbox.stand("heartbeat", is_well=False, detail="never accepted")
        elif now_s - accepted_at_s > self._rules.heartbeat_patience_s and self._outbox.is_well("heartbeat"):
            detail = f"not accepted for {now_s - accepted_at_s:.1f} s, expected within {self._rules.heartbeat_s} s"
            self._outbox.stand("heartbeat", is_well=False, detail=detail)
            self._canceller.cancel_everything(f"heartbeat: {detail}")
