"""A tape of what the executor was told, played to a fresh desk, gives the same outcomes to the byte."""

import asyncio

from builders import NOON, a_book, a_heartbeat, a_market, after, an_approval
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.runtime import Tick, WentLive
from common.runtime.tape import Reader, Tape, play
from common.settings import load
from executor.service import assemble
from executor.settings import Settings
from unit.executor.desk_builders import accepted, completed, confirmed, filled, lost
from unit.executor.reconciliation_builders import a_snapshot

RESOLVED = a_market(event_id="m9", change="resolved", winner="Up", observed_at=after(320))
STORY = [
    WentLive(at=NOON), a_snapshot(0, collateral=None), a_heartbeat(), an_approval(), accepted(), filled(4), lost(), filled(6, fill_id="fill2"),
    filled(4), completed(), confirmed(), HaltRequested(reason="stop", at=NOON), an_approval(event_id="d2", order_id="order2", opportunity_id="o2"),
    ResumeRequested(reason="seen", at=after(1)), a_book(), Tick(at=after(20)), RESOLVED, Tick(at=after(400)),
]  # fmt: skip


def an_executor():
    return assemble(load(Settings, {})).core


def test_a_tape_played_back_gives_the_same_outcomes(tmp_path):
    core, tape = an_executor(), Tape(tmp_path, "executor", {}, bytes_max=10**6, files_max=2)
    outcomes = []
    core.observe(a_market())
    tape.record(a_market(), NOON, None, phase="recover")
    for event in STORY:
        now = getattr(event, "at", NOON)
        outcome = core.decide(event, now)
        tape.record(event, now, outcome)
        for each in (event, outcome) if outcome else (event,):
            core.observe(each)
        outcomes.append(outcome.type if outcome else None)
    tape.close()

    entries = iter(Reader.open(tmp_path / "executor-0000.jsonl"))
    count, difference = play(entries, an_executor())

    assert (count, difference) == (len(STORY) + 1, None)
    assert outcomes == [
        None, "reconciliation_done", None, "order_submitted", "order_accepted", "fill_matched", "order_unknown", "fill_matched", None,
        "order_filled", "fill_confirmed", None, "order_refused", None, None, "fill_asked", "position_settled", None,
    ]  # fmt: skip


def test_an_executor_can_be_put_together_outside_of_an_event_loop():
    assert an_executor().decide(an_approval(), NOON).rule == "books_are_reconciled"
    assert asyncio.run(_gateway_reacts()) is None


async def _gateway_reacts():
    return await assemble(load(Settings, {})).gateway.react(a_market(), NOON)
