"""The feed that settles markets, as the venue relays it. It answers no ping and may fall silent one topic at a time."""

from itertools import product

import orjson

from common.clock import Clock
from common.parsing import Symbol
from oracle.adapters.socket import Feed, FeedSocket, SocketLimits
from oracle.adapters.wire import RTDS, Input, read_rtds
from oracle.core import SettlementTick

PING_INTERVAL_S = 5.0


def rtds(
    url: str, symbols: tuple[Symbol, ...], topics: tuple[str, ...], limits: SocketLimits, clock: Clock
) -> FeedSocket:
    """Build the source of settlement values. Each topic and symbol is judged alive by itself."""
    pairs = list(product(topics, symbols))
    feed = Feed(
        name=RTDS, url=url, read=read_rtds, wanted=frozenset(f"{topic} {symbol}" for topic, symbol in pairs),
        key=_topic_and_symbol, greetings=tuple(_wish(topic, symbol) for topic, symbol in pairs), ping_text="PING",
        ping_interval_s=PING_INTERVAL_S, limits=limits,
    )  # fmt: skip
    return FeedSocket(feed, clock)


def _wish(topic: str, symbol: Symbol) -> str:
    """Ask for one topic at a time, for an unknown one spoils its batch; white space in a filter mutes it."""
    filters = orjson.dumps({"symbol": f"{symbol.lower()}/usd"}).decode()
    return orjson.dumps(
        {"action": "subscribe", "subscriptions": [{"topic": topic, "type": "*", "filters": filters}]}
    ).decode()


def _topic_and_symbol(item: Input) -> str:
    return f"{item.topic} {item.symbol}" if isinstance(item, SettlementTick) else item.symbol
