"""Posts an order once, and says what its answer means: taken, refused, killed, or that nobody knows.

Nothing is posted again but what the venue turned away at the door, with a key that was fetched anew, once.
"""

import structlog

from common.clock import Clock
from executor.adapters.connection import Hindrance
from executor.adapters.exchange import Exchange
from executor.adapters.live.access import Access
from executor.adapters.live.history import Followed, History
from executor.adapters.live.naming import stated_expiration_s
from executor.adapters.live.outbox import Outbox
from executor.adapters.typed_data import SignedOrder
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
from executor.adapters.wire_orders import Placed, order_body
from executor.core.inputs import GatewayLost, GatewayReport

NOTHING_IS_THERE: dict[type[VenueError], str] = {
    UnauthorizedError: "unauthorized", RateLimitedError: "rate_limited", BlockedError: "blocked",
    NotSentError: "not_sent", HeldBackError: "held_back",
}  # fmt: skip
"""Failures after which nothing is there, and the code under which each is told."""
SHUT_OUT = frozenset({RefusalCode.CLOSED_ONLY, RefusalCode.BANNED})

log = structlog.get_logger()


class Poster:
    """The one way for an order to leave."""

    def __init__(self, exchange: Exchange, history: History, outbox: Outbox, clock: Clock, access: Access) -> None:
        self._exchange, self._history, self._outbox, self._clock = exchange, history, outbox, clock
        self._access = access

    async def post(self, followed: Followed, signed: SignedOrder, hindrance: Hindrance) -> list[GatewayReport]:
        """Post an order and answer what its answer means.

        `hindrance` is asked right before its bytes leave, however long they had to wait.
        """
        try:
            placed = await self._placed(followed, signed, hindrance)
        except VenueError as error:
            return self._failed(followed, error)
        return self._history.placed(followed, placed, self._clock.now())

    async def _placed(self, followed: Followed, signed: SignedOrder, hindrance: Hindrance) -> Placed:
        try:
            return await self._exchange.post(self._body(followed, signed), signed.order_id, hindrance)
        except UnauthorizedError as error:
            log.warning("credentials_refused", what=error.what, found=error.found)
        await self._access.renew()
        return await self._exchange.post(self._body(followed, signed), signed.order_id, hindrance)

    def _body(self, followed: Followed, signed: SignedOrder) -> bytes:
        approval = followed.approval
        return order_body(
            signed, api_key=self._history.api_key, order_type=approval.order_type,
            expiration_s=stated_expiration_s(approval), post_only=approval.post_only,
        )  # fmt: skip

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
