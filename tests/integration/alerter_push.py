"""A push service on a real socket, which does as it is told."""

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import REGISTRY

from alerter.core import AlertRaised
from alerter.service import assemble
from alerter.settings import Settings
from builders import NOON
from common.clock import SystemClock
from common.settings import load
from support.nats_server import free_port
from support.waiting import eventually

USER_KEY, API_TOKEN = "sesameuser" * 3, "sesametokn" * 3


class PushService:
    """Remembers the forms it was sent; answers the next of `answers`, and accepts when there is none."""

    def __init__(self):
        self.port = free_port()
        self.forms, self.answers = [], []
        self.hangs = asyncio.Event()
        self.hangs.set()
        self._runner = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/1/messages.json"

    @property
    def accepted(self):
        return [form["title"] for form in self.forms if form["answered"] == 200]

    async def start(self):
        app = web.Application()
        app.router.add_post("/1/messages.json", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self):
        self.hangs.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request):
        form = dict(await request.post())
        answer = self.answers.pop(0) if self.answers else 200
        self.forms.append(form | {"answered": answer})
        await self.hangs.wait()
        if answer == 200:
            return web.json_response({"status": 1, "request": "r"})
        return web.Response(status=answer, text=f"no: {form}")  # echoes what it was sent, as no service should


def an_alert(title="Trade executed", **changes):
    fields = {
        "event_id": f"a-{title}", "kind": "trade", "about": "fill1", "key": f"trade:{title}", "title": title,
        "message": "Bought 10 Up @ 0.5", "priority": 0, "occurred_at": NOON, "at": NOON, "retry_s": None, "expire_s": None,
        "uncounted": False,
    }  # fmt: skip
    return AlertRaised(**(fields | changes))


def an_emergency(title="TRADING HALTED"):
    return an_alert(title, kind="halt", priority=2, retry_s=60, expire_s=3600, occurred_at=SystemClock().now())


def settings(url, **changes):
    return load(
        Settings,
        {
            "PUSHOVER_URL": url, "PUSHOVER_USER_KEY": USER_KEY, "PUSHOVER_API_TOKEN": API_TOKEN,
            "ALERT_BACKOFF_MS_MIN": "20", "ALERT_BACKOFF_MS_MAX": "100", "ALERT_DRAIN_S": "1",
        } | changes,
    )  # fmt: skip


class Sending:
    """The service's way out, with its senders running."""

    def __init__(self, url, **changes):
        self.assembly = assemble(settings(url, **changes))
        self._task = asyncio.create_task(self.assembly.sources[0].run(None))
        self._due = _ended()

    async def send(self, alert):
        self._due += 1
        await self.assembly.gateway.carry_out(alert, NOON)

    async def settled(self):
        """Wait until every alert came to an end here too: what is stopped within a try is tried once more."""
        await eventually(lambda: _ended() == self._due)

    async def stop(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _ended():
    """Answer how many alerts were delivered, lost or dropped by this process's outboxes."""
    samples = [sample for metric in REGISTRY.collect() if metric.name == "pm_arb_alerts" for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name == "pm_arb_alerts_total")


@asynccontextmanager
async def sending(url, **changes):
    sender = Sending(url, **changes)
    try:
        yield sender
    finally:
        await sender.stop()
