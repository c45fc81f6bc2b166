"""The matching engine: one way in, `apply`, and any number of ways to look at what has become of it.

Every operation first does what is due before it, each at its own instant, so that what happens does not depend on how
often `Advance` is applied. An operation that comes later than its instant says happens when it comes.
"""

from collections.abc import Callable
from typing import Any

from simulator.matching import cancelling, funding, listing, pairs, placing, quoting, settlement
from simulator.matching.accounts import Purse
from simulator.matching.digest import digest_of
from simulator.matching.events import Event
from simulator.matching.market import Levels, MarketStatus
from simulator.matching.memory import FINAL
from simulator.matching.operations import (
    Advance,
    Cancel,
    CancelAll,
    ChangeTick,
    CloseMarket,
    Deposit,
    Merge,
    OpenMarket,
    Operation,
    Place,
    Print,
    Quote,
    Redeem,
    ResolveMarket,
    SetAllowance,
    Settle,
    Split,
)
from simulator.matching.resting import end
from simulator.matching.showing import show_books
from simulator.matching.state import State
from simulator.matching.values import Holding, Instrument, OrderStatus, Side, Standing, Trade


class Engine:
    """One exchange's matching engine, a fold of the operations applied to it."""

    def __init__(self) -> None:
        self._state = State()

    def apply(self, operation: Operation) -> tuple[Event, ...]:
        """Do one thing, and return what came of it, in order. What cannot be done is refused, not raised."""
        state = self._state
        at_ns = max(state.now_ns, operation.at_ns)
        _pass_time(state, at_ns)
        state.now_ns = at_ns
        HANDLERS[type(operation)](state, operation)
        show_books(state)
        return state.take_events()

    @property
    def now_ns(self) -> int:
        """The instant of the last operation."""
        return self._state.now_ns

    def unsettled_trades(self) -> tuple[Trade, ...]:
        """Return the trades that are neither confirmed nor failed, the oldest first."""
        return tuple(trade for trade in self._state.trades.known() if trade.status not in FINAL)

    def instrument(self, condition_id: str) -> Instrument | None:
        """Return a market with the tick that it has now."""
        market = self._state.market(condition_id)
        return market.instrument if market else None

    def instrument_of(self, token: str) -> Instrument | None:
        market = self._state.market_of(token)
        return market.instrument if market else None

    def market_status(self, condition_id: str) -> MarketStatus | None:
        market = self._state.market(condition_id)
        return market.status if market else None

    def winner(self, condition_id: str) -> str | None:
        """Name the winning token of a resolved market."""
        market = self._state.market(condition_id)
        return market.winner if market else None

    def order(self, order_id: str) -> Standing | None:
        """Return how an order stands, one that is over too while it is remembered. The house's levels have none."""
        record = self._state.orders.get(order_id)
        return record.standing() if record else None

    def open_orders(self, owner: str) -> tuple[Standing, ...]:
        """Return an owner's open orders, the oldest first."""
        return tuple(record.standing() for record in self._state.orders.open_of(owner))

    def count_open_orders(self, owner: str) -> int:
        """Count them without looking at them."""
        return self._state.orders.count_open(owner)

    def trade(self, trade_id: str) -> Trade | None:
        return self._state.trades.get(trade_id)

    def trades(self, owner: str) -> tuple[Trade, ...]:
        """Return the trades in which an API key took or made, the newest first."""
        return self._state.trades.of_owner(owner)

    def trades_of_account(self, account: str) -> tuple[Trade, ...]:
        """Return the trades of a wallet, likewise."""
        return self._state.trades.of_account(account)

    def recent_trades(self) -> tuple[Trade, ...]:
        """Return the newest trades of all markets, at most 10,000."""
        return self._state.trades.recent()

    def dollars(self, account: str) -> Holding:
        return self._state.accounts.dollars_held(account)

    def shares(self, account: str, token: str) -> Holding:
        return self._state.accounts.shares_held(account, token)

    def positions(self, account: str) -> dict[str, Holding]:
        """Return what an account has, by token."""
        found = self._state.accounts.find(account)
        purses: dict[str, Purse] = found.shares if found else {}
        return {token: purse.holding() for token, purse in purses.items() if purse.total_e6 > 0}

    def accounts(self) -> tuple[str, ...]:
        """Name every account that was ever seen: the house's, the crowd's and the fees' too."""
        return self._state.accounts.names()

    def allowance(self, account: str) -> int | None:
        """Return what bounds the dollars of an account's open orders, in millionths; None for no bound."""
        found = self._state.accounts.find(account)
        return found.allowance_e6 if found else None

    def given(self) -> int:
        """Return all dollars that ever came from outside, in millionths: deposits and what the exchange made good."""
        return self._state.accounts.given_e6

    def locked(self, condition_id: str) -> int:
        """Return the dollars behind a market's shares, in millionths: one a pair, or a winning share once resolved."""
        market = self._state.market(condition_id)
        return market.locked_e6 if market else 0

    def book(self, token: str) -> tuple[Levels, Levels]:
        """Return bids and asks, the best first, in the token's own prices."""
        market = self._state.market_of(token)
        return market.book(token) if market else ((), ())

    def best(self, token: str) -> tuple[int | None, int | None]:
        """Return the best bid and the best ask, in the token's own prices."""
        market = self._state.market_of(token)
        return market.best_of(token) if market else (None, None)

    def house_levels(self, condition_id: str) -> tuple[Levels, Levels]:
        """Return what the house rests with, bids and asks, the best first, in the first token's prices."""
        market = self._state.market(condition_id)
        return market.house_levels() if market else ((), ())

    def last_trade(self, token: str) -> tuple[int, Side] | None:
        """Return the last trade's price and its taker's side, both in the token's own terms."""
        market = self._state.market_of(token)
        return market.last_trade(token) if market else None

    def next_due_ns(self) -> int | None:
        """Tell when the next hold ends or the next order expires."""
        return self._state.dues.next_ns()

    def digest(self) -> str:
        """Return a hash of the whole state, the same for the same operations."""
        return digest_of(self._state)


def _pass_time(state: State, until_ns: int) -> None:
    """Do what is due by an instant, each thing as if it were an operation of its own."""
    while (due_ns := state.dues.next_ns()) is not None and due_ns <= until_ns:
        state.now_ns = max(state.now_ns, due_ns)
        record = state.dues.pop()
        if record.status is OrderStatus.DELAYED:
            placing.release_held(state, record)
        else:
            end(state, record, OrderStatus.EXPIRED)
        show_books(state)


def _advance(_state: State, _operation: Advance) -> None:
    """Do nothing: letting time pass is part of every operation."""


HANDLERS: dict[type[Operation], Callable[[State, Any], None]] = {
    OpenMarket: listing.open_market,
    Deposit: funding.deposit,
    SetAllowance: funding.set_allowance,
    Split: pairs.split,
    Merge: pairs.merge,
    Place: placing.place,
    Cancel: cancelling.cancel,
    CancelAll: cancelling.cancel_all,
    Quote: quoting.quote,
    Print: quoting.print_trade,
    Advance: _advance,
    Settle: settlement.settle,
    ChangeTick: listing.change_tick,
    CloseMarket: listing.close_market,
    ResolveMarket: listing.resolve_market,
    Redeem: pairs.redeem,
}
