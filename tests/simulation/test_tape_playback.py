"""A tape of a service, played into a fresh core."""

import json
from decimal import Decimal
from importlib import import_module

import pytest

from builders import a_book, a_market, a_price, a_settlement_price, after
from common.contracts.runtime import Tick
from common.runtime.tape import Tape
from common.settings import load
from console.errors import ConsoleError
from console.replay.tape import _environment, play_tape
from scanner.service import build_core
from scanner.settings import Settings

ENVIRONMENT = {"MIN_EDGE_PCT": "1.5", "SYMBOLS": "BTC", "SIGMA_PRIOR_ANNUAL_BY_SYMBOL": "BTC=0.5,ETH=0.8"}


def a_tape(folder, bytes_max=10_000_000):
    """Tape a scanner that recovers, goes live, values markets and finds an edge."""
    settings = load(Settings, ENVIRONMENT)
    core = build_core(settings)
    tape = Tape(
        folder, "scanner", settings.model_dump(mode="json", exclude={"nats_password"}), bytes_max=bytes_max, files_max=9
    )
    for second in range(-60, 1):
        event = a_settlement_price(source_at=after(second), received_at=after(second + 1.2))
        core.observe(event)
        tape.record(event, after(0), None, phase="recover")
    outcomes = []
    for now, event in live_inputs():
        outcome = core.decide(event, now)
        tape.record(event, now, outcome)
        core.observe(event)
        if outcome is not None:
            core.observe(outcome)
            outcomes.append(outcome.type)
    tape.close()
    return folder / "scanner-0000.jsonl", outcomes


def live_inputs():
    yield after(1), a_market()
    yield after(1.3), a_settlement_price(kind="twap", window_s=60, source_at=after(0), received_at=after(1.3))
    for n in range(40):
        at = after(2 + n / 5)
        yield at, a_price(price=Decimal(65_000 + n), source_at=at, received_at=at)
        yield at, a_book(asks=((Decimal("0.41"), Decimal(50)),), source_at=at, received_at=at)
        yield at, Tick(at=at)


def test_a_tape_gives_the_same_outcomes_to_the_byte(tmp_path):
    path, outcomes = a_tape(tmp_path)

    playback = play_tape(path, "scanner")

    assert {"opportunity_found", "market_valued"} == set(outcomes)
    assert playback.inputs == 61 + 2 + 120
    assert playback.difference is None


def test_the_first_difference_is_shown(tmp_path):
    path, _ = a_tape(tmp_path)
    lines = path.read_text().splitlines()
    changed = next(n for n, line in enumerate(lines) if '"opportunity_found"' in line)
    lines[changed] = lines[changed].replace('"side":"BUY"', '"side":"SELL"')
    path.write_text("\n".join(lines) + "\n")

    difference = play_tape(path, "scanner").difference

    assert difference is not None
    assert difference.line == changed + 1
    assert b'"side":"SELL"' in difference.expected
    assert b'"side":"BUY"' in difference.found


def test_other_settings_are_other_answers(tmp_path):
    path, _ = a_tape(tmp_path)
    header, *lines = path.read_text().splitlines()
    other = json.loads(header)
    other["settings"]["min_edge_pct"] = "45"
    path.write_text("\n".join([json.dumps(other), *lines]) + "\n")

    assert play_tape(path, "scanner").difference is not None


def test_a_later_file_of_a_run_cannot_be_played(tmp_path):
    a_tape(tmp_path, bytes_max=20_000)

    with pytest.raises(ConsoleError, match="expected the first file of a run, found file 1"):
        play_tape(tmp_path / "scanner-0001.jsonl", "scanner")


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("risk", "expected a tape of risk, found one of scanner"),
        ("scaner", "expected one of oracle"),
        ("", "expected one of"),
    ],
)
def test_a_tape_of_another_service_is_refused(tmp_path, service, said):
    path, _ = a_tape(tmp_path)

    with pytest.raises(ConsoleError, match=said):
        play_tape(path, service)


def test_what_is_no_tape_is_refused(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("hello\n")

    with pytest.raises(ConsoleError, match="not_a_tape"):
        play_tape(path, "scanner")
    with pytest.raises(ConsoleError, match="No such file"):
        play_tape(tmp_path / "missing", "scanner")


def test_a_broken_line_is_named(tmp_path):
    path, _ = a_tape(tmp_path)
    lines = path.read_text().splitlines()
    lines[70] = lines[70][:50]
    path.write_text("\n".join(lines) + "\n")

    with pytest.raises(ConsoleError, match="bad_tape_line in line 71"):
        play_tape(path, "scanner")


@pytest.mark.parametrize("service", ["oracle", "venue", "scanner", "risk", "executor"])
def test_settings_come_out_of_a_tape_as_they_went_in(service):
    kind = import_module(f"{service}.settings").Settings
    taped = load(kind, {"TICK_MS": "77"}).model_dump(mode="json", exclude={"nats_password"})

    assert (
        load(kind, _environment(json.loads(json.dumps(taped)))).model_dump(mode="json", exclude={"nats_password"})
        == taped
    )
