"""What live trading asks before it starts: each refusal, against the simulated exchange over real sockets."""

import contextlib
import json
import os
import subprocess
import sys
from decimal import Decimal

import httpx
import pytest
from aiohttp import web
from eth_account import Account

from common.clock import SECOND, Instant, SystemClock
from common.errors import SettingsError
from common.settings import load
from executor.adapters.live.composition import preflight
from executor.adapters.live.gates import admit
from executor.adapters.live.hardening import keep_memory_private
from executor.adapters.live.start import NotReadyError
from executor.settings import Settings
from integration.official_clients import wallet
from integration.outside_world import Outside, simulated, simulator_process
from support.trading import wall_clock_scene
from support.waiting import eventually

KEY = "0x" + "a1" * 32
NOBODY = "0x" + "11" * 20


class LateClock:
    """The wall clock, so many seconds off."""

    def __init__(self, off_s):
        self._off_s = off_s

    def now(self):
        return Instant(SystemClock().now() + int(self._off_s * SECOND))


@pytest.fixture(scope="module", autouse=True)
def private_memory():
    keep_memory_private()


class Start:
    """The checks before the start, of one wallet at one exchange."""

    def __init__(self, outside, clock=None, **environment):
        self.outside = outside
        self.environment = dict(os.environ) | environment_of(outside) | environment
        settings = load(Settings, self.environment)
        self.exchange, self.checks = preflight(
            settings, admit(settings, self.environment), clock or SystemClock(), self.environment
        )

    async def prepare(self):
        try:
            await self.checks.prepare()
        finally:
            await self.exchange.close()

    async def refused(self, error=SettingsError):
        with pytest.raises(error) as refusal:
            await self.prepare()
        return str(refusal.value)

    async def key_address(self):
        await self.checks.checks()
        return self.checks.account.signer.wallet.key_address

    async def give(self, **order):
        async with httpx.AsyncClient(base_url=self.outside.http) as client:
            answer = await client.post("/sim/accounts", json={"address": await self.key_address(), **order})
            assert answer.status_code == 200, answer.text


def environment_of(outside):
    return {
        "PAPER_TRADING": "false", "POLYMARKET_PRIVATE_KEY": KEY, "CLOB_URL": f"{outside.http}/clob",
        "CLOB_USER_WS_URL": f"{outside.ws}/ws/user", "GEOBLOCK_URL": f"{outside.http}/geoblock",
        "RELAYER_URL": f"{outside.http}/relayer", "GAMMA_URL": f"{outside.http}/gamma", "POLYGON_RPC_URL": outside.http,
        "POLYMARKET_SIGNATURE_TYPE": "1", "POLYMARKET_FUNDER": wallet(Account.from_key(KEY), 1),
    }  # fmt: skip


@pytest.fixture
async def outside():
    async with simulated(SystemClock()) as outside:
        yield outside


async def test_a_good_start_finds_the_wallet_derives_the_credentials_and_lets_trading_begin(outside):
    start = Start(outside, POLYMARKET_SIGNATURE_TYPE="3", POLYMARKET_FUNDER="")

    await start.prepare()

    account = start.checks.account
    assert account.signer.wallet.funder == wallet(Account.from_key(KEY), 3)
    assert await start.checks.derive(), "a second time the same key is fetched, for there is one"
    assert (await start.checks.derive()).revealed() == account.credentials.revealed()


async def test_given_credentials_are_used_as_they_are(outside):
    first = Start(outside)
    await first.prepare()
    made = first.checks.account.credentials.revealed()

    second = Start(
        outside,
        POLYMARKET_API_KEY=made["key"],
        POLYMARKET_SECRET=made["secret"],
        POLYMARKET_PASSPHRASE=made["passphrase"],
    )
    await second.prepare()

    assert second.checks.account.credentials.revealed() == made


async def test_credentials_that_the_venue_does_not_know_are_refused(outside):
    start = Start(
        outside, POLYMARKET_API_KEY="3f6f7a60-1f0e-4d0a-9c0e-6a1c2b3d4e5f", POLYMARKET_SECRET="c2VjcmV0c2VjcmV0",
        POLYMARKET_PASSPHRASE="x" * 64,
    )  # fmt: skip

    words = await start.refused()

    assert words == (
        "credentials: expected an API key that the venue answers, "
        "found GET /auth/ban-status/closed-only: Unauthorized/Invalid api key"
    )


async def test_a_secret_that_cannot_be_one_is_named_and_not_shown(outside):
    words = await Start(
        outside, POLYMARKET_API_KEY="key", POLYMARKET_SECRET="?? what ??", POLYMARKET_PASSPHRASE="x"
    ).refused()

    assert words.endswith("found secret: expected base64 in the URL-safe alphabet, found something else (hidden)")
    assert "what" not in words


@pytest.mark.parametrize("off_s", [-6, 6])
async def test_a_clock_that_is_off_refuses_to_start(outside, off_s):
    words = await Start(outside, LateClock(off_s)).refused()

    [line] = words.splitlines()
    assert line.startswith("clock: expected this machine's clock within 5000 ms of the venue's, found ")
    assert abs(int(line.split("found ")[1].removesuffix(" ms")) - off_s * 1000) < 1000


async def test_a_country_that_is_blocked_is_named_and_so_is_what_is_allowed_there(outside):
    await outside.fault("geoblock", country="FR")
    assert await Start(outside).refused() == (
        "access: expected an address from which the venue takes orders, "
        "found FR, blocked: only closing positions is allowed there"
    )
    await outside.fault("geoblock", country="KP")
    assert (await Start(outside).refused()).endswith("found KP, blocked")


