"""What exchanges and the settling feed send, as the core's inputs. Pure: no socket, no clock.

`parse_*` take decoded JSON, `read_*` the text of a frame. A defect is handed to `refuse`, which by default raises it;
what else the frame holds is still read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from common.clock import Instant
from common.errors import ParseError
from common.money import UnderlyingPrice
from common.parsing import Symbol, parse_decimal, parse_int, parse_symbol, parse_text, parse_underlying, parse_unix
from oracle.core import SETTLEMENT_FEED, SettlementTick, SourceTick

BINANCE = "binance"
COINBASE = "coinbase"
RTDS = "rtds"
SPOT_TOPIC = "crypto_prices_chainlink"
SPOT_BACKLOG_TOPIC = "crypto_prices"  # where the feed files the backlog of the topic above
TWAP_WINDOWS_S = {"crypto_prices_twap_thirty": 30, "crypto_prices_twap_sixty": 60}
SETTLEMENT_TOPICS = (SPOT_TOPIC, *TWAP_WINDOWS_S)
E18_DIGITS = 18
TOLERANCE = Decimal("0.001")
PRICE_MIN, PRICE_MAX = Decimal("1e-9"), Decimal(1_000_000_000)
UNIX_DIGITS_MAX = 16
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND = timedelta(microseconds=1)

Refuse = Callable[[ParseError], None]
Input = SourceTick | SettlementTick


def strictly(error: ParseError) -> None:
    """Refuse by raising: the default, for callers that expect no defect."""
    raise error


def read_binance(frame: str | bytes, received_at: Instant, refuse: Refuse = strictly) -> list[SourceTick]:
    """Read one text frame of Binance."""
    payload = _decoded(frame, BINANCE, refuse)
    return [] if payload is None else parse_binance(payload, received_at, refuse)


def read_coinbase(frame: str | bytes, received_at: Instant, refuse: Refuse = strictly) -> list[SourceTick]:
    """Read one text frame of Coinbase."""
    payload = _decoded(frame, COINBASE, refuse)
    return [] if payload is None else parse_coinbase(payload, received_at, refuse)


def read_rtds(frame: str | bytes, received_at: Instant, refuse: Refuse = strictly) -> list[SettlementTick]:
    """Read one text frame of the settling feed, which greets with an empty one."""
    if frame in ("", b"", "PONG", b"PONG"):
        return []
    payload = _decoded(frame, RTDS, refuse)
    return [] if payload is None else parse_rtds(payload, received_at, refuse)


def parse_binance(payload: object, received_at: Instant, refuse: Refuse = strictly) -> list[SourceTick]:
    """Read a trade, bare or inside the envelope of a combined stream; an answer to a request holds none."""
    try:
        return _binance_trade(payload, received_at)
    except ParseError as error:
        refuse(error)
        return []


def parse_coinbase(payload: object, received_at: Instant, refuse: Refuse = strictly) -> list[SourceTick]:
    """Read a ticker; confirmations and heartbeats hold none."""
    try:
        return _coinbase_ticker(payload, received_at)
    except ParseError as error:
        refuse(error)
        return []


def parse_rtds(payload: object, received_at: Instant, refuse: Refuse = strictly) -> list[SettlementTick]:
    """Read an update (one value) or a backlog (many) of a settlement topic; an exchange's relayed prices hold none."""
    try:
        series, points = _series(payload)
    except ParseError as error:
        refuse(error)
        return []
    ticks: list[SettlementTick] = []
    if series is None:
        return ticks
    for point in points:
        try:
            ticks.append(_settlement_tick(point, series, received_at))
        except ParseError as error:
            refuse(error)
    return ticks


