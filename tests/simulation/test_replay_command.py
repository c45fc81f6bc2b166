"""`pm-arb replay` as an operator meets it."""

import json

import pytest
import typer
from typer.testing import CliRunner

from console.commands.replay import replay_command
from console.errors import EXIT_USAGE, ConsoleError
from simulation.test_tape_playback import a_tape

app = typer.Typer()
app.command()(replay_command)
runner = CliRunner()
MINUTES_3 = ("--seed", "5", "--hours", "0.05")


def test_json_is_json_and_nothing_else():
    answer = runner.invoke(app, [*MINUTES_3, "--json"])

    found = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert {"markets", "trades", "pnl_usd", "brier", "log_loss", "events_per_second"} <= set(found)
    assert isinstance(found["pnl_usd"], str)
    assert found["markets"] == 6  # of two symbols, one a minute
    assert found["events_per_second"] > 0


def test_a_person_gets_a_table_with_the_coin_beside_the_model():
    answer = runner.invoke(app, list(MINUTES_3))

    assert answer.exit_code == 0
    for words in ("Replay: seeded world", "hit rate", "largest drawdown", "(0.2500)", "(0.6931)", "Edges refused"):
        assert words in answer.stdout


def test_a_missing_recording_is_said_in_one_line_with_exit_code_2(tmp_path):
    answer = runner.invoke(app, ["--recording", str(tmp_path)])

    assert isinstance(answer.exception, ConsoleError)
    assert answer.exception.exit_code == EXIT_USAGE == 2
    assert "btcusd-chainlink*.csv.gz and btc-5m-markets*.jsonl.gz" in str(answer.exception)


def test_a_tape_that_plays_the_same_is_a_success(tmp_path):
    path, _ = a_tape(tmp_path)

    answer = runner.invoke(app, ["--tape", str(path), "--service", "scanner"])

    assert answer.exit_code == 0
    assert "183 inputs played" in answer.stdout


def test_a_tape_that_plays_otherwise_fails_and_shows_both_answers(tmp_path):
    path, _ = a_tape(tmp_path)
    path.write_text(path.read_text().replace('"side":"BUY"', '"side":"SELL"', 1))

    answer = runner.invoke(app, ["--tape", str(path), "--service", "scanner"])

    assert answer.exit_code == 1
    assert '"side":"SELL"' in answer.stdout
    assert '"side":"BUY"' in answer.stdout


def test_a_service_without_a_tape_is_refused():
    answer = runner.invoke(app, ["--service", "scanner"])

    assert isinstance(answer.exception, ConsoleError)
    assert answer.exception.exit_code == EXIT_USAGE


@pytest.mark.parametrize("wrong", [("--lag", "-1"), ("--hours", "0"), ("--tick-ms", "0")])
def test_a_wrong_number_is_refused(wrong):
    assert runner.invoke(app, [*MINUTES_3, *wrong]).exit_code == EXIT_USAGE
