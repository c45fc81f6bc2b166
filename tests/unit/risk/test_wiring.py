"""The controls are wired: each is asked, each is documented, each number comes from the owner's setting."""

import ast
import inspect
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from builders import NOON, a_book, a_market, a_price, after, an_opportunity
from common.contracts.executor import OrderCancelled
from common.contracts.subjects import subject_of
from common.errors import SettingsError
from common.settings import load
from risk.core import LIMITS, SIZING, Limits, denial_codes
from risk.core import limits as limits_module
from risk.service import assemble, build, limits
from risk.settings import Settings
from unit.risk.risk_builders import rule

TESTS = Path(__file__).parent


def assembled(**environment):
    return assemble(load(Settings, environment))


def test_every_function_that_is_written_as_a_limit_is_asked():
    written = [f for name, f in inspect.getmembers(limits_module, inspect.isfunction) if not name.startswith("_")]
    own = {f for f in written if f.__module__ == limits_module.__name__}

    assert own == set(LIMITS)
    assert len(LIMITS) == len(own)


def test_the_gate_asks_the_limits_and_no_flag_skips_any():
    gate = build(load(Settings, {}))

    assert rule(gate.decide(an_opportunity(), NOON)) == "market_is_allowed"
    for event in (a_market(), a_price(), a_book()):
        gate.observe(event)
    assert rule(gate.decide(an_opportunity(), NOON)) == "approved"


def test_every_denial_code_is_explained():
    codes = denial_codes()

    by_hand = ["manual_order_is_small", "manual_price_is_close"]
    assert list(codes) == [*(limit.__name__ for limit in LIMITS), *by_hand]
    assert all(text.startswith("Refuse") and text.endswith(".") for text in codes.values())


