"""Asks whether the venue serves this address, and where it believes this address to be."""

from dataclasses import dataclass

from common.errors import ParseError
from common.parsing import parse_flag
from executor.adapters.answers import payload
from executor.adapters.connection import Endpoint, Lane
from executor.adapters.http1 import request
from executor.adapters.venue_errors import UnknownError

WITHIN_S = 5.0
ANSWER_BYTES_MAX = 65_536
CLOSE_ONLY = frozenset({"AU", "BE", "DE", "FR", "GB", "IT", "PL", "SG", "TH", "TW", "US"})
"""Countries from which positions can be closed and none opened. Source: the venue's page on geographic restrictions."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the venue says of this address."""

    is_blocked: bool
    country: str
    region: str

    @property
    def words(self) -> str:
        """Say it in a few words."""
        place = f"{self.country or 'an unnamed country'}{f', {self.region}' if self.region else ''}"
        if not self.is_blocked:
            return f"{place}, served"
        return f"{place}, blocked" + (": only closing positions is allowed there" if self._closes_only else "")

    @property
    def _closes_only(self) -> bool:
        return self.country in CLOSE_ONLY


async def ask_access(url: str) -> Access:
    """Ask it. Raises a VenueError where there is no plain answer, and ValueError for what is no URL."""
    endpoint, what = Endpoint.of(url), "GET geoblock"
    lane = Lane(endpoint, connections_max=1, connect_s_max=WITHIN_S, idle_s_max=WITHIN_S)
    fixed = f"Host: {endpoint.authority}\r\nUser-Agent: pm-arb/0.1 (executor)\r\nAccept: application/json\r\n".encode()
    try:
        sent = request("GET", endpoint.prefix or "/", fixed, (), b"")
        answer = await lane.exchange(what, sent, within_s=WITHIN_S, body_bytes_max=ANSWER_BYTES_MAX)
    finally:
        lane.close()
    found = payload(what, answer)
    try:
        return _read(found)
    except ParseError as error:
        raise UnknownError(what, str(error)) from None


def _read(found: object) -> Access:
    if not isinstance(found, dict):
        raise ParseError("wrong_type", expected="an object", found=found, where="geoblock")
    is_blocked = parse_flag(found.get("blocked"), "geoblock blocked")
    return Access(is_blocked, _text(found.get("country")), _text(found.get("region")))


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
