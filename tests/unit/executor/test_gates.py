"""The four gates to real money, and who can read the secrets behind them."""

import os
from itertools import product

import pytest

from common.errors import SettingsError
from common.settings import load
from executor.adapters.live.gates import admit, admit_to_wallet, missing_gates
from executor.adapters.live.secret_files import secret_file_faults
from executor.settings import Settings

KEY = "0x" + "a1" * 32
OPEN = {
    "PAPER_TRADING": "false", "POLYMARKET_PRIVATE_KEY": KEY, "LIVE_CONFIRMATION": "I UNDERSTAND", "DRY_RUN": "false",
}  # fmt: skip
CLOSED = {"PAPER_TRADING": "true", "POLYMARKET_PRIVATE_KEY": "", "LIVE_CONFIRMATION": "", "DRY_RUN": "true"}
WORDS = {
    "PAPER_TRADING": "PAPER_TRADING=false", "POLYMARKET_PRIVATE_KEY": "POLYMARKET_PRIVATE_KEY",
    "LIVE_CONFIRMATION": "LIVE_CONFIRMATION=I UNDERSTAND", "DRY_RUN": "DRY_RUN=false",
}  # fmt: skip


def admitted(**environment):
    found = OPEN | environment
    return admit(load(Settings, found), found)


def refused(**environment):
    with pytest.raises(SettingsError) as refusal:
        admitted(**environment)
    return str(refusal.value)


def test_with_all_four_gates_open_the_secrets_are_read():
    assert admitted().polymarket_private_key.get_secret_value() == KEY


@pytest.mark.parametrize("closed", [c for c in product([False, True], repeat=4) if any(c)])
def test_each_combination_of_closed_gates_is_named_and_money_is_safe(closed):
    environment = {name: (CLOSED if shut else OPEN)[name] for name, shut in zip(OPEN, closed, strict=True)}
    settings = load(Settings, environment)
    expected = tuple(WORDS[name] for name, shut in zip(OPEN, closed, strict=True) if shut)

    if settings.dry_run and {"PAPER_TRADING=false", "POLYMARKET_PRIVATE_KEY"}.isdisjoint(expected):
        assert missing_gates(settings, admit(settings, environment)) == expected, (
            "a dry run may start, and posts nothing"
        )
        return
    needed = [
        gate for gate in expected if not settings.dry_run or gate in ("PAPER_TRADING=false", "POLYMARKET_PRIVATE_KEY")
    ]
    with pytest.raises(SettingsError) as refusal:
        admit(settings, environment)

    assert str(refusal.value) == (
        "real orders: expected PAPER_TRADING=false, POLYMARKET_PRIVATE_KEY, LIVE_CONFIRMATION=I UNDERSTAND, DRY_RUN=false, "
        f"found without {' and '.join(needed)}"
    )


@pytest.mark.parametrize("words", ["i understand", "I UNDERSTAND.", "yes", "true"])
def test_nothing_but_the_very_words_opens_the_gate(words):
    assert refused(LIVE_CONFIRMATION=words).endswith("found without LIVE_CONFIRMATION=I UNDERSTAND")


@pytest.mark.parametrize("key", ["a1" * 32, "0x" + "a1" * 31, "0x" + "g1" * 32, KEY + "0", "0X" + "a1" * 32])
def test_a_key_that_is_none_is_refused_and_not_shown(key):
    words = refused(POLYMARKET_PRIVATE_KEY=key)

    assert words == "POLYMARKET_PRIVATE_KEY: expected 0x and 64 hexadecimal digits, found something else (hidden)"
    assert "a1a1" not in words


def test_an_api_key_without_its_other_parts_is_refused():
    words = refused(POLYMARKET_API_KEY="k", POLYMARKET_SECRET="c2VjcmV0")

    assert words == (
        "POLYMARKET_API_KEY, POLYMARKET_SECRET, POLYMARKET_PASSPHRASE: expected all three or none, "
        "found only POLYMARKET_API_KEY and POLYMARKET_SECRET"
    )


@pytest.mark.parametrize("name", ["CLOB_URL", "CLOB_USER_WS_URL", "RELAYER_URL"])
def test_credentials_are_sent_in_the_clear_to_this_machine_or_its_network_and_nowhere_else(name):
    plain = "ws" if "WS" in name else "http"

    assert refused(**{name: f"{plain}://exchange.example.com/x"}).startswith(f"{name}: expected {plain}s://")
    for near in ("127.0.0.1:8900", "localhost", "simulator:8900"):
        assert admitted(**{name: f"{plain}://{near}/x"})


def test_everything_that_is_wrong_is_said_at_once():
    lines = refused(LIVE_CONFIRMATION="", POLYMARKET_PRIVATE_KEY="0x1", POLYMARKET_SECRET="x").splitlines()

    assert [line.split(":")[0] for line in lines] == [
        "real orders", "POLYMARKET_PRIVATE_KEY", "POLYMARKET_API_KEY, POLYMARKET_SECRET, POLYMARKET_PASSPHRASE",
    ]  # fmt: skip


def test_looking_after_the_wallet_takes_a_key_and_no_gate():
    environment = {"POLYMARKET_PRIVATE_KEY": KEY}

    assert admit_to_wallet(load(Settings, environment), environment)
    with pytest.raises(SettingsError, match="expected 0x and 64 hexadecimal digits, found nothing"):
        admit_to_wallet(load(Settings, {}), {})


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_that_only_we_can_read_will_do(key_file, mode):
    key_file.chmod(mode)
    environment = {name: value for name, value in OPEN.items() if name != "POLYMARKET_PRIVATE_KEY"}
    environment["POLYMARKET_PRIVATE_KEY_FILE"] = str(key_file)

    assert admit(load(Settings, environment), environment).polymarket_private_key.get_secret_value() == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620, 0o777])
def test_a_file_that_others_can_read_is_refused_with_the_command_that_mends_it(key_file, mode):
    key_file.chmod(mode)

    faults = list(secret_file_faults({"POLYMARKET_PRIVATE_KEY_FILE": str(key_file)}))

    assert faults == [
        f"POLYMARKET_PRIVATE_KEY_FILE: expected mode 0600 or 0400, found {mode:04o}: run `chmod 600 {key_file}`"
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(key_file):
    key_file.chmod(0o600)
    os.chown(key_file, 12345, 12345)

    [fault] = secret_file_faults({"POLYMARKET_SECRET_FILE": str(key_file)})

    assert fault.startswith(
        f"POLYMARKET_SECRET_FILE: expected a file of this user ({os.geteuid()}), found one of user 12345"
    )


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path):
    faults = list(secret_file_faults({
        "POLYMARKET_SECRET_FILE": str(tmp_path), "POLYMARKET_PRIVATE_KEY_FILE": str(tmp_path / "none"),
    }))  # fmt: skip

    assert faults == [
        f"POLYMARKET_PRIVATE_KEY_FILE: expected a readable file, found No such file or directory: {tmp_path / 'none'}",
        f"POLYMARKET_SECRET_FILE: expected a regular file, found something else: {tmp_path}",
    ]
