"""Alerts reach the push service, whatever it does, and never get into anybody's way."""

import asyncio
import time

import pytest
from prometheus_client import REGISTRY

from alerter.adapters.pushover import Pushover
from common.clock import SystemClock
from integration.alerter_push import API_TOKEN, USER_KEY, PushService, an_alert, an_emergency, sending, settings
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings
from support.waiting import eventually


@pytest.fixture
async def service():
    service = PushService()
    await service.start()
    yield service
    await service.stop()


def counted(result, priority=0):
    return REGISTRY.get_sample_value("pm_arb_alerts_total", {"priority": str(priority), "result": result}) or 0


def errors(code):
    return REGISTRY.get_sample_value("pm_arb_alert_errors_total", {"channel": "pushover", "code": code}) or 0


async def test_an_alert_is_delivered_within_five_seconds(service):
    before = counted("accepted")
    async with sending(service.url) as sender:
        started = time.monotonic()
        await sender.send(an_alert(occurred_at=SystemClock().now()))
        await eventually(lambda: service.accepted, within_s=5)
        assert time.monotonic() - started < 5
        await eventually(lambda: counted("accepted") == before + 1)

    (form,) = service.forms
    assert (form["token"], form["user"]) == (API_TOKEN, USER_KEY)
    assert (form["title"], form["message"], form["priority"]) == ("Trade executed", "Bought 10 Up @ 0.5", "0")
    assert "retry" not in form


async def test_an_emergency_is_repeated_until_acknowledged(service):
    async with sending(service.url) as sender:
        await sender.send(an_emergency())
        await eventually(lambda: service.accepted)

    assert (service.forms[0]["priority"], service.forms[0]["retry"], service.forms[0]["expire"]) == ("2", "60", "3600")


async def test_the_simulated_push_service_takes_what_is_sent():
    async with running(SeededWorld(WorldSettings())) as world:
        async with sending(f"{world.http}/pushover/1/messages.json") as sender:
            await sender.send(an_emergency())
            await sender.send(an_alert(message="x" * 5000, title="t" * 300))
            # What is not answered in time is sent again, so that there may be more than two.
            await eventually(
                lambda: {each.get("receipt") is None for each in world.stage.mailbox.messages} == {True, False}
            )

        assert len({each["title"] for each in world.stage.mailbox.messages}) == 2


async def test_errors_of_the_service_are_tried_again_until_it_recovers(service):
    service.answers = [500, 503, 502]
    before = errors("http_503")
    async with sending(service.url) as sender:
        await sender.send(an_alert())
        await sender.settled()
        assert sender.assembly.not_ready(0) == ""

    assert [form["answered"] for form in service.forms] == [500, 503, 502, 200]
    assert errors("http_503") == before + 1


async def test_an_unreachable_service_is_tried_again_until_it_is_there(service):
    await service.stop()
    async with sending(service.url, ALERT_TRIES_MAX="50") as sender:
        await sender.send(an_alert())
        await eventually(lambda: "connect_error" in sender.assembly.not_ready(0))
        await service.start()
        await eventually(lambda: service.accepted == ["Trade executed"])


async def test_tries_have_an_end(service):
    service.answers = [500] * 3
    before = counted("failed")
    async with sending(service.url, ALERT_TRIES_MAX="3") as sender:
        await sender.send(an_alert("first"))
        await eventually(lambda: counted("failed") == before + 1)
        await sender.send(an_alert("second"))
        await sender.settled()

    assert service.accepted == ["second"]
    assert len(service.forms) == 4


@pytest.mark.parametrize("status", [400, 401, 429])
async def test_a_refusal_is_named_and_not_tried_again(service, status):
    service.answers = [status]
    before, named = counted("refused"), errors(f"http_{status}")
    async with sending(service.url) as sender:
        await sender.send(an_alert("bad"))
        await eventually(lambda: counted("refused") == before + 1)
        assert sender.assembly.not_ready(0) == f"pushover: http_{status}"
        await sender.send(an_alert("good"))
        await sender.settled()

    assert service.accepted == ["good"]
    assert len(service.forms) == 2
    assert errors(f"http_{status}") == named + 1


