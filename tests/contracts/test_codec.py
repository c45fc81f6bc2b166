import json

import pytest

from builders import NOON, an_approval
from common.bus.codec import decode
from common.errors import MessageRefusedError
from samples import SAMPLES

WIRE = json.loads(an_approval().to_json())
ADDRESS = f"risk.decision.{an_approval().market_id}"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "order_approved_perhaps"}, "an unknown type"),
        ({"quantity": True}, "a boolean for a number"),
        ({"quantity": "NaN"}, "a number that is none"),
        ({"quantity": ""}, "an empty number"),
        ({"quantity": None}, "a missing number"),
        ({"limit": "1.5"}, "a price above a dollar"),
        ({"maker_amount": "5000000"}, "an integer as text"),
        ({"valid_until": "soon"}, "a moment as text"),
        ({"side": "HOLD"}, "a side that is none"),
        ({"symbol": "BTCUSDT"}, "a suffixed symbol"),
        ({"market_id": "a.b"}, "a key that would split its subject"),
    ],
)
def test_a_message_of_the_wrong_form_is_refused(change, why):
    with pytest.raises(MessageRefusedError) as refused:
        decode(ADDRESS, json.dumps(WIRE | change).encode(), NOON)

    assert refused.value.code == "bad_message", why


def test_a_verdict_is_its_type_and_never_a_flag_that_could_be_text():
    for event in SAMPLES.values():
        assert "approved" not in json.loads(event.to_json())


def test_a_field_that_an_older_reader_does_not_know_is_ignored():
    assert decode(ADDRESS, json.dumps(WIRE | {"news": 1}).encode(), NOON) == an_approval()


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_bytes_that_are_no_message_are_refused(payload):
    with pytest.raises(MessageRefusedError):
        decode(ADDRESS, payload, NOON)


def test_a_subject_that_is_not_in_the_table_is_refused():
    with pytest.raises(MessageRefusedError) as refused:
        decode("risk.opinion.x", b"{}", NOON)

    assert refused.value.code == "unknown_subject"


@pytest.mark.parametrize("payload", [b"", b"0", b"stop it", b"{]", b"\x00\x01", "halt \u00e9".encode()])
def test_any_payload_halts(payload):
    assert decode("control.halt", payload, NOON).type == "halt_requested"
