"""The wallet's secrets are nowhere: the executor trades live on the simulated exchange, and all it left is searched.

It runs as a process with debug logs and traces, gets orders, refusals, a 401 after which it derives its credentials
anew, and a failure that nobody expects, and is looked at from outside while it lives and after it has ended.
"""

import asyncio
import json
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from eth_account import Account
from nats.aio.client import Client

from builders import a_book, a_heartbeat, a_market, an_approval
from common.clock import SystemClock, later
from integration.official_clients import wallet
from integration.outside_world import simulator_process
from integration.test_executor_start import KEY, environment_of, run_wallet
from support.nats_server import NatsServer, free_port
from support.otlp import Receiver
from support.waiting import eventually

RELAYER_KEY = "relayer-key-that-nobody-may-see-019e"
CLOCK = SystemClock()
SIGNATURE_TYPE = 1
NOT_YET = ("risk_is_alive", "venue_is_well", "books_are_reconciled")
"""What an executor that has just begun may still wait for."""
ENDS = ("order_refused", "order_rejected", "order_cancelled", "order_filled")


class Scene:
    """NATS, the simulated exchange with a market that trades, and an executor that is live on it."""

    def __init__(self, server, outside, folder):
        self.server, self.outside, self.folder = server, outside, folder
        self.port = free_port()
        self.secrets = {}
        self.approved = 0
        self.traced = Receiver()

    async def open(self):
        await self.server.bootstrap()
        self.risk, self.venue = await self.server.bus("risk"), await self.server.bus("venue")
        self.beating = asyncio.create_task(self.beat())
        self.market = await self.a_market_that_trades()
        derived = run_wallet(self.outside, "derive", str(self.folder / "secrets"))
        assert derived.returncode == 0, derived.stderr
        self.secrets = {path.name: path.read_text().strip() for path in (self.folder / "secrets").iterdir()}
        (self.folder / "key").write_text(KEY)
        (self.folder / "key").chmod(0o600)

    async def beat(self):
        """Be risk, as far as the executor wants to hear that it lives."""
        while True:
            await self.risk.publish(a_heartbeat(at=CLOCK.now()))
            await asyncio.sleep(0.3)

    async def a_market_that_trades(self):
        async with httpx.AsyncClient(base_url=self.outside.http) as client:
            now_s = CLOCK.now() // 10**9
            slug = f"btc-updown-15m-{now_s // 900 * 900 + 900}"
            [event] = (await client.get(f"/gamma/events?slug={slug}")).json()
            market = event["markets"][0]
            up, down = json.loads(market["clobTokenIds"])
            return a_market(
                market_id=market["conditionId"], slug=slug, up_token_id=up, down_token_id=down, starts_at=CLOCK.now(),
                ends_at=later(CLOCK.now(), ms=900_000), observed_at=CLOCK.now(), event_id="listed",
            )  # fmt: skip

    def environment(self):
        own = {
            "NATS_URL": self.server.url, "NATS_PASSWORD": self.server.passwords["executor"], "HTTP_PORT": str(self.port),
            "LOG_LEVEL": "debug", "DRY_RUN": "false", "LIVE_CONFIRMATION": "I UNDERSTAND", "PYTHONASYNCIODEBUG": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.traced.url, "TAPE_DIR": str(self.folder / "tape"), "RECONCILE_INTERVAL_S": "0.5", "TICK_MS": "20",
            "POLYMARKET_PRIVATE_KEY_FILE": str(self.folder / "key"),
            "POLYMARKET_FUNDER": wallet(Account.from_key(KEY), SIGNATURE_TYPE),
            "POLYMARKET_RELAYER_API_KEY": RELAYER_KEY,
        } | {f"POLYMARKET_{name.upper()}_FILE": str(self.folder / "secrets" / name) for name in self.secrets}  # fmt: skip
        found = dict(os.environ) | environment_of(self.outside) | own
        del found["POLYMARKET_PRIVATE_KEY"]
        return found

    async def start(self):
        self.out, self.errors = (self.folder / name for name in ("out.log", "errors.log"))
        with self.out.open("wb") as out, self.errors.open("wb") as errors:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "executor", env=self.environment(), cwd=self.folder, stdout=out, stderr=errors
            )
        await self.venue.publish(self.market)
        await eventually(self.is_ready, within_s=100, why=self.said)

        await eventually(self.is_heard, within_s=60, every_s=0.1, why=self.said)

    def is_heard(self):
        """Say whether the venue has been heard from on both channels, before which no order leaves."""
        said = self.out.read_text()
        return all(f'"what": "{channel}", "is_well": true' in said for channel in ("user_stream", "heartbeat"))

    async def is_ready(self):
        assert self.process.returncode is None, self.said()
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/ready")).is_success
        except httpx.HTTPError:
            return False

    def said(self):
        return self.out.read_text()[-3000:] + self.errors.read_text()[-3000:]

    async def approve(self, **changes):
        self.approved += 1
        now, number = CLOCK.now(), self.approved
        await self.venue.publish(
            a_book(token_id=self.market.up_token_id, market_id=self.market.market_id, source_at=now, received_at=now)
        )
        fields = {
            "event_id": f"d{number}", "order_id": f"order{number}", "opportunity_id": f"o{number}", "salt": number,
            "market_id": self.market.market_id, "slug": self.market.slug, "token_id": self.market.up_token_id,
            "timestamp_ms": now // 1_000_000, "approved_at": now, "received_at": now, "valid_until": later(now, ms=6000),
            "limit": "0.10", "quantity": 10, "maker_amount": 1_000_000, "cost_max": "1.1", "order_type": "GTC",
        } | changes  # fmt: skip
        fields = {k: Decimal(v) if k in ("limit", "quantity", "cost_max") else v for k, v in fields.items()}
        await self.risk.publish(an_approval(**fields))
        return f"order{number}"

    async def approve_until_accepted(self):
        """Approve one order after the other until one is taken: the first may come before all has been heard of."""
        while True:
            order_id = await self.approve()
            [told] = (await self.until(order_id, "order_accepted", *ENDS))[:1]
            if told.type == "order_accepted":
                return order_id
            assert getattr(told, "rule", "") in NOT_YET, told
            await asyncio.sleep(0.2)

    async def journal(self):
        return [message.event async for message in self.risk.replay("JOURNAL")]

    async def until(self, order_id, *kinds):
        """Wait until something of some kind was said of an order."""

        async def look():
            return [e for e in await self.journal() if getattr(e, "order_id", "") == order_id and e.type in kinds]

        try:
            return await eventually(look, within_s=30)
        except AssertionError:
            told = [repr(event)[:1500] for event in await self.journal()]
            raise AssertionError("\n".join([*told[-8:], self.said()])) from None