async def test_a_page_in_between_is_not_taken_for_the_service(service):
    service.answers = [204]
    async with sending(service.url) as sender:
        await sender.send(an_alert())
        await sender.settled()

    assert [form["answered"] for form in service.forms] == [204, 200]


async def test_a_dead_channel_never_delays_the_loop(service):
    service.hangs.clear()
    dropped = counted("dropped")
    async with sending(service.url, ALERT_QUEUE_MAX="100", ALERT_DRAIN_S="0") as sender:
        await sender.send(an_alert("hanging"))
        await eventually(lambda: service.forms)
        started = time.monotonic()
        for n in range(1000):
            await sender.send(an_alert(f"n{n}"))
        assert time.monotonic() - started < 5  # a push that hangs takes longer
        assert int(sender.assembly.figures(0)["queued"]) == 100
        assert counted("dropped") == dropped + 900
        service.hangs.set()


async def test_the_oldest_of_the_lowest_priority_gives_way(service):
    service.hangs.clear()
    async with sending(service.url, ALERT_QUEUE_MAX="3") as sender:
        await sender.send(an_alert("hanging"))
        await eventually(lambda: service.forms)
        for title, priority in (("high", 1), ("low1", -1), ("normal", 0), ("low2", -1), ("normal2", 0)):
            await sender.send(an_alert(title, priority=priority))
        service.hangs.set()
        await sender.settled()

    assert service.accepted == ["hanging", "high", "normal", "normal2"]


async def test_an_emergency_waits_for_no_lesser_alerts_next_try(service):
    service.answers = [500]
    before = counted("accepted", priority=2)
    async with sending(service.url, ALERT_BACKOFF_MS_MIN="60000", ALERT_BACKOFF_MS_MAX="60000") as sender:
        await sender.send(an_alert("lesser"))
        await eventually(lambda: service.forms)
        await sender.send(an_emergency())
        await eventually(lambda: counted("accepted", priority=2) == before + 1, within_s=5)
        assert service.accepted == ["TRADING HALTED"]

    assert service.accepted == ["TRADING HALTED", "lesser"], "a stop gives what is left one more try"


async def test_a_stop_does_not_wait_for_a_dead_channel(service):
    service.hangs.clear()
    async with sending(service.url, ALERT_DRAIN_S="0.2") as sender:
        for n in range(5):
            await sender.send(an_alert(f"n{n}"))
        await eventually(lambda: service.forms)
        started = time.monotonic()
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("missing", ["PUSHOVER_USER_KEY", "PUSHOVER_API_TOKEN"])
async def test_without_a_key_alerts_are_counted_as_disabled(service, missing):
    before = counted("disabled")
    async with sending(service.url, **{missing: ""}) as sender:
        await sender.send(an_alert())
        await eventually(lambda: counted("disabled") == before + 1)
        assert sender.assembly.figures(0)["channel"] == "log"
    assert service.forms == []


async def test_keys_are_in_no_error_even_if_the_service_echoes_them(service):
    chosen = settings(service.url)
    pushover = Pushover(
        service.url, user_key=chosen.pushover_user_key, api_token=chosen.pushover_api_token, timeout_s=5
    )  # fmt: skip
    service.answers, said = [400, 500], []
    for _ in range(2):
        try:
            await pushover.deliver(an_alert())
        except Exception as error:  # noqa: BLE001 - whatever it raises must not hold a key
            said.append(f"{error!r} {error} {error.__cause__!r}")
    await pushover.close()

    assert len(said) == 2
    assert "sesame" not in "".join(said) + repr(chosen)
    assert "***" in said[0]


async def test_the_senders_end_with_the_service(service):
    async with sending(service.url):
        await asyncio.sleep(0)
    assert [t for t in asyncio.all_tasks() if "Outbox._send" in repr(t.get_coro())] == []
