"""`pm-arb stats` on a real Postgres, of a journal whose figures can be worked out by hand."""

from decimal import Decimal

import pytest

from builders import NOON, a_fill, a_settlement, after, an_approval, an_opportunity
from common.clock import instant_from_seconds
from common.contracts.executor import OrderCancelled, OrderFilled, OrderRefused, OrderSubmitted
from console.commands.stats import block, read_stats
from console.errors import ConsoleError
from integration.ledger_postgres import a_projector, a_server
from unit.ledger.ledger_builders import ANOTHER_MARKET, an_order_event, recorded

ALL_DAYS = 36_600


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = a_server(tmp_path_factory.mktemp("pg"))
    yield server
    server.remove()


def an_order(number, *, mode="paper", latency_s=None, price="0.50", market=None, symbol="BTC", quantity=10):
    """One order's way: seen at an average of 0.50, sent a second after noon, filled after so long at a price, or not."""
    names = {"order_id": f"order{number}", "opportunity_id": f"o{number}"}
    place = {"market_id": market} if market else {}
    end = {"mode": mode, "filled": Decimal(quantity if latency_s else 0)} | names | place
    events = [
        an_opportunity(event_id=f"o{number}", symbol=symbol, **place),
        an_approval(event_id=f"d{number}", symbol=symbol, limit=Decimal("0.55"), **names, **place),
        an_order_event(OrderSubmitted, f"s{number}", mode=mode, received_at=NOON, approved_at=NOON, **names, **place),
    ]
    if latency_s is None:
        return [*events, an_order_event(OrderCancelled, f"c{number}", reason="killed", **end)]
    fill = a_fill(
        event_id=f"f{number}", fill_id=f"fill{number}", order_id=f"order{number}", mode=mode, price=Decimal(price),
        quantity=Decimal(quantity), at=after(1 + latency_s), **place,
    )  # fmt: skip
    return [*events, fill, an_order_event(OrderFilled, f"e{number}", **end)]


async def stored(server, *events):
    url = await server.new_database()
    async with a_projector(url) as projector:
        await projector.store(recorded(events))
    return url


async def test_the_figures_are_those_of_a_clerk(server):
    url = await stored(
        server, *an_order(1, latency_s=0.2, price="0.51"), *an_order(2, latency_s=0.4, price="0.50"),
        *an_order(3, latency_s=1.5, price="0.48", market=ANOTHER_MARKET, symbol="ETH"), *an_order(4), a_settlement(),
    )  # fmt: skip

    rows = {(row["mode"], row["symbol"]): row for row in await read_stats(url, ALL_DAYS)}

    assert list(rows) == [("paper", "BTC"), ("paper", "ETH"), ("paper", None)]
    whole = rows["paper", None]
    assert (whole["orders"], whole["fills"], whole["active"]) == (4, 3, 1)
    assert float(whole["latency_s"]) == pytest.approx((0.2 + 0.4 + 1.5) / 3)
    assert whole["median_latency_s"] == pytest.approx(0.4)
    assert float(whole["slippage"]) == pytest.approx((0.01 + 0 - 0.02) / 3)
    assert whole["pnl"] == 20 - Decimal("5.10") - 5 - 2 * Decimal("0.175")
    assert (rows["paper", "ETH"]["orders"], rows["paper", "ETH"]["active"]) == (1, 1)
    assert list(block(whole)) == [
        "ORDER EXECUTION STATS (paper)", "Total orders: 4", "Total fills: 3 (75.0% fill rate)",
        "Avg fill latency: 0.70s (median 0.40s)", "Avg slippage: -0.0033", "Realized P&L: $+9.55", "Active positions: 1",
    ]  # fmt: skip


async def test_paper_and_live_are_told_apart_and_what_never_left_counts_nowhere(server):
    refused = [
        an_opportunity(event_id="o9"), an_approval(event_id="d9", order_id="order9", opportunity_id="o9"),
        an_order_event(OrderRefused, "r9", order_id="order9", opportunity_id="o9", rule="too_late", detail=""),
    ]  # fmt: skip
    url = await stored(server, *an_order(1, latency_s=0.2), *an_order(2, mode="live"), *refused)

    rows = {(row["mode"], row["symbol"]): row for row in await read_stats(url, ALL_DAYS)}

    assert rows["paper", None]["orders"] == rows["live", None]["orders"] == 1
    assert block(rows["live", None])[3:5] == ("Avg fill latency: - (median -)", "Avg slippage: -")


async def test_only_the_days_that_were_asked_for_count(server):
    long_ago = [
        event.model_copy(update={"approved_at": instant_from_seconds(1_600_000_000)})
        if event.type == "order_approved"
        else event
        for event in an_order(1, latency_s=0.2)
    ]
    url = await stored(server, *long_ago)

    assert len(await read_stats(url, ALL_DAYS)) == 2
    assert await read_stats(url, 366) == []


async def test_a_database_without_tables_is_named(server):
    with pytest.raises(ConsoleError, match="expected its tables, found none"):
        await read_stats(await server.new_database(), 7)
