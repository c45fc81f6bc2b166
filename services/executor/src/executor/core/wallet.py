"""What the wallet should hold by the record: dollars and shares, as ranges while something is on its way into it.

A match is in the wallet some time after it happened, and nobody says when. So whatever is not final, or became so a
moment ago, may be in the wallet already or not yet: the record gives a lowest and a highest figure, and both are right.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from common.clock import SECOND, Instant
from common.contracts.base import Event
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    PositionRedeemed,
    PositionSettled,
    is_adopted,
)
from common.contracts.venue import Outcome
from executor.core.states import FillState

FILLS_KEPT_MAX = 20_000
"""Fills remembered, to be held against those that the venue lists; of older ones only sums remain."""
TOKENS_KEPT_MAX = 4000
MOVING_MAX = 500
CERTAIN_AFTER_S = 3600
"""With many of them waiting for a snapshot, what is final for so long by the record's own time is summed up."""

FillKey = tuple[str, str]
"""The order and the match: one trade of the venue may touch several orders."""
ZERO = Decimal(0)
NEVER = Instant(0)


@dataclass(frozen=True, slots=True)
class Range:
    """From the lowest to the highest amount that the record allows."""

    low: Decimal = ZERO
    high: Decimal = ZERO

    def plus(self, amount: Decimal) -> "Range":
        return Range(self.low + amount, self.high + amount)

    def or_plus(self, amount: Decimal) -> "Range":
        """Widen by an amount that may be in it or not."""
        return Range(self.low + min(amount, ZERO), self.high + max(amount, ZERO))

    def excess(self, found: Decimal) -> Decimal:
        """Say by how much an amount lies above the highest, or (negative) under the lowest; zero inside."""
        return max(found - self.high, ZERO) + min(found - self.low, ZERO)


@dataclass(slots=True)
class KnownFill:
    """A match of the record, how far it has come, and when that was last said."""

    event: FillMatched
    state: FillState
    changed_at: Instant

    @property
    def shares(self) -> Decimal:
        return self.event.quantity if self.event.side == "BUY" else -self.event.quantity

    @property
    def cash(self) -> Decimal:
        amount = self.event.price * self.event.quantity
        return -amount - self.event.fee if self.event.side == "BUY" else amount - self.event.fee

    def is_certain(self, before: Instant) -> bool:
        """Whether it was final long enough before that the wallet shows it."""
        return self.state is not FillState.MATCHED and self.changed_at <= before


@dataclass(slots=True)
class Token:
    """The shares of one outcome that are certain, and what became of the market."""

    token_id: str
    market_id: str
    slug: str
    outcome: Outcome
    order_id: str
    """The order that it was first got by; ours where there is one."""
    shares: Decimal = ZERO
    bought: Decimal = ZERO
    paid: Decimal = ZERO
    revision: int = 0
    """Grows with every word on it, so that two looks can tell whether anything happened between them."""
    winner: Outcome | None = None
    settled_at: Instant = NEVER
    redeemed: bool = False

    @property
    def has_won(self) -> bool:
        return self.winner == self.outcome

    @property
    def is_worthless(self) -> bool:
        """Whether what is left of it in the wallet means nothing: it lost, or was paid out."""
        return self.redeemed or (self.winner is not None and not self.has_won)

    @property
    def price(self) -> Decimal:
        """What a share is worth: a dollar if it won, else what was paid on average; a dollar where nothing was."""
        return Decimal(1) if self.has_won or not self.bought else self.paid / self.bought


@dataclass(slots=True)
class Redemption:
    """A payment that the record knows of and the wallet may not show yet."""

    payout: Decimal
    at: Instant


