"""The market channel's frames and the book on the wire. Both tokens' books are exact mirrors."""

from simulator.world.chance import digits
from simulator.world.frame import NS_PER_MS, Frame, Json
from simulator.world.makers import Maker, Print
from simulator.world.markets import Market
from simulator.world.quotes import NO_ASK, NO_BID, PRICES, Quote
from simulator.world.versions import SECOND

HASH_DIGITS = 40
TICK_SIZE = "0.01"


def price_change(maker: Maker, before: Quote, after: Quote) -> Frame | None:
    """Say which levels differ, of both tokens in one frame, sizes absolute."""
    changes = maker.ladder.changes(before, after)
    if not changes:
        return None
    market = maker.market
    up, down = market.up_token, market.down_token
    up_hash, down_hash = state_hash(up, after), state_hash(down, after)
    bid, ask = PRICES[after.bid], PRICES[after.ask]
    down_bid, down_ask = PRICES[100 - after.ask], PRICES[100 - after.bid]
    entries: list[Json] = []
    for tick, is_bid, size in changes:
        entries.append({
            "asset_id": up, "price": PRICES[tick], "size": size, "side": "BUY" if is_bid else "SELL",
            "hash": up_hash, "best_bid": bid, "best_ask": ask,
        })  # fmt: skip
        entries.append({
            "asset_id": down, "price": PRICES[100 - tick], "size": size,
            "side": "SELL" if is_bid else "BUY", "hash": down_hash, "best_bid": down_bid,
            "best_ask": down_ask,
        })  # fmt: skip
    payload: Json = {
        "market": market.condition_id, "price_changes": entries, "timestamp": str(after.at_ms),
        "event_type": "price_change",
    }  # fmt: skip
    return Frame(after.at_ms * NS_PER_MS, "clob", market.condition_id, payload)


def best_bid_ask(market: Market, quote: Quote) -> list[Frame]:
    """Say the new best prices of each token."""
    tops = (
        (market.up_token, quote.bid, quote.ask),
        (market.down_token, 100 - quote.ask, 100 - quote.bid),
    )
    return [
        Frame(quote.at_ms * NS_PER_MS, "clob", token, {
            "event_type": "best_bid_ask", "market": market.condition_id, "asset_id": token,
            "best_bid": PRICES[bid], "best_ask": PRICES[ask], "spread": PRICES[ask - bid],
            "timestamp": str(quote.at_ms),
        })
        for token, bid, ask in tops
    ]  # fmt: skip


def book(maker: Maker, token: str, quote: Quote, traded: str) -> Json:
    """Write a whole book: bids ascending, asks descending, so that the best of each comes last."""
    is_up = token == maker.market.up_token
    ladder, epoch = maker.ladder, quote.epoch
    bids = [(tick, ladder.size(tick, True, epoch)) for tick in ladder.bids(quote)]
    asks = [(tick, ladder.size(tick, False, epoch)) for tick in ladder.asks(quote)]
    if not is_up:
        bids, asks = [(100 - t, size) for t, size in asks], [(100 - t, size) for t, size in bids]
    return {
        "market": maker.market.condition_id, "asset_id": token, "timestamp": str(quote.at_ms),
        "hash": state_hash(token, quote), "bids": _levels(bids), "asks": _levels(asks),
        "tick_size": TICK_SIZE, "event_type": "book", "last_trade_price": traded,
    } | versioned(maker.market)  # fmt: skip


def cleared(market: Market) -> list[Frame]:
    """Say that both books are empty: trading is over."""
    at_ms = market.end_s * 1000
    quote = Quote(at_ms, NO_BID, NO_ASK, -1)
    frames = []
    for token in (market.up_token, market.down_token):
        payload: Json = {
            "market": market.condition_id, "asset_id": token, "timestamp": str(at_ms),
            "hash": state_hash(token, quote), "bids": [], "asks": [], "tick_size": TICK_SIZE,
            "event_type": "book", "last_trade_price": "",
        } | versioned(market)  # fmt: skip
        frames.append(Frame(at_ms * NS_PER_MS, "clob", token, payload))
    return frames


