"""The table of subjects: the one source of streams, consumers, permissions and documents.

A subject is `<owner>.<noun>.<key>`. Its first token is the service that owns it, and the only one that may publish
it; `control` is the operator's.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from common.contracts import control, executor, oracle, risk, scanner, venue
from common.contracts.base import Event
from common.errors import ParseError

SERVICES = ("oracle", "venue", "scanner", "risk", "executor", "ledger", "alerter")
CONSOLE = "console"


class Kind(StrEnum):
    """How a message travels, which decides what may happen to it."""

    LATEST = "latest wins"  # core NATS; under load an older one gives way to a newer one
    FACT = "fact"  # core NATS; every one counts, a lost one is a missed trade and harmless
    DURABLE = "durable fact"  # JetStream, answered after the sync, at least once, deduplicated by its id
    STATE = "state"  # JetStream, the last one per subject is the truth
    COMMAND = "command"  # an operator's word, kept
    LIVENESS = "liveness"  # core NATS, not kept


@dataclass(frozen=True, slots=True)
class Stream:
    """A JetStream stream: what it captures, where it is kept and how long."""

    name: str
    storage: str
    max_age_s: int
    max_bytes: int
    last_per_subject: bool
    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the table. `{name}` in the pattern is filled from the message's attribute of that name."""

    pattern: str
    messages: tuple[type[Event], ...]
    kind: Kind
    stream: Stream | None
    core_subscribers: frozenset[str]
    durable_subscribers: frozenset[str] = frozenset()
    foretold_to: frozenset[str] = frozenset()
    """Durable subscribers that hear it over core NATS too, while it is being stored: to get ready, never to act."""

    @property
    def owner(self) -> str:
        return self.pattern.partition(".")[0]

    @property
    def filter(self) -> str:
        """The subject with its keys as wildcards, as subscribers name it."""
        return ".".join("*" if t.startswith("{") else t for t in self.pattern.split("."))

    def address(self, event: Event) -> str:
        """Fill the pattern from the message's own fields."""
        return ".".join([_token(getattr(event, name)) if name else text for text, name in _parts(self.pattern)])


DAY_S = 86_400
MEBIBYTE = 2**20

MARKET = Stream("MARKET", "memory", 3600, 512 * MEBIBYTE, False, "an hour of market data, for whoever starts late")
BOOKS = Stream(
    "BOOKS",
    "memory",
    3600,
    64 * MEBIBYTE,
    True,
    "the last book of every token: thousands a second push nothing else out",
)
CATALOGUE = Stream("CATALOGUE", "file", 30 * DAY_S, 256 * MEBIBYTE, True, "the last word on every market")
JOURNAL = Stream(
    "JOURNAL", "file", 90 * DAY_S, 8192 * MEBIBYTE, False, "the ordered record that risk and executor rebuild from"
)
CONTROL = Stream(
    "CONTROL", "file", 365 * DAY_S, 16 * MEBIBYTE, False, "what operators said; its last word is the halt latch"
)
STREAMS = (MARKET, BOOKS, CATALOGUE, JOURNAL, CONTROL)

LEASES = Stream("KV_LEASES", "file", 365 * DAY_S, MEBIBYTE, True, "who of several replicas acts: a key-value bucket")
"""Apart from the others: it holds no messages of the table, and each service reaches its own key alone."""
LEASED = ("risk", "executor")
"""The services of which one replica at a time may act."""

_WATCH = frozenset({CONSOLE})

