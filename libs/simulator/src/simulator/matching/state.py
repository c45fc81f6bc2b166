"""All that the engine knows, and the events of the operation at hand. Its parts work on this and on nothing else."""

from collections import deque
from hashlib import sha256

from simulator.matching.accounts import Accounts
from simulator.matching.dues import Dues
from simulator.matching.events import Event, Refusal, RequestRefused
from simulator.matching.market import Market, MarketStatus
from simulator.matching.memory import Orders, Trades
from simulator.matching.record import OrderRecord
from simulator.matching.values import Instrument, Order


class State:
    """One exchange's state. `now_ns` never goes back."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.accounts = Accounts()
        self.orders = Orders()
        self.trades = Trades()
        self.dues = Dues()
        self.touched: dict[str, Market] = {}
        """Markets whose books may differ from what was last told of them."""
        self.resolved: deque[Market] = deque()
        """Resolved markets, those first that are to be forgotten first."""
        self._markets: dict[str, Market] = {}
        self._by_token: dict[str, Market] = {}
        self.sequence = 0
        self._events: list[Event] = []

    def tell(self, event: Event) -> None:
        self._events.append(event)

    def refuse(self, subject: str, refusal: Refusal) -> None:
        """Tell that something other than an order was refused."""
        self._events.append(RequestRefused(self.now_ns, subject, refusal))

    def take_events(self) -> tuple[Event, ...]:
        events, self._events = tuple(self._events), []
        return events

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def new_order_id(self, account: str) -> str:
        """Derive the id of an order that the house or the crowd places."""
        return "0x" + sha256(f"{account}:{self.next_sequence()}".encode()).hexdigest()

    def record(self, market: Market, order: Order, is_quote: bool = False) -> OrderRecord:
        """Begin an order's record, which has no place among the others before the order is taken."""
        return OrderRecord(order, market.first_token, self.now_ns, is_quote)

    def market(self, condition_id: str) -> Market | None:
        return self._markets.get(condition_id)

    def market_of(self, token: str) -> Market | None:
        return self._by_token.get(token)

    def market_of_order(self, order: Order) -> Market:
        """Find the market of an order that is known to the engine."""
        return self._markets[order.condition_id]

    def market_or_refusal(self, condition_id: str, is_open: bool = False) -> Market | None:
        """Find a market, which may have to be open; refuse if there is none."""
        found = self._markets.get(condition_id)
        if found is None:
            self.refuse(condition_id, Refusal.UNKNOWN_MARKET)
        elif is_open and found.status is not MarketStatus.OPEN:
            self.refuse(condition_id, Refusal.NOT_ACCEPTING)
        else:
            return found
        return None

    def markets(self) -> tuple[Market, ...]:
        return tuple(self._markets.values())

    def open_market(self, instrument: Instrument) -> None:
        market = Market(instrument)
        self._markets[instrument.condition_id] = market
        for token in instrument.tokens:
            self._by_token[token] = market

    def forget_market(self, market: Market) -> None:
        del self._markets[market.instrument.condition_id]
        for token in market.instrument.tokens:
            del self._by_token[token]
            self.accounts.forget(token)
