import json
from pathlib import Path

import pytest

from builders import a_market
from common.bootstrap.nats_config import ANONYMOUS, USERS, render, rights
from common.bootstrap.streams import captured
from common.contracts.base import EVENT_TYPES
from common.contracts.render import asyncapi
from common.contracts.subjects import ADDRESSES_KEPT_MAX, DURABLE_FILTERS, SERVICES, STREAMS, SUBJECTS, find, subject_of
from common.errors import ParseError
from console.documents import documents

ROOT = Path(__file__).parents[2]
FOR_PEOPLE = {"scanner.valuation.{market_id}"}
"""What is said for whoever watches, and judged by nobody."""


@pytest.mark.parametrize("path", sorted(documents()))
def test_a_generated_document_is_fresh(path):
    assert (ROOT / path).read_text() == documents()[path], "run `make docs` and commit what changed"


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.pattern)
def test_every_subject_has_a_consumer(subject):
    services = (subject.core_subscribers | subject.durable_subscribers) - {"console"}

    assert services or subject.pattern in FOR_PEOPLE


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.pattern)
def test_only_the_owner_may_publish_a_subject(subject):
    may = {user for user in USERS if subject.filter in rights(user).publish}
    expected = (
        {"operator"}
        if subject.owner == "control"
        else set(SERVICES)
        if subject.owner == "heartbeat"
        else {subject.owner}
    )

    if subject.owner == "heartbeat":
        assert all(f"heartbeat.{s}" in rights(s).publish for s in SERVICES)
    elif subject.owner == "control":
        assert "control.*" in rights("operator").publish
        assert all(not p.startswith("control") for s in SERVICES for p in rights(s).publish)
    else:
        assert may == expected


def test_no_service_may_touch_streams_or_consumers():
    for service in SERVICES:
        assert not [
            p
            for p in rights(service).publish
            if ".CREATE" in p or ".DELETE" in p or ".PURGE" in p or p in (">", "$JS.API.>")
        ]


def test_a_durable_subscriber_is_covered_by_its_filter():
    for subject in SUBJECTS:
        for service in subject.durable_subscribers:
            filter_ = DURABLE_FILTERS[service]
            assert filter_ == ">" or subject.pattern.startswith(filter_.removesuffix(">"))


def test_only_what_will_be_delivered_is_foretold():
    for subject in SUBJECTS:
        assert subject.foretold_to <= subject.durable_subscribers
    assert [(s.filter, s.foretold_to) for s in SUBJECTS if s.foretold_to] == [("risk.decision.*", {"executor"})]


def test_the_anonymous_user_may_halt_and_nothing_else():
    [line] = [line for line in render(listen="x", store_dir="y").splitlines() if f"{{ user: {ANONYMOUS}" in line]
    assert 'publish: ["control.halt"]' in line
    assert 'deny: [">"]' in line


def test_the_server_answers_only_after_it_has_synced():
    assert "sync_interval: always" in render(listen="x", store_dir="y")


def test_no_password_is_in_the_configuration():
    for user in USERS:
        assert f"user: {user}, password: ${user.upper()}_NATS_PASSWORD" in render(listen="x", store_dir="y")


def test_streams_do_not_overlap():
    every = [filter_ for stream in STREAMS for filter_ in captured(stream)]
    assert len(every) == len(set(every))


def test_an_address_is_found_and_filled():
    assert subject_of(type(a_market())).address(a_market(market_id="0x1")) == "venue.market.polymarket.0x1"
    assert find("venue.market.polymarket.0x1").messages == (type(a_market()),)
    assert find("venue.market.0x1") is None


def test_however_many_addresses_are_asked_for_few_are_remembered():
    asked = 2 * ADDRESSES_KEPT_MAX
    for n in range(asked):
        assert find(f"venue.book.polymarket.{n}") is find("venue.book.polymarket.0")

    assert find.cache_info().currsize <= ADDRESSES_KEPT_MAX < asked


def test_a_key_that_would_be_a_wildcard_is_refused():
    market = a_market().model_copy(update={"market_id": "*"})
    with pytest.raises(ParseError, match="bad_subject_key"):
        subject_of(type(market)).address(market)


def test_event_types_are_unique_and_each_is_on_one_subject():
    on_subjects = [m for s in SUBJECTS for m in s.messages]
    assert len(on_subjects) == len(set(on_subjects))
    assert {m.model_fields["type"].default for m in on_subjects} <= set(EVENT_TYPES)


def test_the_asyncapi_document_refers_only_to_what_it_holds():
    document = json.loads(asyncapi())
    text = json.dumps(document["channels"])
    for name in document["components"]["schemas"]:
        assert name
    for reference in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert reference in document["components"]["schemas"]
