"""What the ledger accepts as its settings."""

import pytest

from common.errors import SettingsError
from common.settings import load
from ledger.adapters.statements import STATEMENTS
from ledger.service import assemble
from ledger.settings import Settings

URL = "postgresql://ledger:sesame@db.example:5432/pm_arb"


def test_a_start_without_a_database_says_which_setting_is_missing():
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        load(Settings, {})


@pytest.mark.parametrize(
    "url", ["mysql://ledger:sesame@db.example/pm_arb", "postgresql://ledger:sesame/open@db.example/pm_arb", "sesame"]
)
def test_a_url_that_is_none_is_refused_without_showing_it(url):
    with pytest.raises(SettingsError) as caught:
        load(Settings, {"DATABASE_URL": url})

    assert "postgresql://" in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db.example/pm_arb",
        "postgresql://u:p@[::1]:5432/pm_arb",
        "postgresql://u:p@[::1]/pm_arb",
        "postgresql://u:p@one:5432,two:5433/pm_arb",
        "postgresql://u:@/pm_arb?host=/run/postgresql",
    ],
)
def test_the_forms_of_a_postgres_url_are_accepted(url):
    assert load(Settings, {"DATABASE_URL": url}).database_url.get_secret_value() == url


def test_the_url_can_be_a_file_and_never_prints(tmp_path):
    secret = tmp_path / "url"
    secret.write_text(URL + "\n")
    settings = load(Settings, {"DATABASE_URL_FILE": str(secret)})

    assert settings.database_url.get_secret_value() == URL
    assert "sesame" not in repr(settings) + settings.model_dump_json()


def test_the_service_is_not_ready_before_postgres_has_answered():
    assembly = assemble(load(Settings, {"DATABASE_URL": URL}))

    assert assembly.name == "ledger"
    assert assembly.not_ready(0) != ""
    assert set(assembly.figures(0)) == {"stored", "refused", "fills", "settled"}


def test_no_statement_has_data_in_it():
    for kind, statement in STATEMENTS.items():
        assert "$1" in statement, kind
        assert "{" not in statement, kind