def parse_iso(value: object, where: str) -> Instant:
    """Read an ISO 8601 instant; one without a zone is refused."""
    text = parse_text(value, where)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ParseError("bad_timestamp", expected="an ISO 8601 instant", found=value, where=where) from None
    if moment.tzinfo is None:
        raise ParseError("no_time_zone", expected="an instant with its zone", found=value, where=where)
    return Instant((moment - EPOCH) // MICROSECOND * 1000)


def _binance_trade(payload: object, received_at: Instant) -> list[SourceTick]:
    frame = _object(payload, BINANCE)
    data = _object(frame["data"], BINANCE) if "stream" in frame and "data" in frame else frame
    if "error" in data:
        raise ParseError("feed_error", expected="a trade", found=data["error"], where=BINANCE)
    if data.get("e") not in ("trade", "aggTrade"):
        if "result" in data:
            return []
        raise ParseError("unknown_message", expected="a trade", found=data.get("e"), where=BINANCE)
    return [
        SourceTick(
            source=BINANCE, symbol=_inwards(data.get("s"), "USDT", BINANCE), price=_price(data.get("p"), "binance p"),
            source_at=_unix(data.get("T"), "binance T"), received_at=received_at,
        )
    ]  # fmt: skip


def _coinbase_ticker(payload: object, received_at: Instant) -> list[SourceTick]:
    frame = _object(payload, COINBASE)
    kind = frame.get("type")
    if kind in ("subscriptions", "heartbeat"):
        return []
    if kind == "error":
        found = f"{frame.get('message')}: {frame.get('reason')}"
        raise ParseError("feed_error", expected="a ticker", found=found, where=COINBASE)
    if kind != "ticker":
        raise ParseError("unknown_message", expected="a ticker", found=kind, where=COINBASE)
    return [
        SourceTick(
            source=COINBASE, symbol=_inwards(frame.get("product_id"), "-USD", COINBASE),
            price=_price(frame.get("price"), "coinbase price"), source_at=parse_iso(frame.get("time"), "coinbase time"),
            received_at=received_at,
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Series:
    topic: str
    symbol: Symbol
    window_s: int


def _series(payload: object) -> tuple[_Series | None, list[object]]:
    """Say which series a frame belongs to, None for one that is not ours, and answer its points."""
    frame = _object(payload, RTDS)
    if "statusCode" in frame:
        raise ParseError("subscription_refused", expected="values", found=frame.get("body"), where=RTDS)
    topic, body = parse_text(frame.get("topic"), "rtds topic"), _object(frame.get("payload"), RTDS)
    name = parse_text(body.get("symbol"), "rtds symbol")
    if topic == SPOT_BACKLOG_TOPIC:
        if not name.endswith("/usd"):
            return None, []
        topic = SPOT_TOPIC
    points = body.get("data", [body])
    if not isinstance(points, list):
        raise ParseError("wrong_type", expected="a list of points", found=points, where=RTDS)
    return _Series(topic, _inwards(name, "/usd", RTDS), _window(topic, body)), points


def _settlement_tick(point: object, series: _Series, received_at: Instant) -> SettlementTick:
    fields = _object(point, "rtds point")
    return SettlementTick(
        feed=SETTLEMENT_FEED, topic=series.topic, symbol=series.symbol, kind="twap" if series.window_s else "spot",
        window_s=series.window_s, value=_value(fields), source_at=_unix(fields.get("timestamp"), "rtds timestamp"),
        received_at=received_at,
    )  # fmt: skip


def _value(fields: dict[str, Any]) -> UnderlyingPrice:
    """Take the exact value, an integer of 1e-18 dollars, where there is one; a rounded one stands beside it."""
    exact = fields.get("full_accuracy_value")
    if exact in (None, ""):
        return _price(fields.get("value"), "rtds value")
    scaled = parse_decimal(exact, "rtds full_accuracy_value")
    if not isinstance(exact, str) or not exact.isdecimal():
        raise ParseError("not_an_integer", expected="an integer of 1e-18", found=exact, where="rtds value")
    value = _price(scaled.scaleb(-E18_DIGITS), "rtds full_accuracy_value")
    if fields.get("value") is not None:
        rounded = parse_decimal(fields["value"], "rtds value")
        if abs(value - rounded) > TOLERANCE * value:
            raise ParseError("values_disagree", expected=f"about {rounded}", found=str(value), where="rtds value")
    return value


def _price(value: object, where: str) -> UnderlyingPrice:
    """Read a coin's price within what a coin can cost; beyond it, arithmetic itself would be at risk."""
    price = parse_underlying(value, where)
    if not PRICE_MIN <= price <= PRICE_MAX:
        raise ParseError("price_out_of_range", expected=f"{PRICE_MIN} to {PRICE_MAX}", found=value, where=where)
    return price


def _unix(value: object, where: str) -> Instant:
    """Read a UNIX timestamp written in plain digits."""
    if isinstance(value, str) and not (value.isdecimal() and len(value) <= UNIX_DIGITS_MAX):
        raise ParseError("bad_timestamp", expected="a UNIX timestamp", found=value, where=where)
    return parse_unix(value, where)


def _window(topic: str, body: dict[str, Any]) -> int:
    if topic not in SETTLEMENT_TOPICS:
        raise ParseError("unknown_topic", expected=", ".join(SETTLEMENT_TOPICS), found=topic, where=RTDS)
    window_s = TWAP_WINDOWS_S.get(topic, 0)
    if window_s and parse_int(body.get("window_s", window_s), "rtds window_s") != window_s:
        raise ParseError("windows_disagree", expected=f"{window_s} s", found=body["window_s"], where=RTDS)
    return window_s


def _inwards(name: object, suffix: str, where: str) -> Symbol:
    """Map a feed's pair to our bare symbol, e.g. BTCUSDT, BTC-USD or btc/usd to BTC."""
    return _bare(parse_text(name, where), suffix, where)


@lru_cache(maxsize=256)
def _bare(text: str, suffix: str, where: str) -> Symbol:
    if not text.endswith(suffix):
        raise ParseError("unknown_pair", expected=f"a pair that ends with {suffix}", found=text, where=where)
    return parse_symbol(text.removesuffix(suffix).upper(), where)


def _object(payload: object, where: str) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise ParseError("not_an_object", expected="a JSON object", found=payload, where=where)
    return payload


def _decoded(frame: str | bytes, where: str, refuse: Refuse) -> object | None:
    try:
        payload: object = orjson.loads(frame)
    except orjson.JSONDecodeError:
        refuse(ParseError("not_json", expected="JSON", found=frame, where=where))
        return None
    if payload is None:
        refuse(ParseError("not_an_object", expected="a JSON object", found=payload, where=where))
    return payload
