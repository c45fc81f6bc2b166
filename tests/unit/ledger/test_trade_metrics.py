"""What the ledger counts of trading, told of a journal."""

from decimal import Decimal

import pytest
from prometheus_client import REGISTRY

from builders import a_fill, an_approval, an_opportunity
from ledger.adapters.trade_metrics import REMEMBERED_MAX, TradeMetrics
from samples import SAMPLES
from unit.ledger.ledger_builders import a_journal


@pytest.fixture
def grown():
    """Answer by how much a sample grew since the test began; the counters are the process's."""
    before = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }

    def since(name, **labels):
        now = REGISTRY.get_sample_value(f"pm_arb_{name}", labels) or 0
        return round(now - before.get((f"pm_arb_{name}", tuple(sorted(labels.items()))), 0), 6)

    return since


def test_a_journal_is_counted_by_what_people_ask_for(grown):
    metrics = TradeMetrics()

    for one in a_journal():
        metrics.count(one.event)

    assert grown("opportunities_total", symbol="BTC", strategy=an_opportunity().strategy) == 2
    assert grown("decisions_total", result="approved", rule="none") == 4
    assert grown("orders_total", state="rejected", symbol="BTC", mode="paper") == 1
    assert grown("fills_total", result="matched", symbol="BTC", side="BUY", mode="paper") == 3
    assert grown("fills_total", result="failed", symbol="BTC", side="unknown", mode="paper") == 1
    assert grown("traded_usd_total", symbol="BTC", side="BUY", mode="paper") == 6.94
    assert grown("fees_usd_total", symbol="BTC", mode="paper") == 0.25895
    assert grown("positions_settled_total", symbol="BTC", result="won") == 1
    assert grown("positions_settled_total", symbol="BTC", result="lost") == 1
    assert grown("profit_usd_total", symbol="BTC", mode="paper") == 2.95505
    assert grown("loss_usd_total", symbol="BTC", mode="paper") == 2.084
    assert grown("halts_total", change="halted", rule="operator") == 1
    assert grown("halts_total", change="resumed", rule="operator") == 1


def test_slippage_is_measured_from_the_price_that_the_opportunity_named(grown):
    metrics = TradeMetrics()
    metrics.count(an_opportunity(average_price=Decimal("0.48")))
    metrics.count(an_approval())

    metrics.count(a_fill(price=Decimal("0.50")))

    assert grown("slippage_usd_bucket", symbol="BTC", side="BUY", le="0.01") == 0
    assert grown("slippage_usd_bucket", symbol="BTC", side="BUY", le="0.02") == 1
    assert grown("fill_latency_seconds_count", symbol="BTC") == 1


def test_a_fill_of_an_order_that_the_journal_no_longer_tells_of_is_counted_without_a_symbol(grown):
    TradeMetrics().count(a_fill())

    assert grown("fills_total", result="matched", symbol="unknown", side="BUY", mode="paper") == 1
    assert grown("slippage_usd_count", symbol="unknown", side="BUY") == 0


def test_a_reconciliation_leaves_its_verdict_its_moment_and_what_it_found(grown):
    event = next(sample for message, sample in SAMPLES.items() if message.__name__ == "ReconciliationDone")

    TradeMetrics().count(event)

    assert grown("reconciliations_total", verdict=event.verdict, severity=event.severity) == 1
    assert REGISTRY.get_sample_value("pm_arb_reconciliation_last_timestamp_seconds") == event.at / 1e9
    for discrepancy in event.discrepancies:
        assert REGISTRY.get_sample_value("pm_arb_reconciliation_discrepancies", {"kind": discrepancy.kind}) >= 1


def test_what_is_remembered_is_bounded():
    metrics = TradeMetrics()

    for n in range(REMEMBERED_MAX + 5):
        metrics.count(an_opportunity(event_id=f"o{n}"))

    assert len(metrics._prices) == REMEMBERED_MAX
