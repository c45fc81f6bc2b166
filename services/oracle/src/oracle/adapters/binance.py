"""Binance's trades, over its combined stream."""

from common.clock import Clock
from common.parsing import Symbol
from oracle.adapters.socket import Feed, FeedSocket, SocketLimits
from oracle.adapters.wire import BINANCE, Input, read_binance


def binance(url: str, symbols: tuple[Symbol, ...], limits: SocketLimits, clock: Clock) -> FeedSocket:
    """Build the source of Binance's trades; what is wanted is in the address, so there is nothing to say."""
    streams = "/".join(f"{symbol.lower()}usdt@trade" for symbol in symbols)
    feed = Feed(
        name=BINANCE, url=f"{url.rstrip('/')}/stream?streams={streams}", read=read_binance,
        wanted=frozenset(symbols), key=_symbol, limits=limits,
    )  # fmt: skip
    return FeedSocket(feed, clock)


def _symbol(item: Input) -> str:
    return item.symbol