SUBJECTS = (
    Subject(
        "oracle.price.{symbol}", (oracle.PriceUpdated,), Kind.LATEST, MARKET, frozenset({"scanner", "risk"}) | _WATCH
    ),
    Subject(
        "oracle.settlement.{symbol}",
        (oracle.SettlementPriceObserved,),
        Kind.FACT,
        MARKET,
        frozenset({"scanner"}) | _WATCH,
    ),
    Subject(
        "oracle.source.{source}", (oracle.SourceStatusChanged,), Kind.FACT, MARKET, frozenset({"alerter"}) | _WATCH
    ),
    Subject(
        "venue.book.{venue}.{token_id}",
        (venue.BookUpdated,),
        Kind.LATEST,
        BOOKS,
        frozenset({"scanner", "risk", "executor"}) | _WATCH,
    ),
    Subject(
        "venue.market.{venue}.{market_id}",
        (venue.MarketUpdated,),
        Kind.STATE,
        CATALOGUE,
        frozenset({"scanner", "risk", "executor", "alerter"}) | _WATCH,
    ),
    Subject(
        "scanner.opportunity.{market_id}",
        (scanner.OpportunityFound,),
        Kind.FACT,
        JOURNAL,
        frozenset({"risk"}) | _WATCH,
        frozenset({"ledger"}),
    ),
    Subject("scanner.valuation.{market_id}", (scanner.MarketValued,), Kind.LATEST, None, _WATCH),
    Subject(
        "risk.decision.{market_id}",
        (risk.OrderApproved, risk.OrderDenied),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"executor", "ledger", "alerter"}),
        foretold_to=frozenset({"executor"}),
    ),
    Subject(
        "risk.lease",
        (risk.RiskLeaseAcquired,),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"executor", "ledger", "alerter"}),
    ),
    Subject("risk.state", (risk.RiskStateChanged,), Kind.DURABLE, JOURNAL, _WATCH, frozenset({"ledger", "alerter"})),
    Subject(
        "risk.halt",
        (risk.TradingHalted, risk.TradingResumed),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"executor", "ledger", "alerter"}),
    ),
    Subject(
        "executor.order.{market_id}",
        (
            executor.OrderSubmitted,
            executor.OrderRefused,
            executor.OrderAccepted,
            executor.OrderRejected,
            executor.OrderUnknown,
            executor.OrderCancelled,
            executor.OrderFilled,
            executor.OrderAdopted,
        ),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"risk", "ledger", "alerter"}),
    ),
    Subject(
        "executor.fill.{market_id}",
        (executor.FillMatched, executor.FillConfirmed, executor.FillFailed),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"risk", "ledger", "alerter"}),
    ),
    Subject(
        "executor.position.{market_id}",
        (executor.PositionSettled, executor.PositionRedeemed),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"risk", "ledger", "alerter"}),
    ),
    Subject(
        "executor.reconciliation",
        (executor.ReconciliationDone,),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"risk", "ledger", "alerter"}),
    ),
    Subject(
        "executor.state",
        (executor.ExecutorStateChanged,),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"ledger", "alerter"}),
    ),
    Subject(
        "executor.lease",
        (executor.ExecutorLeaseAcquired,),
        Kind.DURABLE,
        JOURNAL,
        _WATCH,
        frozenset({"risk", "ledger", "alerter"}),
    ),
    Subject(
        "control.halt",
        (control.HaltRequested,),
        Kind.COMMAND,
        CONTROL,
        frozenset({"risk", "executor", "alerter"}) | _WATCH,
    ),
    Subject(
        "control.resume",
        (control.ResumeRequested,),
        Kind.COMMAND,
        CONTROL,
        frozenset({"risk", "executor", "alerter"}) | _WATCH,
    ),
    Subject("control.rearm", (control.RearmRequested,), Kind.COMMAND, CONTROL, frozenset({"risk"}) | _WATCH),
    Subject("control.order", (control.OrderRequested,), Kind.FACT, None, frozenset({"risk"}) | _WATCH),
    Subject(
        "heartbeat.{service}",
        (control.HeartbeatSent,),
        Kind.LIVENESS,
        None,
        frozenset({"alerter", "executor"}) | _WATCH,
    ),
)
"""Every subject there is. The bus refuses what is not in here."""

DURABLE_FILTERS = {"executor": "risk.>", "risk": "executor.>", "ledger": ">", "alerter": ">"}
"""The one filter of each durable consumer on JOURNAL. Several filters would weaken NATS's permissions."""

ADDRESSES_KEPT_MAX = 4096
"""Addresses whose row is remembered: they come from outside, and there is no end of them."""

_BY_MESSAGE = {message: subject for subject in SUBJECTS for message in subject.messages}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


def lease_subject(service: str) -> str:
    """Name the subject of a service's key in the bucket of leases."""
    return f"$KV.LEASES.{service}"


def subject_of(message: type[Event]) -> Subject:
    """Answer the row that a message type belongs to."""
    return _BY_MESSAGE[message]


@lru_cache(maxsize=ADDRESSES_KEPT_MAX)
def find(address: str) -> Subject | None:
    """Answer the row that a concrete subject belongs to, or None."""
    tokens = address.split(".")
    for subject in SUBJECTS:
        wanted = subject.pattern.split(".")
        if len(wanted) == len(tokens) and all(w.startswith("{") or w == t for w, t in zip(wanted, tokens, strict=True)):
            return subject
    return None


def subscribed_by(service: str) -> tuple[Subject, ...]:
    """Answer the rows that a service hears over core NATS."""
    return tuple(s for s in SUBJECTS if service in s.core_subscribers)


def foretold_to(service: str) -> tuple[Subject, ...]:
    """Answer the rows that a service hears of before they are stored."""
    return tuple(s for s in SUBJECTS if service in s.foretold_to)


@cache
def _parts(pattern: str) -> tuple[tuple[str, str], ...]:
    """Take a pattern apart: each token, and the attribute that it stands for or nothing."""
    return tuple((token, token[1:-1] if token.startswith("{") else "") for token in pattern.split("."))


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ParseError("bad_subject_key", expected="1 to 128 letters, digits, _ or -", found=text)
    return text
