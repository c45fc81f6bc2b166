"""Keeps a connection at hand for the next order, which may be the first in hours: to connect is several round trips."""

import asyncio

import structlog

from executor.adapters.exchange import Exchange
from executor.adapters.live.rules import LiveRules
from executor.adapters.venue_errors import VenueError

log = structlog.get_logger()


class Warmth:
    """Renews the connections for orders and cancels before anybody would close them."""

    def __init__(self, exchange: Exchange, rules: LiveRules) -> None:
        self._exchange, self._rules = exchange, rules

    async def run(self) -> None:
        """Renew them for ever. Where nothing got through none is kept, and the next order connects for itself."""
        while True:
            try:
                await self._exchange.warm()
            except VenueError as error:
                log.warning("connections_not_renewed", error=str(error))
            await asyncio.sleep(self._rules.warm_s)
