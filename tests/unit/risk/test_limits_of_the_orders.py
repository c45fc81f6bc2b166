"""Controls on how orders fare and repeat: each tripped, and each passed just inside."""

from decimal import Decimal

import pytest

from builders import DOWN, MARKET, NOON, UP, a_book, a_market, a_price, after, an_approval
from common.clock import Instant
from common.contracts.control import RearmRequested, ResumeRequested
from common.contracts.executor import adopted_id
from common.contracts.risk import TradingHalted
from risk.core.errors import Errors
from unit.risk.risk_builders import Lived, accepted, cancelled, completed, lost, rejected, rule

ELSEWHERE = "0x" + "cd" * 32
FOREVER = {"price_age_ms_max": 10**7, "book_age_ms_max": 10**7}
SMALL = {"trade_size_usd": "3", "open_orders_max": 500, "orders_per_minute_max": 500}


def two_markets(**changes):
    other = {"market_id": ELSEWHERE, "up_token_id": "5", "down_token_id": "6"}
    world = (
        a_market(ends_at=after(9000)), a_market(ends_at=after(9000), **other), a_price(), a_book(),
        a_book(market_id=ELSEWHERE, token_id="5"),
    )  # fmt: skip
    return Lived(
        *world, **(FOREVER | SMALL | {"position_limit": "9", "total_limit": "9", "underlying_limit": "9"} | changes)
    )


class Asking:
    """Asks under a new name each time, on a new book."""

    def __init__(self, lived):
        self.lived, self.count = lived, 0

    def __call__(self, seconds=0.0, **changes):
        self.count += 1
        now = after(seconds)
        fields = {"event_id": f"ask{self.count}", "book_at": Instant(NOON + self.count), "valid_until": after(9000)}
        return self.lived.ask(now=now, **(fields | changes))

    def elsewhere(self, seconds=0.0, **changes):
        return self(seconds, market_id=ELSEWHERE, token_id="5", **changes)


# --- unknown orders ---


def test_an_unknown_order_blocks_its_market_and_no_other():
    lived = two_markets()
    ask = Asking(lived)
    order = ask()
    lived.tell(lost(order))

    assert rule(ask()) == "market_has_no_unknown_order"
    assert rule(ask.elsewhere()) == "approved"


def test_an_unknown_order_keeps_its_worst_case_reserved():
    lived = two_markets()
    order = Asking(lived)()
    before = lived.gate.exposure.of_market(MARKET)

    lived.tell(lost(order))

    assert lived.gate.exposure.of_market(MARKET) == before > 0


@pytest.mark.parametrize("end", [accepted, completed, cancelled, rejected])
def test_an_order_that_is_accounted_for_blocks_nothing(end):
    lived = two_markets()
    ask = Asking(lived)
    order = ask()
    lived.tell(lost(order))

    lived.tell(end(order))

    assert rule(ask()) == "approved"


def test_too_many_unknown_orders_halt_trading():
    lived = two_markets(unknown_orders_max=0, unknown_order_s=30)
    ask = Asking(lived)
    lived.tell(lost(ask()))

    assert not isinstance(lived.tick(after(29)), TradingHalted)
    halted = lived.tick(after(31))

    assert isinstance(halted, TradingHalted)
    assert (halted.rule, halted.reason) == ("unknown_orders", "unknown=1 max=0")
    assert not isinstance(lived.tick(after(32)), TradingHalted)


def test_as_many_unknown_orders_as_are_allowed_do_not_halt():
    lived = two_markets(unknown_orders_max=1)
    lived.tell(lost(Asking(lived)()))

    assert not isinstance(lived.tick(after(100)), TradingHalted)


# --- repetition ---


def test_a_strategy_that_repeats_itself_stops_everywhere_until_it_is_rearmed():
    lived = two_markets(repeated_trades_max=3, repeated_trades_window_s=60)
    ask = Asking(lived)

    assert [rule(ask(n)) for n in range(4)] == ["approved"] * 3 + ["strategy_does_not_repeat"]
    assert rule(ask.elsewhere(500)) == "strategy_does_not_repeat"
    assert rule(ask.elsewhere(500, strategy="complement")) == "approved"
    lived.tell(RearmRequested(reason="seen", at=after(600)), after(600))
    assert rule(ask(601)) == "approved"


def test_a_strategy_that_stopped_stays_so_over_a_restart():
    lived = two_markets(repeated_trades_max=3)
    ask = Asking(lived)
    for n in range(3):
        ask(n)

    again = two_markets(repeated_trades_max=3)
    for event in lived.journal:
        again.gate.observe(event)
    forgiven = two_markets(repeated_trades_max=3)
    for event in [RearmRequested(reason="seen", at=after(10)), *lived.journal]:
        forgiven.gate.observe(event)

    assert rule(Asking(again)(5, event_id="new")) == "strategy_does_not_repeat"
    assert rule(Asking(forgiven)(11, event_id="new")) == "approved"


def test_repetition_counts_within_its_window_and_its_market():
    lived = two_markets(repeated_trades_max=3, repeated_trades_window_s=60)
    ask = Asking(lived)

    assert [rule(ask(30 * n)) for n in range(5)] == ["approved"] * 5
    assert rule(ask.elsewhere(151)) == "approved"


def test_an_old_rearming_forgives_nothing_new():
    lived = two_markets(repeated_trades_max=2)
    ask = Asking(lived)
    lived.tell(RearmRequested(reason="seen", at=after(-10)))
    for n in range(2):
        ask(n)

    lived.tell(RearmRequested(reason="seen", at=after(-10)))

    assert rule(ask(3)) == "strategy_does_not_repeat"


