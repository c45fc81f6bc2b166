"""The market channel's frames about what the engine says has happened. Both tokens' books are exact mirrors."""

from collections.abc import Iterable, Iterator

from simulator.exchange.account.writing import amount_text, price_text
from simulator.exchange.orders.settling import transaction_hash
from simulator.matching.events import BookChanged, TickChanged
from simulator.matching.values import E4, E6, Instrument, Level, Side, Trade
from simulator.world import Frame, Json
from simulator.world.chance import digits

NS_PER_MS = 1_000_000
HASH_DIGITS = 40
CHANNEL = "clob"


def amount_of(text: str) -> int:
    """Read millionths from a decimal that the world wrote."""
    whole, _, rest = text.partition(".")
    return int(whole) * E6 + int(rest.ljust(6, "0")) if rest else int(whole) * E6


def price_of(text: str) -> int:
    """Read ten-thousandths of a dollar from a price that the world wrote."""
    return amount_of(text) // (E6 // E4)


def book_hash(token: str, at_ns: int, version: int) -> str:
    return digits(f"{token}:{at_ns}:{version}", HASH_DIGITS)


def price_change(instrument: Instrument, changed: BookChanged, version: int) -> Frame:
    """Say which levels differ, of both tokens in one frame, sizes absolute."""
    first, second = instrument.tokens
    best_bid = changed.best_bid_e4 if changed.best_bid_e4 is not None else 0
    best_ask = changed.best_ask_e4 if changed.best_ask_e4 is not None else E4
    tops = price_text(best_bid), price_text(best_ask)
    mirrored = price_text(E4 - best_ask), price_text(E4 - best_bid)
    hashes = book_hash(first, changed.at_ns, version), book_hash(second, changed.at_ns, version)
    entries: list[Json] = []
    for level, is_bid in _levels(changed):
        size = amount_text(level.shares_e6)
        entries.append({
            "asset_id": first, "price": price_text(level.price_e4), "size": size, "side": "BUY" if is_bid else "SELL",
            "hash": hashes[0], "best_bid": tops[0], "best_ask": tops[1],
        })  # fmt: skip
        entries.append({
            "asset_id": second, "price": price_text(E4 - level.price_e4), "size": size,
            "side": "SELL" if is_bid else "BUY", "hash": hashes[1], "best_bid": mirrored[0], "best_ask": mirrored[1],
        })  # fmt: skip
    payload: Json = {
        "market": instrument.condition_id, "price_changes": entries, "timestamp": _ms(changed.at_ns),
        "event_type": "price_change",
    }  # fmt: skip
    return Frame(changed.at_ns, CHANNEL, instrument.condition_id, payload)


def best_bid_ask(instrument: Instrument, changed: BookChanged) -> list[Frame]:
    """Say the new best prices of each token."""
    bid = changed.best_bid_e4 if changed.best_bid_e4 is not None else 0
    ask = changed.best_ask_e4 if changed.best_ask_e4 is not None else E4
    tops = ((instrument.tokens[0], bid, ask), (instrument.tokens[1], E4 - ask, E4 - bid))
    return [
        Frame(changed.at_ns, CHANNEL, token, {
            "event_type": "best_bid_ask", "market": instrument.condition_id, "asset_id": token,
            "best_bid": price_text(lower), "best_ask": price_text(upper), "spread": price_text(upper - lower),
            "timestamp": _ms(changed.at_ns),
        })
        for token, lower, upper in tops
    ]  # fmt: skip


def last_trade_price(trade: Trade) -> Frame:
    """Say what the taker traded at, and the transaction that it will be mined in, which its parties hear of later.

    The rate of a fee is said to be nil although one is charged, as production does.
    """
    payload: Json = {
        "event_type": "last_trade_price", "market": trade.condition_id, "asset_id": trade.token, "fee_rate_bps": "0",
        "price": price_text(trade.price_e4), "side": trade.side.value, "size": amount_text(trade.shares_e6),
        "timestamp": _ms(trade.at_ns), "transaction_hash": transaction_hash(trade.trade_id),
    }  # fmt: skip
    return Frame(trade.at_ns, CHANNEL, trade.token, payload)


def tick_size_change(instrument: Instrument, changed: TickChanged) -> list[Frame]:
    return [
        Frame(changed.at_ns, CHANNEL, token, {
            "event_type": "tick_size_change", "market": changed.condition_id, "asset_id": token,
            "old_tick_size": price_text(changed.old_e4), "new_tick_size": price_text(changed.new_e4),
            "timestamp": _ms(changed.at_ns),
        })
        for token in instrument.tokens
    ]  # fmt: skip


def book(
    instrument: Instrument,
    token: str,
    levels: tuple[Iterable[Level], Iterable[Level]],
    last: tuple[int, Side] | None,
    state: tuple[int, int],
) -> Json:
    """Write a whole book: bids ascending, asks descending, so that the best of each comes last.

    The state is since when it has been so, and the number of the book's version.
    """
    bids, asks = levels
    at_ns, version = state
    return {
        "market": instrument.condition_id, "asset_id": token, "timestamp": _ms(at_ns),
        "hash": book_hash(token, at_ns, version), "bids": _written(bids), "asks": _written(asks),
        "tick_size": price_text(instrument.tick_e4), "event_type": "book",
        "last_trade_price": "" if last is None else price_text(last[0]),
    }  # fmt: skip


def _levels(changed: BookChanged) -> Iterator[tuple[Level, bool]]:
    """List what changed, removals first, so that no step in between crosses the book."""
    both = [*((level, True) for level in changed.bids), *((level, False) for level in changed.asks)]
    yield from (entry for entry in both if entry[0].shares_e6 == 0)
    yield from (entry for entry in both if entry[0].shares_e6)


def _written(best_first: Iterable[Level]) -> list[Json]:
    written = [{"price": price_text(level.price_e4), "size": amount_text(level.shares_e6)} for level in best_first]
    written.reverse()
    return written


def _ms(at_ns: int) -> str:
    return str(at_ns // NS_PER_MS)
