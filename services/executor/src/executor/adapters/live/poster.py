"""Posts an order once, and says what its answer means: taken, refused, killed, or that nobody knows.

Nothing is posted again but what the venue turned away at the door, with a key that was fetched anew, once.
"""

import structlog

from common.clock import Clock, Instant
from executor.adapters.connection import Hindrance
from executor.adapters.exchange import Exchange
from executor.adapters.live.access import Access
from executor.adapters.live.history import Followed, History
from executor.adapters.live.outbox import Outbox
from executor.adapters.live.writer import OrderWriter, Written
from executor.adapters.venue_errors import (
    BlockedError,
    HeldBackError,
    NotSentError,
    RateLimitedError,
    RefusalCode,
    RefusedError,
    RestrictedError,
    UnauthorizedError,
    VenueError,
)
from executor.adapters.wire_orders import Placed
from executor.core.inputs import GatewayLost, GatewayReport

NOTHING_IS_THERE: dict[type[VenueError], str] = {
    UnauthorizedError: "unauthorized", RateLimitedError: "rate_limited", BlockedError: "blocked",
    NotSentError: "not_sent", HeldBackError: "held_back",
}  # fmt: skip
"""Failures after which nothing is there, and the code under which each is told."""
DRY_RUN_WORDS = "dry run: signed, not posted"
SHUT_OUT = frozenset({RefusalCode.CLOSED_ONLY, RefusalCode.BANNED})

log = structlog.get_logger()


class Poster:
    """The one way for an order to leave."""

    def __init__(
        self, exchange: Exchange, writer: OrderWriter, history: History, outbox: Outbox, *, access: Access, clock: Clock
    ) -> None:
        self._exchange, self._writer, self._history = exchange, writer, history
        self._outbox, self._clock, self._access = outbox, clock, access

    async def post(self, followed: Followed, written: Written, hindrance: Hindrance) -> list[GatewayReport]:
        """Post an order and answer what its answer means.

        `hindrance` is asked right before its bytes leave, however long they had to wait.
        """
        try:
            placed = await self._placed(written, hindrance)
        except VenueError as error:
            return self._failed(followed, error)
        return self._history.placed(followed, placed, self._clock.now())

    def withhold(self, followed: Followed, written: Written, now: Instant) -> list[GatewayReport]:
        """Log an order that is signed in a dry run, in place of posting it, and end it."""
        terms = written.signed.terms
        log.info(
            "order_signed_not_posted", venue_order_id=written.signed.order_id, order_id=followed.order_id,
            side=terms.side, token_id=terms.token_id, maker_amount=terms.maker_amount, taker_amount=terms.taker_amount,
        )  # fmt: skip
        reports = self._history.killed(followed, DRY_RUN_WORDS, now)
        followed.is_checked = True
        return reports

    async def _placed(self, written: Written, hindrance: Hindrance) -> Placed:
        try:
            return await self._exchange.post(written.request, written.signed.order_id, hindrance)
        except UnauthorizedError as error:
            log.warning("credentials_refused", what=error.what, found=error.found)
        await self._access.renew()
        again = self._writer.write_anew(written.approval)
        return await self._exchange.post(again.request, again.signed.order_id, hindrance)

    def _failed(self, followed: Followed, error: VenueError) -> list[GatewayReport]:
        now, words = self._clock.now(), str(error)
        match error:
            case RefusedError(code=RefusalCode.KILLED):
                return self._history.killed(followed, error.words, now)
            case RefusedError():
                if error.code in SHUT_OUT:
                    self._outbox.stand("access", is_well=False, detail=words)
                return self._history.rejected(followed, error.code.value, error.words, now)
            case RestrictedError():
                return self._history.rejected(followed, f"restricted_{error.mode}", words, now)
            case _ if type(error) in NOTHING_IS_THERE:
                if isinstance(error, UnauthorizedError):
                    self._outbox.stand("credentials", is_well=False, detail=words)
                return self._history.rejected(followed, NOTHING_IS_THERE[type(error)], words, now)
            case _:
                return [GatewayLost(order_id=followed.order_id, detail=words, at=now)]