# --- errors ---


def fare(lived, ask, ends, seconds=0.0):
    for n, end in enumerate(ends):
        order = ask(seconds + n / 10)
        assert rule(order) == "approved"
        lived.tell(end(order))


def test_too_many_rejections_stop_orders_at_once_and_halt_trading():
    lived = two_markets(error_rate_orders=4, error_rate="0.5", repeated_trades_max=100)
    ask = Asking(lived)
    fare(lived, ask, [rejected, completed, rejected, rejected])

    assert rule(ask(1)) == "error_rate_is_low"
    halted = lived.tick(after(2))

    assert isinstance(halted, TradingHalted)
    assert (halted.rule, halted.reason) == ("error_rate", "errors=3 of_last=4")
    assert not isinstance(lived.tick(after(3)), TradingHalted)


def test_after_a_resume_errors_are_counted_anew():
    lived = two_markets(error_rate_orders=4, error_rate="0.5", repeated_trades_max=100)
    ask = Asking(lived)
    fare(lived, ask, [rejected] * 3)
    lived.tick(after(2))

    lived.tell(ResumeRequested(reason="seen", at=after(3)), after(3))

    assert rule(ask(4)) == "approved"
    assert not isinstance(lived.tick(after(5)), TradingHalted)


def test_half_of_the_orders_may_fail():
    lived = two_markets(error_rate_orders=4, error_rate="0.5", repeated_trades_max=100)
    ask = Asking(lived)
    fare(lived, ask, [rejected, rejected, completed, cancelled])

    assert rule(ask(1)) == "approved"


def test_an_order_that_was_unanswered_for_a_while_counts_until_it_ends_well():
    lived = two_markets(error_rate_orders=2, error_rate="0.4", repeated_trades_max=100)
    ask = Asking(lived)
    order = ask()
    lived.tell(lost(order))

    assert rule(ask.elsewhere(4)) == "approved"
    assert rule(ask.elsewhere(5)) == "error_rate_is_low"
    lived.tell(completed(order))
    assert rule(ask.elsewhere(6)) == "approved"


def test_a_crash_with_ten_orders_in_flight_halts_nothing_when_each_comes_to_a_good_end():
    lived = two_markets(error_rate_orders=4, error_rate="0.5", repeated_trades_max=100, unknown_orders_max=3)
    ask = Asking(lived)
    orders = [an_approval(event_id=f"d{n}", order_id=f"order{n}", opportunity_id=f"o{n}") for n in range(10)]
    for event in (*orders, *map(lost, orders)):
        lived.tell(event)
    assert not isinstance(lived.tick(after(1)), TradingHalted)
    for order in orders:
        lived.tell(cancelled(order))

    assert not isinstance(lived.tick(after(60)), TradingHalted)
    assert rule(ask(60)) == "approved"


def test_a_rejection_stays_an_error_whatever_follows():
    lived = two_markets(error_rate_orders=2, error_rate="0.4", repeated_trades_max=100)
    ask = Asking(lived)
    order = ask()
    for event in (rejected(order), lost(order), completed(order)):
        lived.tell(event)

    assert rule(ask(1)) == "error_rate_is_low"


def test_orders_asked_for_after_a_restart_of_the_executor_are_no_errors_of_the_venue():
    lived = two_markets(error_rate_orders=4, error_rate="0.5", repeated_trades_max=100)
    ask = Asking(lived)
    for n in range(4):
        order = ask(n / 10)
        assert rule(order) == "approved"
        for event in (lost(order).model_copy(update={"cause": "restart"}), cancelled(order)):
            lived.tell(event)

    assert not isinstance(lived.tick(after(2)), TradingHalted)


def test_how_an_order_ends_that_nobody_here_placed_says_nothing_of_ours():
    errors = Errors(orders=2, window_s=60)
    ends = [cancelled(an_approval(order_id=adopted_id(f"0x{n}"))) for n in range(5)]
    for event in (*(rejected(an_approval(order_id=name)) for name in ("o1", "o2")), *ends):
        errors.observe(event)

    assert errors.count(after(1)) == 2


def test_an_old_error_counts_no_more():
    lived = two_markets(error_rate_orders=2, error_rate="0.4", error_rate_window_s=60, repeated_trades_max=100)
    ask = Asking(lived)
    fare(lived, ask, [rejected])

    assert rule(ask(59)) == "error_rate_is_low"
    assert rule(ask(60)) == "approved"


# --- oneself ---


@pytest.mark.parametrize(
    ("resting", "answer"),
    [
        ({"side": "SELL", "limit": Decimal("0.50")}, "no_trade_with_oneself"),
        ({"side": "SELL", "limit": Decimal("0.51")}, "approved"),
        ({"token_id": DOWN, "outcome": "Down", "limit": Decimal("0.50")}, "no_trade_with_oneself"),
        ({"token_id": DOWN, "outcome": "Down", "limit": Decimal("0.49")}, "approved"),
        ({"limit": Decimal("0.50")}, "approved"),
        ({"side": "SELL", "limit": Decimal("0.50"), "order_type": "FAK"}, "approved"),
        ({"side": "SELL", "limit": Decimal("0.50"), "market_id": ELSEWHERE, "token_id": "5"}, "approved"),
    ],
)
def test_nobody_buys_from_an_order_of_ones_own(resting, answer):
    lived = two_markets()
    lived.tell(an_approval(**({"order_type": "GTC", "token_id": UP} | resting)))

    assert rule(Asking(lived)()) == answer
