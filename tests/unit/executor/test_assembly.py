"""The executor put together: its settings, what it refuses to be, and what it shows."""

import subprocess
import sys

import pytest
from prometheus_client import REGISTRY

from builders import NOON, a_book, a_heartbeat, a_market, an_approval
from common.clock import VirtualClock
from common.contracts.base import EVENT_TYPES
from common.contracts.control import HaltRequested
from common.contracts.runtime import BusLost, BusRestored, WentLive
from common.errors import SettingsError
from common.runtime.loop import published_on
from common.settings import load
from executor.core.inputs import FillAsked, GatewayReport
from executor.core.states import TERMINAL, OrderState
from executor.service import assemble
from executor.settings import Settings
from unit.executor.desk_builders import (
    accepted,
    cancel_declined,
    cancelled,
    completed,
    confirmed,
    failed,
    filled,
    lost,
    not_found,
    rejected,
    retried,
)
from unit.executor.reconciliation_builders import a_snapshot

WALLETS = ("polymarket", "py_clob_client", "py_clob_client_v2", "eth_account", "eth_keys", "coincurve", "web3")


def an_executor(**environment):
    found = {k.upper(): v for k, v in environment.items()}
    return assemble(load(Settings, found), VirtualClock(NOON), found)


def test_it_trades_on_paper_unless_told_otherwise():
    assembly = an_executor()

    assert (assembly.name, assembly.gateway) == ("executor", assembly.sources[0])
    assert [(r.stream, r.filter, r.how) for r in assembly.recovery] == [
        ("JOURNAL", ">", "all"), ("CATALOGUE", "venue.market.>", "last"), ("BOOKS", "venue.book.>", "last"),
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["false", "False", "0", "no"])
def test_live_trading_without_a_key_is_refused_with_a_clear_word(word):
    with pytest.raises(SettingsError) as refused:
        an_executor(paper_trading=word)

    assert str(refused.value).endswith("found without POLYMARKET_PRIVATE_KEY")


@pytest.mark.parametrize(
    ("name", "value"),
    [("paper_trading", "perhaps"), ("max_trade_size", "0"), ("max_trade_size", "NaN"), ("order_timeout_ms", "1")],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(SettingsError, match=name.upper()):
        an_executor(**{name: value})


def test_the_owners_cap_is_the_cap_of_the_last_hop():
    desk = an_executor(max_trade_size="5").core.desk
    desk.observe(a_market())
    desk.observe(a_snapshot(0, collateral=None))

    assert desk.decide(an_approval(), NOON).rule == "cost_is_within_cap"


def test_running_on_paper_loads_no_wallet_library():
    program = (
        "import sys; from common.settings import load; from executor.service import assemble; "
        "from executor.settings import Settings; import executor.__main__; assemble(load(Settings, {})); "
        f"found = [name for name in {WALLETS!r} if name in sys.modules]; sys.exit(f'loaded: {{found}}' if found else 0)"
    )

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (run.returncode, run.stderr) == (0, "")


async def test_it_is_ready_when_the_gateway_runs_and_nothing_is_in_doubt():
    assembly = an_executor()
    desk = assembly.core.desk
    desk.observe(an_approval())

    assert assembly.not_ready(NOON) == "the gateway is not running"
    assembly.gateway._inbox = object()
    desk.observe(WentLive(at=NOON))
    assert assembly.not_ready(NOON) == "orders in doubt since the start: 1"
    desk.observe(desk.decide(_tick(), NOON))
    assert assembly.not_ready(NOON) == "no heartbeat of risk: none was heard yet"
    desk.observe(a_heartbeat())
    assert assembly.not_ready(NOON) == ""
    desk.observe(BusLost(at=NOON))
    assert assembly.not_ready(NOON) == "bus lost"
    desk.observe(BusRestored(at=NOON))
    desk.observe(HaltRequested(reason="stop", at=NOON))
    assert assembly.not_ready(NOON) == "", "holding still is its job while halted"


def _tick():
    return EVENT_TYPES["tick"](at=NOON)


def test_its_figures_say_what_people_watch():
    assembly = an_executor()
    core = assembly.core
    for event in (
        a_market(),
        a_book(),
        WentLive(at=NOON),
        a_snapshot(0, collateral=None),
        a_heartbeat(),
        an_approval(),
    ):
        outcome = core.decide(event, NOON)
        core.observe(event)
        if outcome:
            core.observe(outcome)
    core.observe(core.decide(filled(), NOON))
    core.observe(HaltRequested(reason="stop", at=NOON))

    assert assembly.figures(NOON) == {
        "open_orders": "1", "positions": "1", "fills": "1", "provisional_fills": "1", "refused": "0",
        "latched": "operator: stop",
    }  # fmt: skip

    assembly.measure(NOON)
    assert [gauge(name) for name in ("halted", "fills_provisional", "positions_open", "orders_in_doubt")] == [
        1,
        1,
        1,
        0,
    ]
    assert sum(gauge("orders_open", state=state) for state in set(OrderState) - TERMINAL) == 1


def gauge(name, **labels):
    return REGISTRY.get_sample_value(f"pm_arb_executor_{name}", labels)


REPORTS = [
    accepted(), rejected(), filled(), confirmed(), retried(), failed(), completed(), cancelled(), cancel_declined(),
    lost(), not_found(),
]  # fmt: skip


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.type)
def test_a_report_can_be_taped_and_never_leaves_the_service(report):
    again = EVENT_TYPES[report.type].model_validate_json(report.to_json())

    assert again == report
    assert published_on(report) is None


def test_every_report_has_its_place_among_these_tests():
    assert {type(report) for report in REPORTS} == set(GatewayReport.__subclasses__())
    asked = FillAsked(event_id="1", order_id="o", fill_id="f", matched_at=NOON, at=NOON)
    assert published_on(asked) is None
