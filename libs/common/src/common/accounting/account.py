"""Cash and positions of all markets together."""

from collections import OrderedDict

from common.accounting.market import MarketBook
from common.accounting.records import Booked, Fill, FillStatus, KeptFill, Outcome, Position, Settlement
from common.money import ZERO_USD, Usd

IDLE_MARKETS_MAX = 2000
"""Settled or empty markets whose fills are kept, so that a late failure is undone; of older ones only sums remain."""
CLOSED_MARKETS_MAX = 20_000
"""Markets so old that only their names are kept: whatever is still said of them is ignored and counted."""


class Account:
    """Cash and positions, folded from what the executor says. `opening` is the cash before the first trade."""

    def __init__(self, opening: Usd) -> None:
        self._cash = opening
        self._realised = ZERO_USD
        self._invested = ZERO_USD
        self._revocable = ZERO_USD
        self._open: dict[str, MarketBook] = {}
        self._idle: OrderedDict[str, MarketBook] = OrderedDict()
        self._closed: OrderedDict[str, None] = OrderedDict()
        self.ignored = 0
        """Facts that changed nothing: repeats, and what came after the end."""

    @property
    def cash(self) -> Usd:
        return self._cash

    @property
    def realised(self) -> Usd:
        """Profit and loss of what was sold or settled, all time, fees deducted."""
        return self._realised

    @property
    def invested(self) -> Usd:
        """Cost and fees of all open positions: the worst-case loss of everything held."""
        return self._invested

    @property
    def revocable(self) -> Usd:
        """Profit already counted that provisional fills would take back if they failed."""
        return self._revocable

    @property
    def equity(self) -> Usd:
        """Cash and open positions at cost, fees included."""
        return Usd(self._cash + self._invested)

    def positions(self) -> tuple[Position, ...]:
        """List the markets in which more than dust is held."""
        return tuple(m.position for m in self._open.values() if not m.position.is_flat)

    def position(self, market_id: str) -> Position:
        """Answer the position in a market, an empty one when there is none."""
        market = self._find(market_id)
        return market.position if market else Position(market_id=market_id)

    def status_of(self, market_id: str, fill_id: str) -> FillStatus | None:
        """Answer how far a fill has come, None when it was never heard of."""
        market = self._find(market_id)
        return market.statuses.get(fill_id) if market else None

    def matched(self, fill: Fill) -> Booked | None:
        """Book a fill, once. After its market was settled it is settled at once, by the same outcome."""
        market = self._market(fill.market_id)
        if market is None or fill.fill_id in market.fills or market.statuses.get(fill.fill_id) == "FAILED":
            self.ignored += 1
            return None
        market.fills[fill.fill_id] = KeptFill.of(fill)
        market.statuses.setdefault(fill.fill_id, "MATCHED")
        return self._refold(market)

    def confirmed(self, market_id: str, fill_id: str) -> Booked | None:
        """Note that a fill is final. Money does not move: what is booked is zero."""
        return self._finish(market_id, fill_id, "CONFIRMED")

    def failed(self, market_id: str, fill_id: str) -> Booked | None:
        """Undo a fill, once, as if it had never been. A confirmed fill is final and stays."""
        return self._finish(market_id, fill_id, "FAILED")

    def preview(self, market_id: str, winner: Outcome) -> Settlement | None:
        """Say what settling a market would come to; None when nothing is held in it or it is settled already."""
        position = self.position(market_id)
        if position.winner is not None or position.up.shares + position.down.shares == 0:
            return None
        up, down = position.up, position.down
        return Settlement(
            up_shares=up.shares, down_shares=down.shares, cost=Usd(up.cost + down.cost),
            fees=Usd(up.fees + down.fees), payout=Usd(position.of(winner).shares),
        )  # fmt: skip

    def settled(self, market_id: str, winner: Outcome) -> Booked | None:
        """Pay out a market, once: a dollar for each share of the winner."""
        market = self._market(market_id)
        if market is None or market.winner is not None:
            self.ignored += 1
            return None
        market.winner = winner
        return self._refold(market)

    def _finish(self, market_id: str, fill_id: str, status: FillStatus) -> Booked | None:
        market = self._market(market_id)
        if market is None or market.statuses.get(fill_id) in ("CONFIRMED", "FAILED"):
            self.ignored += 1
            return None
        market.statuses[fill_id] = status
        if status == "FAILED":
            market.fills.pop(fill_id, None)
        return self._refold(market)

    def _find(self, market_id: str) -> MarketBook | None:
        return self._open.get(market_id) or self._idle.get(market_id)

    def _market(self, market_id: str) -> MarketBook | None:
        if market_id in self._closed:
            return None
        return self._find(market_id) or MarketBook(market_id)

    def _refold(self, market: MarketBook) -> Booked:
        before, after = market.position, market.refold()
        booked = Booked(
            cash=Usd(after.cash - before.cash),
            realised=Usd(after.realised - before.realised),
            invested=Usd(after.invested - before.invested),
            revocable=Usd(after.revocable - before.revocable),
        )
        self._cash = Usd(self._cash + booked.cash)
        self._realised = Usd(self._realised + booked.realised)
        self._invested = Usd(self._invested + booked.invested)
        self._revocable = Usd(self._revocable + booked.revocable)
        self._keep(market)
        return booked

    def _keep(self, market: MarketBook) -> None:
        """File a market under those that hold something, or last among those that do not."""
        self._open.pop(market.market_id, None)
        self._idle.pop(market.market_id, None)
        holds = market.position.up.shares + market.position.down.shares > 0
        (self._open if holds else self._idle)[market.market_id] = market
        self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        while len(self._idle) > IDLE_MARKETS_MAX:
            market_id, _ = self._idle.popitem(last=False)
            self._closed[market_id] = None
        while len(self._closed) > CLOSED_MARKETS_MAX:
            self._closed.popitem(last=False)