async def test_an_account_that_may_only_close_is_refused(outside):
    start = Start(outside)
    await start.give(closed_only=True)

    assert await start.refused() == (
        "account: expected one that may open positions, found closed-only mode: it may sell, and buy nothing"
    )


async def test_a_wallet_without_the_bankroll_is_refused(outside):
    assert await Start(outside, INITIAL_BANKROLL="1000.01").refused() == (
        "balance: expected at least 1000.01 dollars (INITIAL_BANKROLL), found 1000.00 dollars in the wallet of "
        "signature type 1"
    )


async def test_a_wallet_that_has_traded_may_hold_less_than_its_bankroll():
    async with wall_clock_scene(deposit_usd=200.0) as scene:
        address = {"POLYMARKET_SIGNATURE_TYPE": "0", "POLYMARKET_FUNDER": scene.trader.wallet}
        outside = Outside(scene.server.port)
        assert (
            "balance: expected at least 200.01" in await Start(outside, **address, INITIAL_BANKROLL="200.01").refused()
        )
        await buy(scene, 10)
        start = Start(outside, **address)
        found = {check.name: check.found for check in await start.checks.checks()}
        await start.prepare()

    dollars, _, why = found["balance"].partition(" dollars; ")
    assert Decimal(190) < Decimal(dollars) < Decimal(200)
    assert why == "the wallet has traded, reconciliation judges the difference"


async def buy(scene, shares):
    """Trade, so that the venue has a trade of the wallet to tell of."""
    token = scene.tokens[0]
    await scene.trader.placed(token, float(await scene.taking_price(token)), shares, order_type="FAK")
    await eventually(
        lambda: scene.floor.engine.trades_of_account(scene.trader.wallet), why="the venue knows of the trade"
    )


async def test_an_allowance_below_the_bankroll_is_refused(outside):
    start = Start(outside)
    await start.give(signature_type=1, allowance=199.99)
    await refresh(start)

    assert await start.refused() == (
        "allowance: expected at least 200 dollars (INITIAL_BANKROLL) for each exchange of the venue, found 199.99 dollars"
    )


async def refresh(start):
    """Have the exchange look its memory of the wallet up anew."""
    await start.checks.checks()
    await start.exchange._asked("/balance-allowance/update", {"asset_type": "COLLATERAL", "signature_type": "1"})


async def test_a_funder_of_a_key_that_pays_for_itself_must_be_the_key(outside):
    words = await Start(outside, POLYMARKET_SIGNATURE_TYPE="0", POLYMARKET_FUNDER=NOBODY).refused()

    assert words.startswith(
        "wallet: expected the wallet of signature type 0, found funder of signature type 0: expected 0x"
    )
    assert words.endswith(f"found {NOBODY}")


async def test_a_venue_that_cannot_be_reached_may_be_reached_by_the_next_start(outside):
    words = await Start(outside, CLOB_URL="http://127.0.0.1:9/clob").refused(NotReadyError)

    assert {line.split(":")[0] for line in words.splitlines()} == {"clock", "order format", "credentials"}


async def test_a_venue_that_is_busy_is_no_lasting_fault(outside):
    await outside.fault("too_many_requests", path="/version")

    assert (await Start(outside).refused(NotReadyError)).startswith(
        "order format: expected version 2, found GET /version"
    )


@contextlib.asynccontextmanager
async def in_front_of(outside, version):
    """Stand before the exchange and answer for it which format of orders it takes; all else is handed on."""

    async def handed_on(request):
        if request.path == "/clob/version":
            return web.json_response({"version": version})
        answer = await client.request(
            request.method, request.path_qs, headers=dict(request.headers), content=await request.read()
        )
        return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handed_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with httpx.AsyncClient(base_url=outside.http) as client:
            yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/clob"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("version", [1, 3])
async def test_a_venue_that_takes_another_format_of_orders_refuses_the_start(outside, version):
    async with in_front_of(outside, version) as url:
        words = await Start(outside, CLOB_URL=url).refused()

    assert words == f"order format: expected version 2, found version {version}"


async def test_a_venue_that_stands_behind_another_server_is_as_good(outside):
    async with in_front_of(outside, 2) as url:
        start = Start(outside, CLOB_URL=url)
        await start.prepare()

    assert start.checks.account.credentials.api_key


async def test_everything_that_is_wrong_is_said_at_once(outside):
    await outside.fault("geoblock", country="US")
    start = Start(outside, LateClock(60), INITIAL_BANKROLL="5000")
    await start.give(closed_only=True)

    lines = (await Start(outside, LateClock(60), INITIAL_BANKROLL="5000").refused()).splitlines()

    assert [line.split(":")[0] for line in lines] == ["clock", "access", "account", "balance"]


async def test_the_check_is_a_program_that_shows_no_secret():
    async with simulator_process() as outside:
        found = run_wallet(outside, "check")
    answer = json.loads(found.stdout)

    assert (found.returncode, found.stderr) == (0, "")
    assert [row["name"] for row in answer["checks"]] == [
        "core dumps", "clock", "order format", "access", "wallet", "credentials", "account", "balance", "allowance",
    ]  # fmt: skip
    assert answer["closed_gates"] == ["LIVE_CONFIRMATION=I UNDERSTAND", "DRY_RUN=false"]
    assert KEY not in found.stdout


def run_wallet(outside, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "executor", "wallet", *arguments], capture_output=True, text=True, timeout=90, check=False,
        env=dict(os.environ) | environment_of(outside) | environment,
    )  # fmt: skip
