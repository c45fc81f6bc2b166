"""Records of the matching engine as a client's account meets them, ready to be written, sent and added up."""

from dataclasses import replace

from simulator.matching.values import (
    Fill,
    Holding,
    Instrument,
    MatchType,
    Order,
    OrderStatus,
    OrderType,
    Side,
    Standing,
    Trade,
    TradeStatus,
)

AT_NS = 1_795_240_800_123_000_000
NS_PER_S = 1_000_000_000
CONDITION = "0x" + "ab" * 32
UP, DOWN = "7001", "7002"
TAKER_KEY = "11111111-1111-1111-1111-111111111111"
MAKER_KEY = "22222222-2222-2222-2222-222222222222"
TAKER_WALLET = "0x" + "1a" * 20
MAKER_WALLET = "0x" + "2b" * 20

INSTRUMENT = Instrument(
    condition_id=CONDITION, tokens=(UP, DOWN), outcomes=("Up", "Down"), tick_e4=100, min_size_e6=5_000_000,
    fee_rate_e6=70_000, fee_exponent=1, taker_delay_ns=0,
)  # fmt: skip


def instruments(condition_id):
    return INSTRUMENT if condition_id == CONDITION else None


def an_order(**changes):
    order = Order(
        order_id="0x" + "0f" * 32, account=TAKER_WALLET, owner=TAKER_KEY, condition_id=CONDITION, token=UP,
        side=Side.BUY, maker_e6=5_700_000, taker_e6=10_000_000, price_e4=5700, order_type=OrderType.GTC,
    )  # fmt: skip
    return replace(order, **changes)


def a_standing(order=None, **changes):
    standing = Standing(
        order=order or an_order(), status=OrderStatus.LIVE, placed_ns=AT_NS, matched_e6=0, spent_e6=0, received_e6=0,
        trades=(),
    )  # fmt: skip
    return replace(standing, **changes)


def a_fill(**changes):
    fill = Fill(
        order_id="0x" + "0e" * 32, account=MAKER_WALLET, owner=MAKER_KEY, token=DOWN, side=Side.BUY, price_e4=4300,
        shares_e6=10_000_000, usd_e6=4_300_000, match_type=MatchType.MINT, remains_e6=0,
    )  # fmt: skip
    return replace(fill, **changes)


def a_trade(**changes):
    trade = Trade(
        trade_id="28c4d2eb-bbea-40e7-a9f0-b2fdb56b2c2e", at_ns=AT_NS, condition_id=CONDITION, order_id="0x" + "0f" * 32,
        account=TAKER_WALLET, owner=TAKER_KEY, token=UP, side=Side.BUY, price_e4=5700, shares_e6=10_000_000,
        usd_e6=5_700_000, fee_e6=171_570, fills=(a_fill(),), status=TradeStatus.MATCHED, changed_ns=AT_NS,
    )  # fmt: skip
    return replace(trade, **changes)


def a_holding(total_e6=0, reserved_e6=0, unsettled_e6=0):
    return Holding(total_e6, reserved_e6, unsettled_e6)
