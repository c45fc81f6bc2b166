"""What is held, folded from the fills, and what a resolved market owes for it."""

from collections import Counter, OrderedDict
from decimal import Decimal

from common import ids
from common.accounting import Account, Position
from common.clock import Instant
from common.contracts.executor import FillConfirmed, FillFailed, FillMatched, PositionSettled, TradingMode
from common.contracts.venue import MarketUpdated, Outcome
from common.money import ZERO_USD
from executor.core.markets import Markets

TOKENS_RECENT_MAX = 20


class Positions:
    """The fold of fills and settlements. `noted` counts what was recorded although it came at an odd time, by name."""

    def __init__(self, mode: TradingMode, markets: Markets) -> None:
        self._mode: TradingMode = mode
        self._markets = markets
        self._account = Account(ZERO_USD)
        self._unsettled: dict[str, tuple[Outcome, str]] = {}
        self._tokens: OrderedDict[str, tuple[str, Outcome]] = OrderedDict()
        """By token what it stands for, the last traded last."""
        self.noted: Counter[str] = Counter()

    def all(self) -> tuple[Position, ...]:
        """List what is held."""
        return self._account.positions()

    def shares(self, market_id: str, outcome: Outcome) -> Decimal:
        """Answer how many shares of an outcome are held, provisional ones included."""
        return self._account.position(market_id).of(outcome).shares

    def tokens(self) -> tuple[str, ...]:
        """List the tokens that are held in markets that are not settled, and those traded last."""
        recent = len(self._tokens) - TOKENS_RECENT_MAX
        return tuple(
            token_id
            for n, (token_id, (market_id, outcome)) in enumerate(self._tokens.items())
            if n >= recent or self._is_held(market_id, outcome)
        )

    def due(self, now: Instant) -> PositionSettled | None:
        """Answer the settlement of a market that was resolved while it could not be settled."""
        for market_id, (winner, slug) in self._unsettled.items():
            return self._settlement(market_id, winner, slug, now)
        return None

    def resolved(self, market: MarketUpdated, now: Instant) -> PositionSettled | None:
        """Answer the settlement of a market whose winner is told."""
        return self._settlement(market.market_id, market.winner, market.slug, now) if market.winner else None

    def _settlement(self, market_id: str, winner: Outcome, slug: str, now: Instant) -> PositionSettled | None:
        """Settle a market by its official outcome, once, if anything is held in it."""
        due = self._account.preview(market_id, winner)
        if due is None:
            return None
        return PositionSettled(
            event_id=ids.derive("position_settled", market_id), market_id=market_id, slug=slug, mode=self._mode,
            winner=winner, up_shares=due.up_shares, down_shares=due.down_shares, cost=due.cost, fees=due.fees,
            payout=due.payout, pnl=due.pnl, at=now,
        )  # fmt: skip

    def matched(self, event: FillMatched) -> None:
        """Fold a match. In a market that is settled already, every account settles it at once by the same outcome."""
        self._note_token(event)
        is_new = self._account.status_of(event.market_id, event.fill_id) is None
        if is_new and self._account.position(event.market_id).winner is not None:
            self.noted["fill_after_settlement"] += 1
        self._account.matched(event)
        self.note_unsettled(event.market_id)

    def ended(self, event: FillConfirmed | FillFailed) -> None:
        """Fold the end of a match."""
        if isinstance(event, FillConfirmed):
            self._account.confirmed(event.market_id, event.fill_id)
            return
        provisional = self._account.status_of(event.market_id, event.fill_id) == "MATCHED"
        if provisional and self._account.position(event.market_id).winner is not None:
            self.noted["failure_after_settlement"] += 1
        self._account.failed(event.market_id, event.fill_id)
        self.note_unsettled(event.market_id)

    def settled(self, event: PositionSettled) -> None:
        """Fold a settlement."""
        self._account.settled(event.market_id, event.winner)
        self._unsettled.pop(event.market_id, None)

    def note_unsettled(self, market_id: str) -> None:
        """Remember a resolved market as long as something is held in it that was not settled."""
        winner = self._markets.winner(market_id)
        if winner is not None and self._account.preview(market_id, winner[0]) is not None:
            self._unsettled[market_id] = winner
        else:
            self._unsettled.pop(market_id, None)

    def _is_held(self, market_id: str, outcome: Outcome) -> bool:
        position = self._account.position(market_id)
        return position.winner is None and position.of(outcome).shares > 0

    def _note_token(self, event: FillMatched) -> None:
        """Remember a token as the last traded, and forget those of old that are not held."""
        self._tokens[event.token_id] = (event.market_id, event.outcome)
        self._tokens.move_to_end(event.token_id)
        oldest, (market_id, outcome) = next(iter(self._tokens.items()))
        if len(self._tokens) > TOKENS_RECENT_MAX and not self._is_held(market_id, outcome):
            del self._tokens[oldest]