def test_every_control_has_a_test_that_trips_it():
    tested = {
        node.value
        for path in TESTS.glob("test_limits_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert {limit.__name__ for limit in LIMITS} <= tested


def test_the_owners_defaults_are_the_numbers_of_the_core():
    numbers = limits(load(Settings, {}))

    assert numbers.initial_bankroll == 200
    assert numbers.trade_size_usd == 5
    assert numbers.trade_size_usd_max == 20
    assert numbers.loss_per_trade_usd_max == 20
    assert (numbers.position_limit, numbers.underlying_limit) == (Decimal("0.1"), Decimal("0.3"))
    assert (numbers.venue_limit, numbers.total_limit) == (Decimal("0.5"), Decimal("0.5"))
    assert (numbers.daily_loss_limit, numbers.drawdown_limit) == (Decimal("0.1"), Decimal("0.2"))
    assert (numbers.min_edge, numbers.price_collar) == (Decimal("0.02"), Decimal("0.05"))
    assert numbers.sizing in SIZING


CHANGED = {
    "SYMBOLS": ("symbols", "SOL", frozenset({"SOL"})),
    "VENUES_ALLOWED": ("venues_allowed", "elsewhere", frozenset({"elsewhere"})),
    "INITIAL_BANKROLL": ("initial_bankroll", "123.45", Decimal("123.45")),
    "SIZING_STRATEGY": ("sizing", "half_kelly", "half_kelly"),
    "TRADE_SIZE_USD": ("trade_size_usd", "7", Decimal(7)),
    "MAX_TRADE_SIZE": ("trade_size_usd_max", "1", Decimal(1)),
    "MAX_LOSS_PER_TRADE": ("loss_per_trade_usd_max", "2", Decimal(2)),
    "MAX_ORDER_SHARES": ("order_shares_max", "3", Decimal(3)),
    "ORDERS_PER_MINUTE_MAX": ("orders_per_minute_max", "4", 4),
    "OPEN_ORDERS_MAX": ("open_orders_max", "5", 5),
    "POSITION_LIMIT_PCT": ("position_limit", "6", Decimal("0.06")),
    "UNDERLYING_LIMIT_PCT": ("underlying_limit", "7", Decimal("0.07")),
    "VENUE_LIMIT_PCT": ("venue_limit", "8", Decimal("0.08")),
    "TOTAL_LIMIT_PCT": ("total_limit", "9", Decimal("0.09")),
    "DAILY_LOSS_LIMIT_PCT": ("daily_loss_limit", "11", Decimal("0.11")),
    "DRAWDOWN_LIMIT_PCT": ("drawdown_limit", "12", Decimal("0.12")),
    "MIN_EDGE_PCT": ("min_edge", "3.5", Decimal("0.035")),
    "MAX_CREDIBLE_EDGE": ("credible_edge_max", "0.2", Decimal("0.2")),
    "PRICE_COLLAR_PCT": ("price_collar", "1", Decimal("0.01")),
    "UNDERLYING_MOVE_BPS_MAX": ("underlying_move_bps_max", "2", Decimal(2)),
    "PRICE_AGE_MS_MAX": ("price_age_ms_max", "100", 100),
    "BOOK_AGE_MS_MAX": ("book_age_ms_max", "101", 101),
    "CLOCK_SKEW_MS_MAX": ("clock_skew_ms_max", "102", 102),
    "REPEAT_WINDOW_MS": ("repeat_window_ms", "103", 103),
    "REPEATED_TRADES_MAX": ("repeated_trades_max", "9", 9),
    "REPEATED_TRADES_WINDOW_S": ("repeated_trades_window_s", "30", 30),
    "ERROR_RATE_ORDERS": ("error_rate_orders", "8", 8),
    "ERROR_RATE_MAX_PCT": ("error_rate", "25", Decimal("0.25")),
    "ERROR_RATE_WINDOW_S": ("error_rate_window_s", "60", 60),
    "UNKNOWN_ORDERS_MAX": ("unknown_orders_max", "1", 1),
    "UNKNOWN_ORDER_S": ("unknown_order_s", "5", 5),
    "CLOSE_GUARD_S": ("close_guard_s", "104", 104),
    "ORDER_VALID_MS": ("order_valid_ms", "105", 105),
    "REDUCE_ONLY": ("reduce_only", "true", True),
    "MANUAL_ORDER_USD_MAX": ("manual_order_usd_max", "3", Decimal(3)),
    "SIZE_LADDER": ("size_ladder", "0:5, 10:7.5", ((0, Decimal(5)), (10, Decimal("7.5")))),
}


@pytest.mark.parametrize("variable", CHANGED)
def test_each_setting_reaches_the_core_and_renames_the_limits(variable):
    name, text, number = CHANGED[variable]
    default, changed = limits(load(Settings, {})), limits(load(Settings, {variable: text}))

    assert getattr(changed, name) == number != getattr(default, name)
    assert changed.version != default.version


def test_every_number_of_the_core_has_a_setting():
    assert {name for name, _, _ in CHANGED.values()} == {f.name for f in fields(Limits)}


@pytest.mark.parametrize(
    ("variable", "text"),
    [("MAX_TRADE_SIZE", "0"), ("DAILY_LOSS_LIMIT_PCT", "101"), ("POSITION_LIMIT_PCT", "-1"), ("SYMBOLS", "BTCUSDT"),
     ("SIZING_STRATEGY", "martingale"), ("INITIAL_BANKROLL", "NaN"), ("MIN_EDGE_PCT", ""),
     ("SIZE_LADDER", ""), ("SIZE_LADDER", "5:10"), ("SIZE_LADDER", "0:10,0:20"), ("SIZE_LADDER", "0:10,50:5"),
     ("SIZE_LADDER", "0:ten"), ("SIZE_LADDER", "0"), ("SIZE_LADDER", ",".join(f"{n}:{n + 1}" for n in range(21)))],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start_and_is_named(variable, text):
    with pytest.raises(SettingsError) as error:
        load(Settings, {variable: text})

    assert str(error.value).startswith(f"{variable}: expected ")


def test_the_service_is_rebuilt_from_the_whole_journal_in_order():
    parts = [(part.stream, part.filter, part.how) for part in assembled().recovery]

    assert ("JOURNAL", ">", "all") in parts
    assert ("CATALOGUE", "venue.market.>", "last") in parts
    assert ("CONTROL", "control.rearm", "last") in parts
    assert {stream for stream, _, _ in parts} == {"JOURNAL", "CATALOGUE", "MARKET", "BOOKS", "CONTROL"}


def test_risk_hears_what_became_of_its_orders_durably():
    assert "risk" in subject_of(OrderCancelled).durable_subscribers


def test_the_figures_say_how_risk_stands():
    assembly = assembled()
    assembly.core.observe(assembly.core.decide(an_opportunity(), NOON))

    figures = assembly.figures(NOON)

    assert figures["equity"] == "200.00"
    assert figures["state"] == "ACTIVE"
    assert figures["denied_market_is_allowed"] == "1"


def test_the_service_is_ready_when_it_sees_markets_and_fresh_prices():
    assembly = assembled()
    assert assembly.not_ready(NOON) == "no fresh BTC price; no fresh ETH price; no market is known"

    for event in (a_market(), a_price(), a_price(symbol="ETH")):
        assembly.core.observe(event)

    assert assembly.not_ready(after(2)) == ""
    assert assembly.not_ready(after(3)) == "no fresh BTC price; no fresh ETH price"