def versioned(market: Market) -> Json:
    """Write what a book says of the protocol's version: nothing before the second."""
    return {"version": market.version} if market.version == SECOND else {}


def last_trade_price(market: Market, trade: Print) -> Frame:
    token = market.up_token if trade.is_up else market.down_token
    payload: Json = {
        "event_type": "last_trade_price", "market": market.condition_id, "asset_id": token,
        "fee_rate_bps": "0", "price": PRICES[trade.tick if trade.is_up else 100 - trade.tick],
        "side": "BUY" if trade.buys else "SELL", "size": trade.size, "timestamp": str(trade.at_ms),
        "transaction_hash": "0x" + digits(f"{token}:{trade.at_ms}", 64),
    }  # fmt: skip
    return Frame(trade.at_ms * NS_PER_MS, "clob", token, payload)


def market_resolved(market: Market, outcome: str) -> Frame:
    won = market.up_token if outcome == "Up" else market.down_token
    payload: Json = {
        "event_type": "market_resolved", "id": market.market_id, "market": market.condition_id,
        "assets_ids": [market.up_token, market.down_token], "winning_asset_id": won,
        "winning_outcome": outcome, "timestamp": str(market.resolves_ms), "tags": ["crypto", "up-or-down"],
    }  # fmt: skip
    return Frame(market.resolves_ms * NS_PER_MS, "clob", market.condition_id, payload)


def new_market(market: Market, described: Json, event: Json) -> Frame:
    """Announce a listing, with numbers as strings, which Gamma does not do."""
    schedule = described["feeSchedule"]
    tokens = [market.up_token, market.down_token]
    payload: Json = {
        "event_type": "new_market", "id": market.market_id, "question": described["question"],
        "market": market.condition_id, "slug": market.slug, "description": described["description"],
        "assets_ids": tokens, "clob_token_ids": tokens, "outcomes": ["Up", "Down"],
        "condition_id": market.condition_id, "active": True, "order_price_min_tick_size": TICK_SIZE,
        "taker_base_fee": "1000", "fees_enabled": True,
        "fee_schedule": {
            "exponent": str(schedule["exponent"]), "rate": str(schedule["rate"]),
            "taker_only": schedule["takerOnly"], "rebate_rate": str(schedule["rebateRate"]),
        },
        "event_message": {
            "id": event["id"], "ticker": event["slug"], "slug": event["slug"], "title": event["title"],
            "description": event["description"],
        },
        "tags": ["crypto", "up-or-down"], "timestamp": str(market.listed_s * 1000),
    }  # fmt: skip
    return Frame(market.listed_s * 1000 * NS_PER_MS, "clob", market.condition_id, payload)


def clob_market(market: Market, accepts: bool, accepting_since: str, schedule: Json | None) -> Json:
    """Write the exchange's own short description of a market."""
    described: Json = {
        "r": {"mi": 50, "ma": 4.5, "moas": 30},
        "t": [{"t": market.up_token, "o": "Up"}, {"t": market.down_token, "o": "Down"}],
        "c": market.condition_id, "mos": 5, "mts": 0.01, "mbf": 1000, "tbf": 1000,
        "ao": accepts, "aot": accepting_since, "itode": True,
    }  # fmt: skip
    if schedule is not None:
        described["fd"] = {"r": schedule["rate"], "e": schedule["exponent"], "to": schedule["takerOnly"]}
    return described | {"v": market.version}


def state_hash(token: str, quote: Quote) -> str:
    return digits(f"{token}{quote.at_ms}:{quote.bid}:{quote.ask}", HASH_DIGITS)


def _levels(levels: list[tuple[int, str]]) -> list[Json]:
    """Order levels worst first, as the wire has them."""
    return [{"price": PRICES[tick], "size": size} for tick, size in reversed(levels)]
