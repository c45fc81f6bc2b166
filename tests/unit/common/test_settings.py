import pytest
from pydantic import SecretStr

from common.errors import SettingsError
from common.settings import Names, ServiceSettings, Settings, load


class Sample(Settings):
    symbols: Names = ("BTC",)
    api_token: SecretStr = SecretStr("")
    bankroll_usd: int = 200


def test_the_owners_variable_names_are_read():
    settings = load(Sample, {"SYMBOLS": "BTC, ETH", "BANKROLL_USD": "300"})

    assert settings.symbols == ("BTC", "ETH")
    assert settings.bankroll_usd == 300


def test_a_wrong_value_names_the_variable_what_was_expected_and_what_was_found():
    with pytest.raises(SettingsError) as refused:
        load(ServiceSettings, {"HTTP_PORT": "eighty", "LOG_FORMAT": "xml"})

    lines = str(refused.value).splitlines()
    assert lines[0].startswith("HTTP_PORT: expected a valid integer")
    assert lines[0].endswith("found 'eighty'")
    assert lines[1] == "LOG_FORMAT: expected 'json' or 'console', found 'xml'"


def test_a_secret_comes_from_a_file_and_never_shows(tmp_path):
    (tmp_path / "token").write_text("s3cret\n")

    settings = load(Sample, {"API_TOKEN_FILE": str(tmp_path / "token")})

    assert settings.api_token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings) + str(settings)


def test_a_secret_given_twice_is_refused(tmp_path):
    (tmp_path / "token").write_text("a")

    with pytest.raises(SettingsError, match="API_TOKEN_FILE: expected only one"):
        load(Sample, {"API_TOKEN": "b", "API_TOKEN_FILE": str(tmp_path / "token")})


def test_a_secrets_file_that_cannot_be_read_is_named():
    with pytest.raises(SettingsError, match="API_TOKEN_FILE: expected a readable file"):
        load(Sample, {"API_TOKEN_FILE": "/nowhere/token"})


def test_a_missing_secret_is_named():
    class Strict(Settings):
        key_secret: SecretStr

    with pytest.raises(SettingsError) as refused:
        load(Strict, {})

    assert str(refused.value) == "KEY_SECRET: expected a value, found nothing"


def test_a_folder_for_tapes_that_is_empty_is_none():
    assert load(ServiceSettings, {"TAPE_DIR": ""}).tape_dir is None
