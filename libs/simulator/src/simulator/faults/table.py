"""All faults there are: name, fields with defaults and bounds, and a sentence on what happens."""

from dataclasses import dataclass
from enum import StrEnum

from simulator.faults.fields import Field, Kind
from simulator.matching.values import TICKS_E4
from simulator.world import CHANNELS

FAULT_SECONDS_MIN = 0.001
FAULT_SECONDS_MAX = 3600.0
FAULT_COUNT_MAX = 10_000
SOCKETS = (*CHANNELS, "user", "polybolt")
"""Every channel that can be silenced, dropped or garbled: those of the world, and those of an account."""
METHODS = ("", "GET", "POST", "DELETE")


class Manner(StrEnum):
    """How long a fault is with us."""

    COUNTED = "the next so many chances"
    LASTING = "for a while"
    MARKED = "as long as the market lives"
    AT_ONCE = "at once"
    STANDING = "until it is set otherwise"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault."""

    name: str
    manner: Manner
    does: str
    fields: tuple[Field, ...] = ()


def _text(name: str, means: str, default: str | None = "", choices: tuple[str, ...] = ()) -> Field:
    return Field(name, Kind.TEXT, means, default, choices=choices)


def _seconds(name: str, means: str, default: float, low: float = FAULT_SECONDS_MIN) -> Field:
    return Field(name, Kind.NUMBER, means, default, low, FAULT_SECONDS_MAX)


def _flag(name: str, means: str, default: bool) -> Field:
    return Field(name, Kind.FLAG, means, default)


CHANNEL = Field("channel", Kind.TEXT, "which socket", choices=SOCKETS, is_required=True)
SECONDS = _seconds("seconds", "how long", 10.0)
COUNTS = (
    Field("count", Kind.WHOLE, "how often it happens", 1, 1, FAULT_COUNT_MAX),
    Field("after", Kind.WHOLE, "how many chances are let pass before", 0, 0, FAULT_COUNT_MAX),
)
CLIENT = (
    _text("address", "only to this address; empty for any"),
    _text("key", "only to this API key; empty for any"),
)
CALL = (
    _text("path", "only to paths that begin so, /clob left out; empty for any"),
    _text("method", "only to this method; empty for any", choices=METHODS),
    *CLIENT,
)
SLUG = _text("slug", "which market")


def _counted(name: str, does: str, *fields: Field) -> Fault:
    return Fault(name, Manner.COUNTED, does, (*fields, *COUNTS))


FAULTS = (
    Fault("silence", Manner.LASTING, "The channel keeps its connections, answers PING and says nothing.",
          (CHANNEL, SECONDS)),
    _counted("malformed", 'The channel\'s frames are cut off, carry "NaN" prices or "" prices, in turn.', CHANNEL),
    Fault("drop", Manner.AT_ONCE, "All sockets of the channel are cut without a farewell.", (CHANNEL,)),
    Fault("missing_fee", Manner.MARKED, "The market, by default the next to be listed, has no fee schedule.", (SLUG,)),
    Fault("unknown_rule", Manner.MARKED, "The market, by default the next to be listed, has a rule that nobody knows.",
          (SLUG,)),
    Fault("pushover_down", Manner.LASTING, "The push gateway answers 500.", (SECONDS,)),
    _counted("drop_answer", "The request is done, then the connection is cut without an answer.", *CALL),
    _counted("late_answer", "The request is done at once and answered late.", _seconds("seconds", "how late", 10.0),
             *CALL),
    Fault("restarting", Manner.LASTING,
          "Orders and cancels are answered 425; then, for a while, only post-only orders and cancels are taken.",
          (SECONDS, _seconds("post_only_seconds", "how long only post-only orders are taken afterwards", 120.0, 0.0),
           _flag("retry_after", "whether Retry-After tells when the restart is over", default=True))),
    Fault("trading_disabled", Manner.LASTING, "Orders are answered 503, trading is disabled. Cancels are taken.",
          (SECONDS,)),
    Fault("cancel_only", Manner.LASTING, "Orders are answered 503, trading is cancel-only. Cancels are taken.",
          (SECONDS,)),
    _counted("too_many_requests", "The request is answered 429 and not done.",
             Field("retry_after", Kind.NUMBER, "the seconds that Retry-After tells; else none", None, 0, 3600),
             _text("body", "whose words: the exchange's JSON or the gateway's plain text", "json", ("json", "plain")),
             *CALL),
    _counted("unauthorized", "The request is answered 401 and not done, whatever its signature.", *CALL),
    _counted("cloudflare", "The request is answered 403 with the gateway's HTML page and not done.",
             Field("code", Kind.WHOLE, "the gateway's error code", 1010, 1000, 1999), *CALL),
    _counted("order_timed_out", "An order, or a batch of them, is answered 500, order timed out.",
             _flag("placed", "whether it was placed nevertheless", default=True), *CALL),
    Fault("geoblock", Manner.STANDING,
          "The geographic check answers this, and while it is blocked, orders are answered 403 with an HTML page.",
          (_flag("blocked", "whether trading is blocked", default=True),
           _text("country", "two letters", "FR"), _text("region", "empty for none"))),
    _counted("empty_order_id", "An order is answered 200 and success, with an empty id and an error's words.",
             _text("words", "the error's words", None), *CALL),
    _counted("empty_fak", "A FAK is answered 400 with its id, as if it had found nothing.", *CALL),
    _counted("declined_cancel", "A cancel is answered 200 that declines it: the order is being matched.", *CALL),
    _counted("trade_failed", "A trade goes from MATCHED to FAILED.", *CLIENT),
    _counted("trade_retrying", "A trade goes through RETRYING before it is mined.", *CLIENT),
    _counted("heartbeat_lost", "The expected heartbeat id changes on its own.", *CALL),
    _counted("duplicate_user_events", "A frame of the user channel is sent twice.", *CLIENT),
    _counted("reordered_user_events", "A frame of the user channel is sent after the one that follows it.", *CLIENT),
    _counted("missing_user_events", "A frame of the user channel is never sent.", *CLIENT),
    Fault("tick_change", Manner.AT_ONCE, "The tick of the market, by default that which runs longest, is changed.",
          (SLUG, _text("tick", "the new tick", "0.001", tuple(TICKS_E4)))),
    Fault("crossing_burst", Manner.AT_ONCE,
          "The market, by default that which runs longest, is said in frames that cross until the last.",
          (SLUG,)),
)  # fmt: skip
BY_NAME = {fault.name: fault for fault in FAULTS}
