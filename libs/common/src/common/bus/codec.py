"""From bytes to messages and back, strictly by the table of subjects."""

from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter, ValidationError

from common.clock import Instant
from common.contracts.base import Event
from common.contracts.control import HaltRequested, RearmRequested, ResumeRequested
from common.contracts.subjects import SUBJECTS, Kind, Subject, find
from common.errors import MessageRefusedError

REASON_CHARACTERS_MAX = 200


def _adapter(subject: Subject) -> TypeAdapter[Any]:
    if len(subject.messages) == 1:
        return TypeAdapter(subject.messages[0])
    union: Any = Union[subject.messages]  # noqa: UP007 - the members are known at run time only
    return TypeAdapter(Annotated[union, Field(discriminator="type")])


_ADAPTERS: dict[str, TypeAdapter[Any]] = {s.pattern: _adapter(s) for s in SUBJECTS}


def decode(address: str, payload: bytes, stored_at: Instant) -> Event:
    """Read a message; raises MessageRefusedError with a code that can be counted.

    An operator's command is any text: it needs no form, so that it can be given by hand.
    """
    subject = find(address)
    if subject is None:
        raise MessageRefusedError(address, "unknown_subject", "not in the table of subjects")
    if subject.kind is Kind.COMMAND:
        reason = _text(payload)
        command: Event = subject.messages[0](reason=reason, at=stored_at)
        return command
    try:
        event: Event = _ADAPTERS[subject.pattern].validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise MessageRefusedError(address, "bad_message", f"{first['loc']}: {first['msg']}") from None
    return event


def encode(event: Event) -> bytes:
    """Write a message; a command travels as its bare reason."""
    if isinstance(event, HaltRequested | ResumeRequested | RearmRequested):
        return event.reason.encode()
    return event.to_json()


def _text(payload: bytes) -> str:
    text = payload.decode("utf-8", errors="replace").strip()
    return "".join(c for c in text if c.isprintable())[:REASON_CHARACTERS_MAX]
