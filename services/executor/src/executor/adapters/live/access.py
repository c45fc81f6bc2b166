"""Whether the venue takes our API key, and lets us trade: what it refused is well again only once it was asked."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import structlog

from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.history import History
from executor.adapters.live.outbox import Outbox
from executor.adapters.venue_errors import UnauthorizedError, VenueError

Derive = Callable[[], Awaitable[Credentials]]
"""Fetches the API key anew. Raises VenueError."""

UNDER_WAY_S = 6.0
"""How long an answer may be under way to what was asked with the key before."""
LASTS_S_MIN = 60.0
"""A key that was fetched anew and is refused sooner is not mended by fetching it once more."""

log = structlog.get_logger()


class Access:
    """Fetches the API key anew when it was refused, and looks after an operator's word whether all is well."""

    def __init__(self, exchange: Exchange, history: History, outbox: Outbox, derive: Derive) -> None:
        self._exchange, self._history, self._outbox, self._derive = exchange, history, outbox, derive
        self._renewing = asyncio.Lock()
        self._renewed_at_s = -math.inf

    async def renew(self) -> None:
        """Fetch the API key anew and use it from now on. Raises UnauthorizedError where that cannot be done."""
        try:
            credentials = await self._derive()
        except VenueError as error:
            raise UnauthorizedError(error.what, f"the key could not be fetched anew: {error.found}") from None
        self._exchange.use(credentials)
        self._history.api_key = credentials.api_key
        self._renewed_at_s = asyncio.get_running_loop().time()

    async def refused(self) -> None:
        """Fetch the API key anew, once, after the venue did not take it; where that does not help trading stops."""
        age_s = asyncio.get_running_loop().time() - self._renewed_at_s
        if self._renewing.locked() or self._outbox.is_ill("credentials") or age_s < UNDER_WAY_S:
            return
        if age_s < LASTS_S_MIN:
            detail = f"refused again {age_s:.0f} s after the API key was fetched anew"
            self._outbox.stand("credentials", is_well=False, detail=detail)
            return
        async with self._renewing:
            try:
                await self.renew()
                await self._exchange.closed_only()
            except UnauthorizedError as error:
                self._outbox.stand("credentials", is_well=False, detail=str(error))
            except VenueError as error:
                log.warning("credentials_unchecked", error=str(error))

    async def check(self) -> None:
        """See, after an operator's word, whether what the venue had refused is well again."""
        if not self._outbox.is_ill("credentials") and not self._outbox.is_ill("access"):
            return
        try:
            is_closed_only = await self._exchange.closed_only()
        except VenueError as error:
            log.warning("access_unchecked", error=str(error))
            return
        self._outbox.stand("credentials", is_well=True)
        self._outbox.stand("access", is_well=not is_closed_only, detail="closed only" if is_closed_only else "")
