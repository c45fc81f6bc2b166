"""How the Data API reads a query, pages what it found, and is cached on its way. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.answers import whole
from simulator.matching.values import E6, NS_PER_S
from simulator.world import Json

LIMIT_DEFAULT = 100
LIMIT_MAX = 1000
IDS_MAX = 20
SECONDS_MAX = 10**11
CACHED_MAX = 1000
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
CONDITION = re.compile("0x[0-9a-fA-F]{62}(?:[0-9a-fA-F]{2})?")
AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
CONDITION_NAMES = ("condition", "condition_id", "conditionId")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every listing can be narrowed to. Instants are unix seconds, both ends included."""

    user: str
    conditions: frozenset[str]
    events: frozenset[str]
    start_s: int
    end_s: int
    by_cash: bool
    amount_e6: int

    def covers(self, condition_id: str, event_id: str) -> bool:
        return (not self.conditions or condition_id in self.conditions) and (not self.events or event_id in self.events)

    def spans(self, at_s: int) -> bool:
        """Tell whether an instant lies within; what has none (0) does only where nothing bounds."""
        if not at_s:
            return self.start_s == 0 and self.end_s == SECONDS_MAX
        return self.start_s <= at_s <= self.end_s

    def is_big_enough(self, shares_e6: int, usd_e6: int) -> bool:
        return (usd_e6 if self.by_cash else shares_e6) >= self.amount_e6


def read(query: Mapping[str, str], smallest_e6: int) -> Wanted:
    """Read what is wanted; amounts below the smallest are left out unless asked for. Raises ValueError with words."""
    if "offset" in query:
        raise ValueError("offset is not supported, follow next_cursor")
    user, kind = query.get("user", ""), query.get("filter_type") or "TOKENS"
    if user and not ADDRESS.fullmatch(user):
        raise ValueError(f"user: expected an address, found {user!r}")
    if kind not in ("TOKENS", "CASH"):
        raise ValueError(f"filter_type: expected TOKENS or CASH, found {kind!r}")
    amount = query.get("filter_amount")
    if amount is not None and not AMOUNT.fullmatch(amount):
        raise ValueError(f"filter_amount: expected an amount, found {amount!r}")
    given = next((query[name] for name in CONDITION_NAMES if query.get(name)), "")
    return Wanted(
        user=user.lower(),
        conditions=frozenset(_condition(text) for text in _listed("condition", given)),
        events=frozenset(_listed("event_id", query.get("event_id", ""))),
        start_s=whole(query.get("start"), 0, 0, SECONDS_MAX),
        end_s=whole(query.get("end"), 0, 0, SECONDS_MAX) or SECONDS_MAX,
        by_cash=kind == "CASH",
        amount_e6=round(float(amount) * E6) if amount is not None else smallest_e6,
    )


def choice(query: Mapping[str, str], name: str, known: Sequence[str], default: str) -> str:
    """Read one of several words. Raises ValueError for any other."""
    found = query.get(name) or default
    if found not in known and found != default:
        raise ValueError(f"{name}: expected one of {', '.join(known)}, found {found!r}")
    return found


def paged(kind: str, rows: Sequence[tuple[str, Json]], query: Mapping[str, str]) -> Json:
    """Wrap a page of rows, each with the place that a cursor can name. Raises ValueError for a cursor that is none."""
    limit, start = whole(query.get("limit"), LIMIT_DEFAULT, 1, LIMIT_MAX), 0
    if query.get("cursor"):
        limit, place = _cursor(kind, query["cursor"])
        start = next((index + 1 for index, row in enumerate(rows) if row[0] == place), -1)
    if start < 0:
        raise ValueError("invalid cursor")
    shown = rows[start : start + limit]
    has_more = start + limit < len(rows)
    following = base64.urlsafe_b64encode(f"{kind}|{limit}|{shown[-1][0]}".encode()).decode() if has_more else None
    return {
        "data": [row for _, row in shown],
        "pagination": {"limit": limit, "offset": start, "has_more": has_more, "next_cursor": following},
    }  # fmt: skip


class Cache:
    """Answers as they are kept on their way to clients, for so long, by their whole address."""

    def __init__(self, age_s_max: int) -> None:
        self.age_s_max = age_s_max
        self._kept: dict[str, tuple[int, bytes]] = {}

    def find(self, address: str, now_ns: int) -> tuple[bytes, int] | None:
        """Return an answer that is young enough, and its age in seconds."""
        kept = self._kept.get(address)
        if kept is None or now_ns - kept[0] >= self.age_s_max * NS_PER_S:
            return None
        return kept[1], (now_ns - kept[0]) // NS_PER_S

    def keep(self, address: str, body: bytes, now_ns: int) -> None:
        self._kept.pop(address, None)
        if len(self._kept) >= CACHED_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[address] = (now_ns, body)


def _listed(name: str, text: str) -> list[str]:
    items = list(dict.fromkeys(item for item in text.split(",") if item))
    if len(items) > IDS_MAX:
        raise ValueError(f"{name}: at most {IDS_MAX} distinct values, found {len(items)}")
    return items


def _condition(text: str) -> str:
    """Read a condition as the order book has it: the short form is filled up."""
    if not CONDITION.fullmatch(text):
        raise ValueError(f"condition: expected a condition id, found {text!r}")
    return text.lower().ljust(66, "0")


def _cursor(kind: str, text: str) -> tuple[int, str]:
    try:
        found, limit, place = base64.urlsafe_b64decode(text.encode()).decode().split("|")
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise ValueError("invalid cursor") from error
    if found != kind:
        raise ValueError(f"invalid cursor: expected one of {kind}, found one of {found}")
    return whole(limit, LIMIT_DEFAULT, 1, LIMIT_MAX), place
