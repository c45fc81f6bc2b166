"""What is told of books after they changed, and the finer tick that a market gets when its price comes near an edge."""

from simulator.matching.events import BookChanged
from simulator.matching.listing import set_tick
from simulator.matching.market import Market, MarketStatus
from simulator.matching.state import State

COARSE_TICK_E4 = 100
FINE_TICK_E4 = 10
HIGH_E4, LOW_E4 = 9600, 400
"""Beyond these a market of the coarse tick trades on the fine one, and never again on the coarse one by itself."""


def show_books(state: State) -> None:
    """Tell what differs in the books that were touched, once a market."""
    if not state.touched:
        return
    for market in state.touched.values():
        _show(state, market)
        _refine_tick(state, market)
    state.touched.clear()


def _show(state: State, market: Market) -> None:
    bids, asks = market.bids.take_changes(), market.asks.take_changes()
    if not bids and not asks:
        return
    best_changed = market.best != market.best_told
    market.best_told = best_bid_e4, best_ask_e4 = market.best
    state.tell(
        BookChanged(
            state.now_ns, market.instrument.condition_id, bids, asks, best_bid_e4, best_ask_e4, best_changed
        )
    )  # fmt: skip


def _refine_tick(state: State, market: Market) -> None:
    """Look at the middle of the best prices, or at the only one there is."""
    if market.instrument.tick_e4 != COARSE_TICK_E4 or market.status is not MarketStatus.OPEN:
        return
    prices = [price for price in market.best if price is not None]
    if prices and not LOW_E4 * len(prices) <= sum(prices) <= HIGH_E4 * len(prices):
        set_tick(state, market, FINE_TICK_E4)
