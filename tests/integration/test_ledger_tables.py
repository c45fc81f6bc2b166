"""What people read of the ledger, on a real Postgres."""

from datetime import date
from decimal import Decimal

import pytest

from builders import MARKET, UP, a_fill, a_settlement, after, an_approval
from common.contracts.executor import FillFailed, OrderAccepted, OrderCancelled, OrderFilled, OrderSubmitted
from integration.ledger_postgres import a_projector, a_server, connected
from unit.ledger.ledger_builders import (
    ANOTHER_MARKET,
    a_fill_event,
    a_journal,
    a_loss,
    a_win,
    an_order_event,
    recorded,
)

PLAN = (
    "id, trade_id, request_id, opportunity_id, opportunity_type, market_id, token_id, side, outcome, requested_amount, "
    "max_price, expected_edge, expected_fee, filled_amount, fill_price, order_id, status, error_message, created_at, "
    "filled_at, strategy, entry_price, quantity, fee, pnl"
)
RUNBOOK = """
SELECT
    market_id,
    outcome,
    entry_price,
    quantity,
    status,
    created_at
FROM paper_trades
WHERE created_at > NOW() - INTERVAL '1 hour'
ORDER BY created_at DESC
LIMIT 10;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = a_server(tmp_path_factory.mktemp("pg"))
    yield server
    server.remove()


async def stored(server, events):
    url = await server.new_database()
    async with a_projector(url) as projector:
        await projector.store(events)
    return url


async def rows(url, query):
    async with connected(url) as connection:
        return await connection.fetch(query)


async def test_the_runbooks_select_shows_the_paper_trades(server):
    url = await stored(server, a_journal())

    found = {row["market_id"]: row for row in await rows(url, RUNBOOK) if row["quantity"]}

    assert found[MARKET]["entry_price"] == Decimal("0.49")
    assert (found[MARKET]["outcome"], found[MARKET]["quantity"], found[MARKET]["status"]) == (
        "Up",
        Decimal(6),
        "filled",
    )
    assert (found[ANOTHER_MARKET]["status"], found[ANOTHER_MARKET]["quantity"]) == ("partial", Decimal(5))


@pytest.mark.parametrize("view", ["paper_trades", "live_trades"])
async def test_both_views_have_every_column_of_the_plan(server, view):
    url = await stored(server, a_journal())

    assert len(await rows(url, f"SELECT {PLAN} FROM {view}")) == (4 if view == "paper_trades" else 0)


async def test_live_trades_are_apart_from_paper_trades(server):
    live = {"order_id": "order9", "mode": "live"}
    url = await stored(
        server,
        recorded(
            [
                *a_win(),
                an_approval(event_id="d9", order_id="order9"),
                an_order_event(OrderSubmitted, "e9", received_at=after(0), approved_at=after(0), **live),
                an_order_event(OrderAccepted, "e10", venue_order_id="0xlive", **live),
            ]
        ),
    )

    assert [row["trade_id"] for row in await rows(url, "SELECT trade_id FROM paper_trades")] == ["order1"]
    (row,) = await rows(url, "SELECT * FROM live_trades")
    assert (row["trade_id"], row["order_id"], row["status"], row["quantity"]) == ("order9", "0xlive", "pending", 0)


async def test_a_trade_shows_what_was_asked_what_was_got_and_what_came_of_it(server):
    url = await stored(server, a_journal())

    (trade,) = await rows(url, "SELECT * FROM paper_trades WHERE trade_id = 'order1'")

    assert (trade["request_id"], trade["opportunity_id"], trade["opportunity_type"]) == ("d1", "o1", "oracle_lag")
    assert (trade["requested_amount"], trade["max_price"]) == (Decimal("5.00"), Decimal("0.50"))
    assert (trade["filled_amount"], trade["fill_price"], trade["fee"]) == (
        Decimal("2.94"),
        Decimal("0.49"),
        Decimal("0.10495"),
    )
    assert trade["pnl"] == Decimal("2.95505")
    assert (trade["token_id"], trade["side"], trade["order_id"]) == (UP, "BUY", "0xv1")
    assert trade["filled_at"].isoformat() == "2027-01-15T12:00:00+00:00"


async def test_orders_that_came_to_nothing_say_why(server):
    url = await stored(server, a_journal())

    found = {row["trade_id"]: row for row in await rows(url, "SELECT * FROM paper_trades")}

    assert (found["order3"]["status"], found["order3"]["error_message"]) == ("failed", "not_enough_balance: balance 0")
    assert (found["order4"]["status"], found["order4"]["error_message"]) == ("pending", "no answer")
    assert found["order3"]["entry_price"] is None
    assert found["order3"]["pnl"] is None


async def test_an_order_whose_fills_are_all_void_has_failed_and_lost_nothing(server):
    url = await stored(
        server,
        recorded(
            [
                an_approval(),
                an_order_event(OrderSubmitted, "e1", received_at=after(0), approved_at=after(0)),
                a_fill(),
                an_order_event(OrderFilled, "e3", filled=Decimal(10)),
                a_fill_event(FillFailed, "x1", reason="reverted"),
                a_fill_event(FillFailed, "x2", reason="reverted again"),
            ]
        ),
    )

    (trade,) = await rows(url, "SELECT * FROM paper_trades")
    assert (trade["status"], trade["error_message"], trade["quantity"], trade["fee"]) == ("failed", "reverted", 0, 0)
    assert await rows(url, "SELECT * FROM positions") == []


async def test_profit_and_loss_agree_wherever_they_are_read(server):
    url = await stored(server, a_journal())

    async with connected(url) as connection:
        by_trade = await connection.fetchval("SELECT sum(pnl) FROM paper_trades")
        by_position = await connection.fetchval("SELECT sum(pnl) FROM positions")
        stated = await connection.fetchval("SELECT sum(stated_pnl) FROM positions")
        (day,) = await connection.fetch("SELECT * FROM daily_pnl")

    assert by_trade == by_position == stated == day["pnl"] == Decimal("0.87105")
    assert (day["day"], day["mode"], day["settled"], day["won"]) == (date(2027, 1, 15), "paper", 2, 1)


async def test_a_position_is_open_until_its_market_is_settled(server):
    url = await stored(server, recorded(a_win()[:-1] + a_loss()))

    found = {row["market_id"]: row for row in await rows(url, "SELECT * FROM positions")}

    open_, settled = found[MARKET], found[ANOTHER_MARKET]
    assert (open_["status"], open_["up_shares"], open_["cost"], open_["fees"]) == (
        "open", Decimal(6), Decimal("2.94"), Decimal("0.10495"),
    )  # fmt: skip
    assert open_["pnl"] is None
    assert (settled["status"], settled["winner"], settled["payout"], settled["pnl"]) == (
        "settled", "Up", 0, Decimal("-2.084"),
    )  # fmt: skip


async def test_a_fill_after_the_settlement_counts_by_the_same_outcome(server):
    late = a_fill(event_id="f9", fill_id="fill9", quantity=Decimal(2), price=Decimal("0.50"), fee=Decimal("0.035"))
    url = await stored(server, recorded([*a_win(), late]))

    (position,) = await rows(url, "SELECT * FROM positions")
    assert (position["pnl"], position["stated_pnl"]) == (Decimal("3.92005"), Decimal("2.95505"))


async def test_shares_that_were_sold_leave_at_their_average_cost(server):
    url = await stored(
        server,
        recorded(
            [
                a_fill(price=Decimal("0.40"), quantity=Decimal(10), fee=Decimal(0)),
                a_fill(event_id="f2", fill_id="fill2", price=Decimal("0.60"), quantity=Decimal(10), fee=Decimal(0)),
                a_fill(
                    event_id="f3",
                    fill_id="fill3",
                    side="SELL",
                    price=Decimal("0.70"),
                    quantity=Decimal(5),
                    fee=Decimal("0.1"),
                ),
            ]
        ),
    )
    (held,) = await rows(url, "SELECT * FROM positions")
    assert (held["up_shares"], held["cost"], held["fees"]) == (Decimal(15), Decimal("7.5"), Decimal("0.1"))

    async with a_projector(url) as projector:
        await projector.store(recorded([a_settlement(winner="Up")], start=4))
    (settled,) = await rows(url, "SELECT * FROM positions")
    assert settled["pnl"] == Decimal(15) + Decimal("3.5") - Decimal(10) - Decimal("0.1")


async def test_the_status_over_time_is_kept(server):
    url = await stored(server, a_journal())

    steps = await rows(url, "SELECT status FROM order_states WHERE order_id = 'order1' ORDER BY sequence")

    assert [row["status"] for row in steps] == ["submitted", "accepted", "filled"]


async def test_risk_states_are_sampled_to_the_last_of_each_minute(server):
    url = await stored(server, a_journal())

    assert [row["equity"] for row in await rows(url, "SELECT equity FROM risk_states ORDER BY sequence")] == [195, 196]
    assert [row["equity"] for row in await rows(url, "SELECT equity FROM risk_state_latest")] == [196]
    assert [row["change"] for row in await rows(url, "SELECT change FROM halts ORDER BY sequence")] == [
        "halted",
        "resumed",
    ]


async def test_an_order_of_which_only_the_end_is_known_is_shown_all_the_same(server):
    url = await stored(server, recorded([an_order_event(OrderCancelled, "e1", reason="expired", filled=Decimal(0))]))

    (trade,) = await rows(url, "SELECT * FROM paper_trades")
    assert (trade["status"], trade["error_message"], trade["requested_amount"]) == ("cancelled", "expired", None)


async def test_the_audit_trail_has_every_event_as_it_was_said(server):
    journal = a_journal()
    url = await stored(server, journal)

    trail = await rows(url, "SELECT sequence, subject, type, event FROM events ORDER BY sequence")

    assert [row["sequence"] for row in trail] == [one.sequence for one in journal]
    for row, one in zip(trail, journal, strict=True):
        assert type(one.event).model_validate_json(row["event"]) == one.event
        assert row["subject"] == one.subject
