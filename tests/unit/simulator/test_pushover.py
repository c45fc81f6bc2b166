"""The push gateway's rules for a message."""

import pytest

from simulator.pushover import Mailbox, errors

KEY = "a" * 30


def a_message(**changes):
    return {"token": KEY, "user": KEY, "message": "halted"} | changes


@pytest.mark.parametrize(
    "fields",
    [
        a_message(),
        a_message(priority="-2"),
        a_message(priority="2", retry="30", expire="10800"),
        a_message(message="x" * 1024, title="t" * 250),
    ],
)
def test_a_message_within_every_limit_is_accepted(fields):
    assert errors(fields) == {}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (a_message(token=""), "token"),
        (a_message(token="a" * 29), "token"),
        (a_message(user="?" * 30), "user"),
        (a_message(message="  "), "message"),
        (a_message(message="x" * 1025), "message"),
        (a_message(title="t" * 251), "title"),
        (a_message(priority="3"), "priority"),
        (a_message(priority="high"), "priority"),
        (a_message(priority="2", expire="60"), "retry"),
        (a_message(priority="2", retry="29", expire="60"), "retry"),
        (a_message(priority="2", retry="30"), "expire"),
        (a_message(priority="2", retry="30", expire="10801"), "expire"),
    ],
)
def test_a_message_outside_of_a_limit_is_refused_by_the_name_of_the_field(fields, field):
    assert list(errors(fields)) == [field]


def test_an_emergency_gets_a_receipt_and_nothing_keeps_the_keys():
    mailbox = Mailbox()
    plain = mailbox.accept(a_message(), 1)
    urgent = mailbox.accept(a_message(priority="2", retry="30", expire="60"), 2)

    assert plain["status"] == 1
    assert "receipt" not in plain
    assert len(urgent["receipt"]) == 30
    assert KEY not in str(mailbox.messages)
    assert [message["number"] for message in mailbox.messages] == [0, 1]