@pytest.fixture
async def scene(tmp_path):
    server = NatsServer()
    server.start()
    try:
        async with simulator_process("--no-rate-limits") as outside:
            scene = Scene(server, outside, tmp_path)
            await scene.open()
            try:
                await scene.start()
                yield scene
            finally:
                scene.beating.cancel()
                if scene.process.returncode is None:
                    scene.process.kill()
                await scene.process.wait()
                for bus in (scene.risk, scene.venue):
                    await bus.close()
                scene.traced.close()
    finally:
        server.remove()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_no_secret_of_the_wallet_is_in_any_log_event_trace_figure_tape_or_process_list(scene):
    assert set(scene.secrets) == {"api_key", "secret", "passphrase"}
    hidden = {KEY, KEY[2:], scene.secrets["secret"], scene.secrets["passphrase"], RELAYER_KEY}

    await scene.approve_until_accepted()
    rejected = await scene.approve(maker_amount=1_000_000_000, quantity=20_000, limit="0.05", cost_max="1070")
    await scene.until(rejected, *ENDS)
    await scene.outside.fault("unauthorized", count=2)
    derived = await scene.approve()
    await scene.until(derived, "order_accepted", *ENDS)
    async with httpx.AsyncClient() as client:
        figures = (await client.get(f"http://127.0.0.1:{scene.port}/metrics")).text
    process = Path(f"/proc/{scene.process.pid}")
    command_line = (process / "cmdline").read_bytes()
    limits = (process / "limits").read_text()
    await nonsense(scene)

    scene.process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(scene.process.wait(), 30)

    left = {
        "logs": scene.out.read_bytes() + scene.errors.read_bytes(),
        "figures": figures.encode(),
        "argv": command_line,
    }
    left["journal"] = b"\n".join(event.to_json() for event in await scene.journal())
    left["traces"] = b"".join(scene.traced.received)
    left["tape"] = b"".join(path.read_bytes() for path in (scene.folder / "tape").iterdir())
    for name, content in left.items():
        assert content, f"{name}: expected something to search, found nothing"
        for secret in hidden:
            assert secret.encode() not in content, f"{name} holds a secret"
    assert b"preflight" in left["logs"], "the logs are those of a live start"
    assert b"order_submitted" in left["traces"], "the traces are those of orders"
    assert next(line.split() for line in limits.splitlines() if line.startswith("Max core file size"))[4:6] == [
        "0",
        "0",
    ]


async def nonsense(scene):
    """Say what nobody can read on a subject that the executor hears."""
    client = Client()
    await client.connect(
        scene.server.url, user="venue", password=scene.server.passwords["venue"], inbox_prefix="_INBOX.venue"
    )
    await client.publish(f"venue.book.polymarket.{scene.market.up_token_id}", b'{"not": "a book"')
    await client.flush()
    await client.close()


@pytest.mark.timeout(120)
async def test_a_process_that_breaks_with_its_key_in_hand_shows_neither_in_its_traceback_nor_in_a_core(tmp_path):
    program = (
        "import os, sys\n"
        "from common.settings import load\n"
        "from executor.adapters.live.gates import admit\n"
        "from executor.adapters.live.hardening import keep_memory_private\n"
        "from executor.adapters.signer import Signer\n"
        "from executor.settings import Settings\n"
        "keep_memory_private()\n"
        "secrets = admit(load(Settings), os.environ)\n"
        "signer = Signer(secrets.polymarket_private_key)\n"
        "print(repr(secrets), str(secrets), repr(signer), secrets.model_dump_json())\n"
        "sys.stdout.flush()\n"
        "if sys.argv[1] == 'raise': raise RuntimeError(f'{secrets} {signer}')\n"
        "os.abort()\n"
    )
    environment = dict(os.environ) | {"PAPER_TRADING": "false", "POLYMARKET_PRIVATE_KEY": KEY}
    for way in ("raise", "abort"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-X", "faulthandler", "-c", program, way, env=environment, cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, errors = await process.communicate()

        assert process.returncode in {1, -signal.SIGABRT}
        assert b"Signer" in out
        assert b"RuntimeError" in errors or b"Abort" in errors, errors
        assert KEY[2:].encode() not in out + errors
        assert not list(tmp_path.iterdir()), "no core dump"
