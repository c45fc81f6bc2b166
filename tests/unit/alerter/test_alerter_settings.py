"""What the alerter accepts as its settings."""

from decimal import Decimal

import pytest

from alerter.core import DeskLimits
from alerter.service import assemble
from alerter.settings import Settings
from common.errors import SettingsError
from common.settings import load

KEYS = {"PUSHOVER_USER_KEY": "sesame-user", "PUSHOVER_API_TOKEN": "sesame-token"}


def test_the_desk_is_held_to_the_same_numbers_by_default():
    assert load(Settings, {}).desk_limits() == DeskLimits()


def test_a_limit_of_the_environment_reaches_the_desk():
    limits = load(Settings, {"LARGE_LOSS_USD": "7.5", "HEARTBEAT_SILENCE_S": "30"}).desk_limits()

    assert (limits.large_loss_usd, limits.heartbeat_silence_s) == (Decimal("7.5"), 30)


def test_keys_can_be_files_and_never_print(tmp_path):
    for name, value in KEYS.items():
        (tmp_path / name).write_text(value + "\n")
    settings = load(Settings, {f"{name}_FILE": str(tmp_path / name) for name in KEYS})

    assert settings.pushover_user_key.get_secret_value() == "sesame-user"
    assert "sesame" not in repr(settings) + settings.model_dump_json()
    assert assemble(settings).figures(0)["channel"] == "pushover"


@pytest.mark.parametrize("url", ["ftp://push.example/", "push.example", "https://", "http:///1/messages.json"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="PUSHOVER_URL"):
        load(Settings, KEYS | {"PUSHOVER_URL": url})


def test_without_keys_the_service_runs_and_says_where_alerts_go():
    assembly = assemble(load(Settings, {}))

    assert (assembly.name, assembly.recovery, assembly.figures(0)["channel"]) == ("alerter", (), "log")
    assert assembly.not_ready(0) == ""
