"""All that a limit may look at: the opportunity, risk's own sight of the world, and what is left of every limit."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from common.clock import Instant
from common.contracts.oracle import PriceUpdated
from common.contracts.scanner import OpportunityFound
from common.contracts.venue import BookUpdated, MarketUpdated
from common.money import ZERO_USD, Level, Usd
from risk.core.exposure import Exposure
from risk.core.ladder import Ladder
from risk.core.latch import Latch
from risk.core.loss import Losses
from risk.core.memory import Memory
from risk.core.policy import Limits
from risk.core.sight import Sight
from risk.core.sizing import Bounds, Draft, draft


@dataclass(frozen=True, slots=True)
class Rooms:
    """What each limit in dollars leaves for one more order, its worst-case fee included."""

    order: Usd
    ladder: Usd
    trade_loss: Usd
    market: Usd
    underlying: Usd
    venue: Usd
    account: Usd
    cash: Usd
    daily_loss: Usd
    drawdown: Usd

    @property
    def least(self) -> Usd:
        return min(
            self.order, self.ladder, self.trade_loss, self.market, self.underlying, self.venue, self.account,
            self.cash, self.daily_loss, self.drawdown,
        )  # fmt: skip


T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - it is written as a decorator
    """A property worked out when it is first asked for, and kept: `cached_property` without its lock."""

    def __init__(self, work: Callable[["Question"], T]) -> None:
        self._work, self._name = work, work.__name__

    def __get__(self, question: "Question", _kind: type["Question"]) -> T:
        found = question.__dict__[self._name] = self._work(question)
        return found


@dataclass(frozen=True)
class Question:
    """May this opportunity be taken? What is expensive to work out is worked out once, when a limit first asks."""

    opportunity: OpportunityFound
    limits: Limits
    sight: Sight
    exposure: Exposure
    losses: Losses
    latch: Latch
    memory: Memory
    ladder: Ladder
    now: Instant

    @once
    def listed(self) -> MarketUpdated | None:
        return self.sight.market(self.opportunity.market_id)

    @property
    def market(self) -> MarketUpdated:
        """The market in risk's own catalogue; limits that need it are asked after `market_is_allowed`."""
        assert self.listed is not None
        return self.listed

    @once
    def seen(self) -> BookUpdated | None:
        return self.sight.book(self.opportunity.token_id)

    @property
    def book(self) -> BookUpdated:
        """The book that risk itself sees; limits that need it are asked after `book_is_fresh`."""
        assert self.seen is not None
        return self.seen

    @once
    def price(self) -> PriceUpdated | None:
        return self.sight.price(self.opportunity.symbol)

    @once
    def levels(self) -> tuple[Level, ...]:
        """Answer the offers at or below the opportunity's limit, best first."""
        limit, asks = self.opportunity.limit, self.book.asks
        for count, (price, _) in enumerate(asks):
            if not 0 < price <= limit:
                return asks[:count]
        return asks

    @once
    def rooms(self) -> Rooms:
        limits, exposure, opportunity = self.limits, self.exposure, self.opportunity
        equity, total, revocable = exposure.equity, exposure.total, exposure.account.revocable
        of_underlying, of_venue = exposure.of_place(opportunity.symbol, opportunity.venue)
        return Rooms(
            order=limits.trade_size_usd_max,
            ladder=self.ladder.largest,
            trade_loss=limits.loss_per_trade_usd_max,
            market=_room(limits.position_limit, equity, exposure.of_market(opportunity.market_id)),
            underlying=_room(limits.underlying_limit, equity, of_underlying),
            venue=_room(limits.venue_limit, equity, of_venue),
            account=_room(limits.total_limit, equity, total),
            cash=exposure.free_cash,
            daily_loss=self.losses.daily_room(self.now, equity, total, revocable),
            drawdown=self.losses.drawdown_room(equity, exposure.at_risk),
        )

    @once
    def draft(self) -> Draft:
        """Draw up the order, cut to fit every limit; or the smallest one, when not even that fits."""
        market, opportunity = self.market, self.opportunity
        assert market.fee is not None
        bounds = Bounds(
            fee=market.fee,
            tick=self.book.tick,
            size_min=market.size_min,
            depth_max=opportunity.quantity,
            shares_max=self.limits.order_shares_max,
            dollars_max=max(self.rooms.least, ZERO_USD),
        )
        return draft(self.levels, opportunity, self.limits, self.exposure.equity, bounds)

    @once
    def net_edge(self) -> Decimal:
        """Say what is left on risk's own book, dollars a share, after the fee and a margin for the uncertainty."""
        opportunity, draft = self.opportunity, self.draft
        margin = max(opportunity.margin, opportunity.uncertainty)
        fee = draft.fee / draft.quantity if draft.quantity else Decimal(0)
        return opportunity.fair_value - draft.average - fee - margin


def _room(share: Decimal, equity: Usd, used: Usd) -> Usd:
    return Usd(share * equity - used)
