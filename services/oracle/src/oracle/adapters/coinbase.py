"""Coinbase Exchange's tickers."""

import orjson

from common.clock import Clock
from common.parsing import Symbol
from oracle.adapters.socket import Feed, FeedSocket, SocketLimits
from oracle.adapters.wire import COINBASE, Input, read_coinbase


def coinbase(url: str, symbols: tuple[Symbol, ...], limits: SocketLimits, clock: Clock) -> FeedSocket:
    """Build the source of Coinbase's tickers, which must be asked for within five seconds."""
    wish = {"type": "subscribe", "product_ids": [f"{symbol}-USD" for symbol in symbols], "channels": ["ticker"]}
    feed = Feed(
        name=COINBASE, url=url, read=read_coinbase, wanted=frozenset(symbols), key=_symbol,
        greetings=(orjson.dumps(wish).decode(),), limits=limits,
    )  # fmt: skip
    return FeedSocket(feed, clock)


def _symbol(item: Input) -> str:
    return item.symbol