@dataclass(slots=True)
class Wallet:
    """The fold. What is certain is in sums; `moving` is what is not."""

    tokens: OrderedDict[str, Token] = field(default_factory=OrderedDict)
    fills: OrderedDict[FillKey, KnownFill] = field(default_factory=OrderedDict)
    moving: dict[FillKey, KnownFill] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    cash: Decimal = ZERO
    revision: int = 0
    tidy_at: int = MOVING_MAX
    _booked: set[str] = field(default_factory=set)
    """The matches of `fills`, of whichever order: one of ours that was taken for a stranger's is still one match."""

    def knows(self, fill_id: str) -> bool:
        """Whether a match is in the record, of whichever order."""
        return fill_id in self._booked

    def observe(self, event: Event) -> None:
        match event:
            case FillMatched():
                self._matched(event)
                self._tidy(event.at)
            case FillConfirmed() | FillFailed():
                self._finished(event)
            case PositionSettled():
                self._settled(event)
            case PositionRedeemed():
                self._redeemed(event)
            case _:
                pass

    def make_certain(self, before: Instant) -> None:
        """Sum up what was final long enough ago; what is looked at later lies later still."""
        for key, fill in [(k, f) for k, f in self.moving.items() if f.is_certain(before)]:
            del self.moving[key]
            if fill.state is FillState.CONFIRMED:
                self.tokens[fill.event.token_id].shares += fill.shares
                self.cash += fill.cash
        for market_id, redemption in [(m, r) for m, r in self.redemptions.items() if r.at <= before]:
            del self.redemptions[market_id]
            self.cash += redemption.payout

    def pay_out_settled(self) -> None:
        """Take settled markets as paid out, where there is no wallet to show it: so that they can be forgotten."""
        for token in self.tokens.values():
            token.redeemed = token.redeemed or token.winner is not None

    def dollars(self, before: Instant) -> Range:
        """Say what all trades came to, in dollars from zero; what was not final by `before` may be in it or not."""
        total = Range(self.cash, self.cash)
        for fill in self.moving.values():
            certain, counts = fill.is_certain(before), fill.state is not FillState.FAILED
            total = (total.plus(fill.cash) if counts else total) if certain else total.or_plus(fill.cash)
        for redemption in self.redemptions.values():
            total = total.or_plus(redemption.payout)
        return total

    def shares(self, token_id: str, before: Instant) -> Range:
        """Say how many shares of a token there should be."""
        token = self.tokens.get(token_id)
        total = Range(token.shares, token.shares) if token else Range()
        for fill in self.moving.values():
            if fill.event.token_id == token_id:
                certain, counts = fill.is_certain(before), fill.state is not FillState.FAILED
                total = (total.plus(fill.shares) if counts else total) if certain else total.or_plus(fill.shares)
        return total

    def of_worth(self) -> tuple[str, ...]:
        """List the tokens of which there are shares, or may be, and that did not lose or were not paid out."""
        moving = {fill.event.token_id for fill in self.moving.values()}
        return tuple(
            t.token_id for t in self.tokens.values() if not t.is_worthless and (t.shares or t.token_id in moving)
        )

    def won(self) -> Iterator[Token]:
        """List the winning tokens of settled markets that were not paid out."""
        return (token for token in self.tokens.values() if token.has_won and not token.redeemed)

    def _matched(self, event: FillMatched) -> None:
        key = (event.order_id, event.fill_id)
        if event.fill_id in self._booked:
            return
        token = self.tokens.get(event.token_id)
        if token is None:
            token = Token(event.token_id, event.market_id, event.slug, event.outcome, event.order_id)
            self.tokens[event.token_id] = token
            self._forget_tokens()
        elif is_adopted(token.order_id):
            token.order_id = event.order_id
        self._booked.add(event.fill_id)
        self.fills[key] = self.moving[key] = KnownFill(event, FillState.MATCHED, event.at)
        if len(self.fills) > FILLS_KEPT_MAX:
            (_, forgotten), _ = self.fills.popitem(last=False)
            self._booked.discard(forgotten)
        self._count(token, self.fills[key], sign=1)
        self._changed(token)

    def _finished(self, event: FillConfirmed | FillFailed) -> None:
        fill = self.moving.get((event.order_id, event.fill_id))
        if fill is None or fill.state is not FillState.MATCHED:
            return
        fill.state = FillState.CONFIRMED if isinstance(event, FillConfirmed) else FillState.FAILED
        fill.changed_at = event.at
        token = self.tokens[fill.event.token_id]
        if fill.state is FillState.FAILED:
            self._count(token, fill, sign=-1)
        self._changed(token)

    def _settled(self, event: PositionSettled) -> None:
        for token in self._of_market(event.market_id):
            if token.winner is None:
                token.winner, token.settled_at = event.winner, event.at
                self._changed(token)

    def _redeemed(self, event: PositionRedeemed) -> None:
        tokens = [token for token in self._of_market(event.market_id) if not token.redeemed]
        if not any(token.has_won for token in tokens):
            return
        for token in tokens:
            token.redeemed = True
            self._changed(token)
        self.redemptions[event.market_id] = Redemption(event.payout, event.at)

    def _of_market(self, market_id: str) -> list[Token]:
        return [token for token in self.tokens.values() if token.market_id == market_id]

    def _count(self, token: Token, fill: KnownFill, *, sign: int) -> None:
        if fill.event.side == "BUY":
            token.bought += sign * fill.event.quantity
            token.paid += sign * fill.event.quantity * fill.event.price

    def _changed(self, token: Token) -> None:
        token.revision += 1
        self.revision += 1

    def _tidy(self, at: Instant) -> None:
        if len(self.moving) >= self.tidy_at:
            self.make_certain(Instant(at - CERTAIN_AFTER_S * SECOND))
            self.tidy_at = max(MOVING_MAX, 2 * len(self.moving))

    def _forget_tokens(self) -> None:
        """Forget the oldest tokens that are of no worth any more; one of worth is never forgotten."""
        excess = len(self.tokens) - TOKENS_KEPT_MAX
        moving = {fill.event.token_id for fill in self.moving.values()} if excess > 0 else set()
        over = [t.token_id for t in self.tokens.values() if t.is_worthless and t.token_id not in moving]
        for token_id in over[: max(excess, 0)]:
            del self.tokens[token_id]
