"""Renders the table of subjects as the documents that must agree with it."""

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from common.contracts.base import Event
from common.contracts.subjects import LEASES, STREAMS, SUBJECTS, Stream, Subject

HEADER = "<!-- Generated from common/contracts/subjects.py by `make docs`. Do not edit. -->"


def subjects_markdown() -> str:
    """Write the table a reader wants: who says what to whom, how it travels and how long it is kept."""
    rows = [
        "| subject | messages | owner | heard by | durable consumers | kind | kept in |",
        "|---|---|---|---|---|---|---|",
        *(_row(subject) for subject in SUBJECTS),
    ]
    streams = [
        "| stream | storage | age | what for |",
        "|---|---|---|---|",
        *(f"| {s.name} | {s.storage} | {_age(s.max_age_s)} | {s.why} |" for s in (*STREAMS, LEASES)),
    ]
    messages = [f"- `{m.__name__}` (`{s.pattern}`): {_summary(m)}" for s in SUBJECTS for m in s.messages]
    parts = [HEADER, "", "# Subjects", "", *rows, "", "## Streams", "", *streams, "", "## Messages", "", *messages, ""]
    return "\n".join(parts)


def asyncapi() -> str:
    """Write the same table as an AsyncAPI 3 document; what JetStream does is in `x-jetstream`."""
    messages = [m for s in SUBJECTS for m in s.messages]
    _, definitions = models_json_schema(
        [(m, "serialization") for m in messages], ref_template="#/components/schemas/{model}"
    )
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "pm-arb", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "channels": {_key(s): _channel(s) for s in SUBJECTS},
        "operations": {
            f"{s.owner}.send.{_key(s)}": {"action": "send", "channel": {"$ref": f"#/channels/{_key(s)}"}}
            for s in SUBJECTS
        },
        "components": {"schemas": definitions["$defs"]},
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def schema(message: type[Event]) -> dict[str, Any]:
    """Answer a message's JSON Schema as it is written to the wire."""
    return message.model_json_schema(mode="serialization")


def _row(subject: Subject) -> str:
    names = ", ".join(f"`{m.__name__}`" for m in subject.messages)
    ahead = (f"{service} (ahead)" for service in sorted(subject.foretold_to))
    heard = ", ".join([*sorted(subject.core_subscribers), *ahead]) or "-"
    durable = ", ".join(sorted(subject.durable_subscribers)) or "-"
    kept = subject.stream.name if subject.stream else "-"
    return f"| `{subject.pattern}` | {names} | {subject.owner} | {heard} | {durable} | {subject.kind} | {kept} |"


def _summary(message: type[Event]) -> str:
    return " ".join((message.__doc__ or "").strip().partition("\n\n")[0].split())


def _age(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds < 2 * 86_400 else f"{seconds // 86_400} days"


def _key(subject: Subject) -> str:
    return ".".join(t for t in subject.pattern.split(".") if not t.startswith("{"))


def _channel(subject: Subject) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": subject.pattern,
        "parameters": {t[1:-1]: {} for t in subject.pattern.split(".") if t.startswith("{")},
        "messages": {m.__name__: {"payload": {"$ref": f"#/components/schemas/{m.__name__}"}} for m in subject.messages},
    }
    if subject.stream is not None:
        channel["x-jetstream"] = _kept(subject.stream, subject)
    return channel


def _kept(stream: Stream, subject: Subject) -> dict[str, Any]:
    return {
        "stream": stream.name,
        "storage": stream.storage,
        "max_age_seconds": stream.max_age_s,
        "durable_consumers": sorted(subject.durable_subscribers),
    }
