"""The wallet through the venue's own client: what it asks for, and how its failures are told.

There is no chain behind the simulated exchange, so no approval and no redemption comes to an end here. What is shown
is that the client is asked for the right thing: it finds the market, and speaks to the relayer, which declines.
"""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from common.clock import SystemClock
from common.settings import load
from executor.adapters.exchange import Exchange
from executor.adapters.live.wallet_process import WalletProcess, WalletProcessError
from executor.adapters.signer import Signer
from executor.adapters.wallet import OfficialWallet, WalletError
from executor.settings import Settings, WalletSettings
from integration.official_clients import wallet
from integration.outside_world import simulated, simulator_process
from integration.test_executor_start import KEY, environment_of, run_wallet


@pytest.fixture
async def outside():
    async with simulated(SystemClock()) as outside:
        yield outside


def official(outside, **environment):
    found = environment_of(outside) | {"POLYMARKET_FUNDER": ""} | environment
    return OfficialWallet(load(Settings, found), load(WalletSettings, found))


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
async def test_the_wallet_of_each_signature_type_is_found(outside, kind):
    assert await official(outside, POLYMARKET_SIGNATURE_TYPE=str(kind)).address() == wallet(Account.from_key(KEY), kind)


async def test_the_official_client_and_ours_come_to_the_same_credentials(outside):
    theirs = await official(outside).credentials()
    signer = Signer(load(WalletSettings, environment_of(outside)).polymarket_private_key)
    exchange = Exchange(f"{outside.http}/clob", SystemClock())
    ours = await exchange.derive_api_key(signer.wallet.key_address, signer.prove_address)
    await exchange.close()

    assert theirs.revealed() == ours.revealed()


async def test_a_refusal_is_told_with_its_status_and_is_final(outside):
    await outside.fault("unauthorized", path="/auth", count=5)

    with pytest.raises(WalletError, match="credentials: refused with status 401") as refused:
        await official(outside).credentials()

    assert refused.value.is_lasting


async def test_a_venue_that_cannot_be_reached_may_be_asked_again(outside):
    with pytest.raises(WalletError, match="credentials: nobody can say") as refused:
        await official(outside, CLOB_URL="http://127.0.0.1:9").credentials()

    assert not refused.value.is_lasting


async def test_a_redemption_asks_the_relayer_and_tells_that_it_declined(outside):
    condition_id = await a_condition(outside)

    with pytest.raises(WalletError, match="redemption: ") as refused:
        await official(outside).redeem(condition_id)

    assert KEY not in str(refused.value)
    assert refused.value.__cause__ is None, "no cause whose frames could show the key"


async def test_what_a_redemption_in_a_process_of_its_own_comes_to_is_said_in_one_line_without_the_key(outside):
    process = WalletProcess(dict(os.environ) | environment_of(outside))

    with pytest.raises(WalletProcessError, match=r"^wallet redeem: redemption: ") as declined:
        await process.redeem(await a_condition(outside))

    words = str(declined.value)
    assert "\n" not in words
    assert KEY.removeprefix("0x") not in words
    assert await process.address() == wallet(Account.from_key(KEY), 1), "the next one is asked as before"


async def a_condition(outside):
    """Answer the id of a market that the exchange lists."""
    async with httpx.AsyncClient(base_url=outside.http) as client:
        events = (await client.get("/gamma/events", params={"limit": 1})).json()
    return events[0]["markets"][0]["conditionId"]


async def test_credentials_are_written_into_files_that_only_their_user_can_read_and_shown_to_nobody(tmp_path):
    folder = tmp_path / "secrets"
    async with simulator_process() as outside:
        found = run_wallet(outside, "derive", str(folder))

        assert (found.returncode, found.stderr) == (0, "")
        files = json.loads(found.stdout)["files"]
        assert list(files) == ["POLYMARKET_API_KEY_FILE", "POLYMARKET_SECRET_FILE", "POLYMARKET_PASSPHRASE_FILE"]
        assert all(mode == 0o600 and text not in found.stdout for mode, text in map(read_private, files.values()))
        checked = run_wallet(outside, "check", **files)

    assert json.loads(checked.stdout)["passed"], checked.stdout


@pytest.mark.timeout(300)  # the official client is imported anew by each of its commands
async def test_the_operators_command_shows_the_checks_and_holds_no_key_itself(tmp_path):
    async with simulator_process() as outside:
        derived = console(outside, "creds", "derive", "--to", str(tmp_path / "secrets"))
        checked = console(outside, "creds", "check")
        poor = console(outside, "creds", "check", INITIAL_BANKROLL="5000")
    keyless = console(outside, "creds", "check", POLYMARKET_PRIVATE_KEY="")

    assert (derived.returncode, derived.stderr) == (0, "")
    assert derived.stdout.count("_FILE=") == 3
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for words in ("credentials", "allowance", "DRY_RUN=false"):
        assert words in checked.stdout
    assert (poor.returncode, "NO" in poor.stdout) == (1, True)
    assert (keyless.returncode, keyless.stdout) == (78, "")
    assert keyless.stderr.startswith(
        "pm-arb: POLYMARKET_PRIVATE_KEY: expected 0x and 64 hexadecimal digits, found nothing"
    )
    assert not any(KEY in each.stdout + each.stderr for each in (derived, checked, poor, keyless))


def console(outside, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "console", *arguments], capture_output=True, text=True, timeout=120, check=False,
        env=dict(os.environ) | environment_of(outside) | {"COLUMNS": "160"} | environment,
    )  # fmt: skip


def read_private(path):
    return stat.S_IMODE(Path(path).stat().st_mode), Path(path).read_text().strip()


@pytest.mark.parametrize("service", ["oracle", "venue", "scanner", "risk", "ledger", "alerter", "executor"])
def test_no_service_that_trades_no_money_loads_a_wallet_library_whatever_its_environment_says(service):
    program = (
        "import sys, importlib; from common.settings import load; "
        f"module = importlib.import_module('{service}.service'); settings = importlib.import_module('{service}.settings'); "
        f"importlib.import_module('{service}.__main__'); loaded = load(settings.Settings); module.assemble(loaded); "
        "libraries = ('polymarket', 'py_clob_client', 'py_clob_client_v2', 'eth_account', 'eth_keys', 'coincurve', 'web3'); "
        "found = [name for name in libraries if name in sys.modules]; "
        "shown = '0x' + 'a1' * 32 in repr(loaded) + str(loaded.model_dump()); sys.exit(f'{found} {shown}' if found or shown else 0)"
    )
    environment = {
        "POLYMARKET_PRIVATE_KEY": KEY, "LIVE_CONFIRMATION": "I UNDERSTAND", "DRY_RUN": "false",
        "PAPER_TRADING": "true" if service == "executor" else "false", "DATABASE_URL": "postgresql://127.0.0.1/none",
    }  # fmt: skip

    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env=os.environ | environment,
    )

    assert (run.returncode, run.stderr) == (0, "")
