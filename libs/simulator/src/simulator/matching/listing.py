"""The life of a market: opened, its tick changed, closed, resolved, and in the end forgotten."""

from simulator.matching.events import MarketClosed, MarketResolved, Refusal, TickChanged
from simulator.matching.market import Market, MarketStatus
from simulator.matching.operations import ChangeTick, CloseMarket, OpenMarket, ResolveMarket
from simulator.matching.pairs import redeem_shares
from simulator.matching.quoting import withdraw_house
from simulator.matching.record import OrderRecord
from simulator.matching.resting import end
from simulator.matching.state import State
from simulator.matching.values import ENDLESS, TICKS_E4, OrderStatus

TICKS = frozenset(TICKS_E4.values())
RESOLVED_MAX = 10_000
"""How many resolved markets are kept. Those that somebody still holds shares of, or that have pending trades, stay."""
LOOKS_MAX = 2
"""How many of the oldest are looked at when another one is resolved."""


def open_market(state: State, operation: OpenMarket) -> None:
    """Begin to trade a market. One that is open already stays as it is."""
    instrument = operation.instrument
    if state.market(instrument.condition_id) is not None:
        return
    first, second = instrument.tokens
    if first == second or any(state.market_of(token) is not None for token in instrument.tokens):
        state.refuse(instrument.condition_id, Refusal.DUPLICATE)
    elif instrument.tick_e4 not in TICKS:
        state.refuse(instrument.condition_id, Refusal.OFF_TICK)
    else:
        state.open_market(instrument)


def change_tick(state: State, operation: ChangeTick) -> None:
    market = state.market_or_refusal(operation.condition_id)
    if market is None:
        return
    if operation.tick_e4 not in TICKS:
        state.refuse(operation.condition_id, Refusal.OFF_TICK)
    else:
        set_tick(state, market, operation.tick_e4)


def set_tick(state: State, market: Market, tick_e4: int) -> None:
    """Change a market's tick and say so, unless it is the same."""
    instrument = market.instrument
    if instrument.tick_e4 != tick_e4:
        market.change_tick(tick_e4)
        state.tell(TickChanged(state.now_ns, instrument.condition_id, instrument.tick_e4, tick_e4))


def close_market(state: State, operation: CloseMarket) -> None:
    """Take no more orders. What was held by then ends when its hold is over."""
    market = state.market_or_refusal(operation.condition_id)
    if market is None or market.status is not MarketStatus.OPEN:
        return
    market.status = MarketStatus.CLOSED
    withdraw_house(state, market)
    state.tell(MarketClosed(state.now_ns, operation.condition_id))


def resolve_market(state: State, operation: ResolveMarket) -> None:
    """Name the winner, which must be one of the market's tokens. Once named it stays."""
    market = state.market_or_refusal(operation.condition_id)
    if market is None:
        return
    if operation.winner not in market.instrument.tokens:
        state.refuse(operation.condition_id, Refusal.UNKNOWN_MARKET)
        return
    if market.status is MarketStatus.RESOLVED:
        if market.winner != operation.winner:
            state.refuse(operation.condition_id, Refusal.NOT_ACCEPTING)
        return
    withdraw_house(state, market)
    for record in _open_orders(market):
        end(state, record, OrderStatus.RESOLVED)
    market.status = MarketStatus.RESOLVED
    market.winner = operation.winner
    state.tell(MarketResolved(state.now_ns, operation.condition_id, operation.winner))
    for account in sorted(ENDLESS):
        redeem_shares(state, market, account)
    state.resolved.append(market)
    _forget_oldest(state)


def _open_orders(market: Market) -> list[OrderRecord]:
    """List what rests and what is held, the oldest first."""
    found = [*market.bids.records(), *market.asks.records(), *market.held.values()]
    return sorted(found, key=lambda record: record.sequence)


def _forget_oldest(state: State) -> None:
    """Keep the number of resolved markets bounded. One that something is outstanding of is looked at again later."""
    for _ in range(min(LOOKS_MAX, len(state.resolved) - RESOLVED_MAX)):
        market = state.resolved.popleft()
        if market.trades_pending or any(map(state.accounts.holds, market.instrument.tokens)):
            state.resolved.append(market)
        else:
            state.forget_market(market)
