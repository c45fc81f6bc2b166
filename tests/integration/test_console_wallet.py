"""The throw-away wallet of `pm-arb up --live sim`, against the simulated exchange."""

import stat
from decimal import Decimal

import pytest

from console.audit.venue import read_venue
from console.errors import ConsoleError
from console.state import StateFolder, forget
from console.up.wallet import open_wallet
from simulator.exchange.settings import ExchangeSettings
from simulator.server import running
from simulator.world import SeededWorld, WorldSettings

BANKROLL = Decimal("200.50")


@pytest.fixture
async def exchange():
    async with running(SeededWorld(WorldSettings()), exchange=ExchangeSettings(deposit_usd=0.0)) as server:
        yield server


async def test_a_wallet_is_made_once_and_given_exactly_the_bankroll_once(tmp_path, exchange):
    folder = StateFolder(tmp_path / "state")
    wallet = await open_wallet(folder, exchange.http, BANKROLL)
    again = await open_wallet(folder, exchange.http, BANKROLL)

    assert again == wallet
    account = await read_venue(exchange.http, wallet.address, wallet.funder)
    assert (account.holdings.usd, account.holdings.shares) == (BANKROLL, {})
    assert (account.reserved, account.unsettled) == (0, 0)


async def test_its_key_is_for_its_owner_alone(tmp_path, exchange):
    wallet = await open_wallet(StateFolder(tmp_path), exchange.http, BANKROLL)
    assert stat.S_IMODE(wallet.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(wallet.key_file.parent.stat().st_mode) == 0o700
    assert wallet.key_file.read_text() not in repr(wallet)


async def test_two_folders_have_two_wallets_and_a_folder_that_was_forgotten_a_new_one(tmp_path, exchange):
    one, other = StateFolder(tmp_path / "one"), StateFolder(tmp_path / "other")
    first = await open_wallet(one, exchange.http, BANKROLL)
    second = await open_wallet(other, exchange.http, BANKROLL)
    forget(one)
    third = await open_wallet(one, exchange.http, BANKROLL)
    assert len({first.funder, second.funder, third.funder}) == 3


async def test_a_file_that_is_no_key_is_refused_without_showing_it(tmp_path, exchange):
    folder = StateFolder(tmp_path)
    folder.wallet_key.parent.mkdir()
    folder.wallet_key.write_text("c0ffee")
    with pytest.raises(ConsoleError, match="expected the key of this folder's wallet") as refused:
        await open_wallet(folder, exchange.http, BANKROLL)
    assert "c0ffee" not in str(refused.value)


async def test_an_exchange_that_is_away_is_said_in_one_line(tmp_path):
    with pytest.raises(ConsoleError, match=r"simulator: GET /sim/accounts/0x[0-9a-f]{40}: "):
        await open_wallet(StateFolder(tmp_path), "http://127.0.0.1:9", BANKROLL)


async def test_the_account_of_a_venue_that_is_away_is_nothing():
    assert await read_venue("http://127.0.0.1:9", "0x" + "aa" * 20, "0x" + "bb" * 20) is None
