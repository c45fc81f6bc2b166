"""The push gateway: Pushover's message call, with its limits and its words."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from simulator.answers import answer, read_json
from simulator.world.chance import digits

if TYPE_CHECKING:
    from simulator.stage import Stage

MESSAGES_KEPT_MAX = 1000
KEY_LENGTH = 30
MESSAGE_LENGTH_MAX = 1024
TITLE_LENGTH_MAX = 250
URL_LENGTH_MAX = 512
EMERGENCY = 2
RETRY_S_MIN = 30
EXPIRE_S_MAX = 10_800
KEPT_FIELDS = (
    "title",
    "message",
    "priority",
    "retry",
    "expire",
    "sound",
    "url",
    "url_title",
    "device",
    "ttl",
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The messages that arrived, without the keys that they came with; the oldest are forgotten."""

    messages: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT_MAX))

    def accept(self, fields: Mapping[str, str], at_ns: int) -> dict[str, object]:
        """Keep a valid message and return what Pushover answers."""
        number = len(self.messages) and int(str(self.messages[-1]["number"])) + 1
        answered: dict[str, object] = {"status": 1, "request": _request_id(f"{at_ns}:{number}")}
        if int(fields.get("priority", "0")) == EMERGENCY:
            answered["receipt"] = digits(f"receipt:{at_ns}:{number}", KEY_LENGTH)
        kept = {name: fields[name] for name in KEPT_FIELDS if name in fields}
        self.messages.append({"number": number, "at_ns": at_ns} | kept | answered)
        return answered


def errors(fields: Mapping[str, str]) -> dict[str, str]:
    """Find what is wrong with a message: the field, and Pushover's words."""
    found: dict[str, str] = {}
    if not _is_key(fields.get("token", "")):
        found |= {"token": "application token is invalid, see https://pushover.net/api"}
    if not _is_key(fields.get("user", "")):
        found["user"] = "user identifier is not a valid user, group, or subscribed user key"
    if not fields.get("message", "").strip():
        found["message"] = "message cannot be blank"
    for name, longest in (
        ("message", MESSAGE_LENGTH_MAX),
        ("title", TITLE_LENGTH_MAX),
        ("url", URL_LENGTH_MAX),
    ):
        if len(fields.get(name, "")) > longest:
            found[name] = f"{name} is too long, at most {longest} characters"
    priority = _number(fields.get("priority", "0"))
    if priority is None or not -EMERGENCY <= priority <= EMERGENCY:
        found["priority"] = "priority is invalid"
    if priority == EMERGENCY:
        found |= _emergency_errors(fields)
    return found


def _emergency_errors(fields: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    retry, expire = _number(fields.get("retry", "")), _number(fields.get("expire", ""))
    if retry is None:
        found["retry"] = "retry must be supplied with priority=2"
    elif retry < RETRY_S_MIN:
        found["retry"] = f"retry must be at least {RETRY_S_MIN} seconds"
    if expire is None:
        found["expire"] = "expire must be supplied with priority=2"
    elif not 0 < expire <= EXPIRE_S_MAX:
        found["expire"] = f"expire must be at most {EXPIRE_S_MAX} seconds"
    return found


async def receive(request: web.Request, stage: "Stage") -> web.Response:
    if stage.faults.pushover_is_down():
        return web.Response(status=500, text="Internal Server Error")
    fields = await _fields(request)
    wrong = errors(fields)
    if wrong:
        names = dict.fromkeys(wrong, "invalid")
        words = list(wrong.values())
        request_id = _request_id(f"{stage.clock()}:{words}")
        return answer(names | {"errors": words, "status": 0, "request": request_id}, 400)
    return answer(stage.mailbox.accept(fields, stage.clock()))


async def _fields(request: web.Request) -> dict[str, str]:
    """Read a form or a JSON object; what is neither has no fields, and so lacks the required ones."""
    if request.content_type == "application/json":
        try:
            body = await read_json(request)
        except ValueError:
            return {}
        return {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}
    try:
        form = await request.post()
    except ValueError:
        return {}
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _is_key(text: str) -> bool:
    return len(text) == KEY_LENGTH and text.isascii() and text.isalnum()


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _request_id(cause: str) -> str:
    text = digits(cause, 32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
