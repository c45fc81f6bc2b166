"""A contract may grow; it may never change its mind.

`schemas/` holds the JSON Schema of every message as last released, `samples/` one message of each as it travelled.
A message may gain an optional field. It may not lose one, retype one, or start requiring one: that is a new message.
`UPDATE_CONTRACTS=1` adds what is new and never rewrites what was released.
"""

import json
import os
from pathlib import Path

import pytest

import builders
from common.bus.codec import decode, encode
from common.contracts.render import schema
from common.contracts.subjects import SUBJECTS, Kind, subject_of
from samples import SAMPLES

HERE = Path(__file__).parent
MESSAGES = [m for s in SUBJECTS for m in s.messages]


def breaks(old, new):
    """Say what a reader of the old contract could not live with."""
    found = [f"lost `{name}`" for name in old["properties"] if name not in new["properties"]]
    found += [
        f"retyped `{name}`"
        for name, was in old["properties"].items()
        if name in new["properties"] and new["properties"][name] != was
    ]
    found += [f"now requires `{name}`" for name in new.get("required", []) if name not in old.get("required", [])]
    for part, was in old.get("$defs", {}).items():
        found += (
            [f"{part}: {item}" for item in breaks(was, new["$defs"][part])]
            if part in new.get("$defs", {})
            else [f"lost {part}"]
        )
    return found


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_a_released_message_only_grows(message):
    path = HERE / "schemas" / f"{message.__name__}.json"
    if not path.exists() and os.environ.get("UPDATE_CONTRACTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(schema(message), indent=1, sort_keys=True) + "\n")

    assert breaks(json.loads(path.read_text()), schema(message)) == []


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.__name__)
def test_a_released_sample_is_still_understood(message):
    path = HERE / "samples" / f"{message.__name__}.json"
    if not path.exists() and os.environ.get("UPDATE_CONTRACTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode(SAMPLES[message]) + b"\n")

    sample = SAMPLES[message]
    address = subject_of(message).address(sample)
    found = decode(address, path.read_bytes().strip(), builders.NOON)

    assert found == sample


@pytest.mark.parametrize(
    "message", [m for m in MESSAGES if subject_of(m).kind in (Kind.DURABLE, Kind.STATE)], ids=lambda m: m.__name__
)
def test_what_is_stored_once_has_an_identity(message):
    assert SAMPLES[message].identity


def test_the_check_sees_each_way_to_break_a_contract():
    old = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}
    new = {"properties": {"a": {"type": "number"}, "c": {"type": "string"}}, "required": ["a", "c"]}

    assert breaks(old, new) == ["lost `b`", "retyped `a`", "now requires `c`"]
