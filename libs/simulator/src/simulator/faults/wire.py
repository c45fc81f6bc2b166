"""What faults make of frames and listings. Pure."""

from typing import Any

import orjson

from simulator.world import Json

PRICE_FIELDS = frozenset({
    "p", "q", "price", "size", "value", "full_accuracy_value", "best_bid", "best_ask", "last_trade_price",
})  # fmt: skip
VAGUE_RULE = (
    'This market resolves to "Up" or "Down" as a panel of observers sees fit after the time range in the '
    "title, having regard to the general impression of the price. The panel names no source."
)


def spoiled(payload: Json, turn: int) -> str:
    """Return a frame that is malformed: at turn 1 cut off, at 2 with prices that are none, at 3 with empty ones."""
    if turn % 3 == 1:
        text = orjson.dumps(payload).decode()
        return text[: len(text) * 2 // 3]
    return orjson.dumps(_with_prices(payload, "NaN" if turn % 3 == 2 else "")).decode()


def without_fee(market: Json) -> Json:
    return {name: value for name, value in market.items() if name not in ("feeSchedule", "feeType", "fee_schedule")}


def with_vague_rule(market: Json) -> Json:
    """Return a Gamma market of which nobody can say how it settles."""
    market = {name: value for name, value in market.items() if not name.startswith("cryptoMarketConfig")}
    return market | {"description": VAGUE_RULE, "resolutionSource": ""}


def _with_prices(value: Any, price: str) -> Any:
    if isinstance(value, dict):
        return {name: price if name in PRICE_FIELDS else _with_prices(inner, price) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_prices(inner, price) for inner in value]
    return value
