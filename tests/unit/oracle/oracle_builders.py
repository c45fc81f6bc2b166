"""Frames and inputs of the oracle with one line each; override only what the test is about."""

from decimal import Decimal

from builders import NOON, after
from common.contracts.runtime import Tick, WentLive
from oracle.core import OracleLimits, PriceOracle, SettlementTick, SourceTick

NOON_MS = NOON // 1_000_000
SPOT, TWAP = "crypto_prices_chainlink", "crypto_prices_twap_sixty"
E18 = 10**18


def limits(**changes):
    fields = {
        "symbols": ("BTC", "ETH"), "exchanges": ("binance", "coinbase"), "settlement_topics": (SPOT, TWAP),
        "source_age_ms_max": 3000, "source_deviation_bps_max": Decimal(50), "source_jump_bps_max": Decimal(30),
        "settlement_age_ms_max": 10_000, "settlement_memory_max": 100, "clock_skew_ms_max": 1000,
    }  # fmt: skip
    return OracleLimits(**(fields | changes))


def an_oracle(**changes):
    return PriceOracle(limits(**changes))


def a_tick(source="binance", price=65000, seconds=0.0, **changes):
    fields = {
        "source": source, "symbol": "BTC", "price": Decimal(str(price)), "source_at": after(seconds),
        "received_at": after(seconds),
    }  # fmt: skip
    return SourceTick(**(fields | changes))


def a_settlement_tick(seconds=0.0, **changes):
    fields = {
        "feed": "chainlink", "topic": SPOT, "symbol": "BTC", "kind": "spot", "window_s": 0, "value": Decimal(65000),
        "source_at": after(seconds), "received_at": after(seconds),
    }  # fmt: skip
    return SettlementTick(**(fields | changes))


def told(core, event, now=None):
    """Take one input through the loop's steps; answer the outcome."""
    now = now or getattr(event, "received_at", None) or event.at
    outcome = core.decide(event, now)
    core.observe(event)
    if outcome is not None:
        core.observe(outcome)
    return outcome


def statuses(core, seconds, rounds=20):
    """Tick until nothing more is said; answer what was."""
    said = []
    for _ in range(rounds):
        outcome = told(core, Tick(at=after(seconds)))
        if outcome is None:
            break
        said.append(outcome)
    return said


def went_live(core, seconds=0.0):
    told(core, WentLive(at=after(seconds)))


def a_trade_frame(**changes):
    data = {
        "e": "trade", "E": NOON_MS, "s": "BTCUSDT", "t": 1, "p": "65026.40", "q": "0.01", "T": NOON_MS, "m": True, "M": True,
    }  # fmt: skip
    return {"stream": "btcusdt@trade", "data": data | changes}


def a_ticker_frame(**changes):
    frame = {
        "type": "ticker", "sequence": 1, "product_id": "BTC-USD", "price": "65026.41", "best_bid": "65026.40",
        "best_ask": "65026.42", "side": "buy", "time": "2027-01-15T12:00:00.123456Z", "trade_id": 1, "last_size": "0.1",
    }  # fmt: skip
    return frame | changes


def an_update_frame(topic=TWAP, **changes):
    payload = {
        "symbol": "btc/usd", "timestamp": NOON_MS, "value": 64997.81, "full_accuracy_value": "64997810000000000000001",
    }  # fmt: skip
    if topic == TWAP:
        payload["window_s"] = 60
    return {
        "connection_id": "1",
        "topic": topic,
        "type": "update",
        "timestamp": NOON_MS + 147,
        "payload": payload | changes,
    }


def a_backlog_frame(points, topic=TWAP, **changes):
    payload = {"symbol": "btc/usd", "data": points} | ({"window_s": 60} if topic == TWAP else {}) | changes
    return {"payload": payload, "timestamp": NOON_MS + 500, "topic": topic, "type": "subscribe"}


def a_point(second=0, value=65000):
    return {"full_accuracy_value": str(value * E18), "timestamp": NOON_MS + second * 1000, "value": float(value)}
