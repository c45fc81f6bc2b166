"""Asks whether the venue serves this address, and what time it has."""

import asyncio

import structlog

from common.clock import MILLISECOND, SECOND, Clock
from common.errors import ParseError
from common.parsing import parse_flag
from common.runtime.core import Inbox
from venue.adapters.http import Http, RequestError
from venue.adapters.metrics import Refusals
from venue.adapters.wire.fields import an_object, decoded, unix
from venue.core import AccessChecked

RETRY_S = 5.0
HALF = SECOND // 2
"""The venue tells whole seconds, so its clock is half a second later on average."""

log = structlog.get_logger()


class AccessChecker:
    """Checks at the start and then now and again; what cannot be checked is not taken as allowed."""

    def __init__(self, geoblock_url: str, clob_url: str, interval_s: float, http: Http, clock: Clock) -> None:
        self._geoblock_url, self._time_url, self._interval_s = geoblock_url, f"{clob_url}/time", interval_s
        self._http, self._clock = http, clock
        self._refuse = Refusals("access")

    async def run(self, inbox: Inbox) -> None:
        """Check for ever."""
        while True:
            try:
                inbox.put(await self._check())
            except ParseError as error:
                self._refuse(error)
                log.warning("access_not_checked", error=str(error))
            except RequestError as error:
                log.warning("access_not_checked", error=str(error))
            else:
                await asyncio.sleep(self._interval_s)
                continue
            await asyncio.sleep(min(RETRY_S, self._interval_s))

    async def _check(self) -> AccessChecked:
        answer = an_object(decoded(await self._http.get("geoblock", self._geoblock_url), "geoblock"), "geoblock")
        blocked, country = parse_flag(answer.get("blocked"), "geoblock blocked"), answer.get("country")
        sent_at = self._clock.now()
        time = unix(decoded(await self._http.get("time", self._time_url), "time"), "time")
        now = self._clock.now()
        skew = (sent_at + now) // 2 - (time + HALF)
        return AccessChecked(
            blocked=blocked, country=country if isinstance(country, str) else "", skew_ms=int(skew / MILLISECOND),
            observed_at=now,
        )  # fmt: skip
