"""Orders and trades as the exchange writes them: amounts and prices as decimal text, over HTTP and on the user socket.

The engine counts in whole millionths and ten-thousandths; nothing here passes through a float.
"""

from functools import lru_cache

from simulator.exchange.identity.addresses import checksum
from simulator.matching.values import E4, E6, Fill, Instrument, Order, OrderStatus, OrderType, Side, Standing, Trade
from simulator.world import Json
from simulator.world.chance import digits

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
SAFETY_S = 60
"""A GTD order ends so long before the instant that it states."""
ADDRESS_DIGITS = 40
ADDRESSES_KEPT_MAX = 10_000
KEY_SPANS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
NO_FEE_RATE = "0"
"""What trades carry as `fee_rate_bps` whatever was charged: the field is a leftover."""


@lru_cache(maxsize=1 << 16)
def amount_text(amount_e6: int) -> str:
    """Write dollars or shares, without trailing zeros: 5051020 is 5.05102."""
    return _scaled(amount_e6, E6)


@lru_cache(maxsize=E4 + 1)
def price_text(price_e4: int) -> str:
    """Write a price, without trailing zeros; `0` and `1` stand for an empty side's best."""
    return _scaled(price_e4, E4)


def seconds_text(at_ns: int) -> str:
    return str(at_ns // NS_PER_S)


def millis_text(at_ns: int) -> str:
    return str(at_ns // NS_PER_MS)


def outcome_of(instrument: Instrument | None, token: str) -> str:
    """Name what a token stands for; nothing where the market is not known any more."""
    if instrument is None or token not in instrument.tokens:
        return ""
    return instrument.outcomes[instrument.tokens.index(token)]


def original_size(order: Order) -> str:
    """Write an order's size: shares, but dollars of a BUY that never rests, which is defined by them."""
    if order.side is Side.BUY and order.order_type.is_market:
        return amount_text(order.maker_e6)
    return amount_text(order.shares_e6)


def expiration(order: Order) -> str:
    """Write the instant that a GTD stated, the minute of safety put back; 0 for others."""
    if order.order_type is not OrderType.GTD or not order.expires_ns:
        return "0"
    return str(order.expires_ns // NS_PER_S + SAFETY_S)


@lru_cache(maxsize=ADDRESSES_KEPT_MAX)
def address_text(account: str) -> str:
    """Write a wallet. The house and the crowd, which have none, are shown one that is always the same."""
    plain = account if account.startswith("0x") else "0x" + digits(f"wallet:{account}", ADDRESS_DIGITS)
    return checksum(plain.lower())


def owner_text(owner: str) -> str:
    """Write an API key. Owners who have none are shown one that is always the same."""
    if len(owner) == 36 and owner.count("-") == len(KEY_SPANS) - 1:
        return owner
    drawn = digits(f"owner:{owner}", 32)
    return "-".join(drawn[start:end] for start, end in KEY_SPANS)


def rest_order(standing: Standing, instrument: Instrument | None) -> Json:
    """Write an order as `/data/order` and `/data/orders` do."""
    order = standing.order
    return {
        "id": order.order_id, "status": f"ORDER_STATUS_{_order_status(standing.status)}",
        "owner": owner_text(order.owner), "maker_address": address_text(order.account),
        "market": order.condition_id, "asset_id": order.token, "side": order.side.value,
        "original_size": original_size(order), "size_matched": amount_text(standing.matched_e6),
        "price": price_text(order.price_e4), "outcome": outcome_of(instrument, order.token),
        "expiration": expiration(order), "order_type": order.order_type.value,
        "associate_trades": list(standing.trades), "created_at": standing.placed_ns // NS_PER_S,
    }  # fmt: skip


def rest_trade(trade: Trade, owner: str, instrument: Instrument | None) -> Json:
    """Write a trade as `/data/trades` does for one API key: at the top the taker's side, whoever asks."""
    return _trade(trade, instrument, trade.owner == owner) | {"status": f"TRADE_STATUS_{trade.status.value}"}


def socket_trade(trade: Trade, instrument: Instrument | None, is_taker: bool, at_ns: int) -> Json:
    """Write a trade as the user socket does, in one of the two parts that its hearer may have in it."""
    return _trade(trade, instrument, is_taker) | {
        "event_type": "trade", "type": "TRADE", "trade_owner": owner_text(trade.owner),
        "timestamp": millis_text(at_ns),
    }  # fmt: skip


def _scaled(amount: int, scale: int) -> str:
    sign, (whole, part) = "-" if amount < 0 else "", divmod(abs(amount), scale)
    if not part:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{str(part).rjust(len(str(scale)) - 1, '0').rstrip('0')}"


def _order_status(status: OrderStatus) -> str:
    """Name a status as HTTP does, which knows no killed orders: they were cancelled."""
    return OrderStatus.CANCELED.value if status is OrderStatus.KILLED else status.value


def _trade(trade: Trade, instrument: Instrument | None, is_taker: bool) -> Json:
    return {
        "id": trade.trade_id, "taker_order_id": trade.order_id, "market": trade.condition_id,
        "asset_id": trade.token, "side": trade.side.value, "size": amount_text(trade.shares_e6),
        "fee_rate_bps": NO_FEE_RATE, "price": price_text(trade.price_e4), "status": trade.status.value,
        "match_time": seconds_text(trade.at_ns), "last_update": seconds_text(trade.changed_ns),
        "outcome": outcome_of(instrument, trade.token), "bucket_index": 0,
        "owner": owner_text(trade.owner), "maker_address": address_text(trade.account),
        "transaction_hash": trade.transaction_hash,
        "trader_side": "TAKER" if is_taker else "MAKER",
        "maker_orders": [_maker_order(fill, instrument) for fill in trade.fills],
    }  # fmt: skip


def _maker_order(fill: Fill, instrument: Instrument | None) -> Json:
    return {
        "order_id": fill.order_id, "owner": owner_text(fill.owner), "maker_address": address_text(fill.account),
        "matched_amount": amount_text(fill.shares_e6), "price": price_text(fill.price_e4),
        "fee_rate_bps": NO_FEE_RATE, "asset_id": fill.token, "outcome": outcome_of(instrument, fill.token),
        "side": fill.side.value,
    }  # fmt: skip
