"""What nobody here placed is taken into the record: an open order until its end, and its matches, which are real money.

It trades under our key, so its shares and dollars are in our account whoever wanted them: positions, exposure and
limits count them. What it is of must be known; a match in a market that is not in the catalogue stays a difference.
"""

from collections.abc import Iterator
from decimal import Decimal

from common import ids
from common.clock import SECOND, Instant
from common.contracts.base import Event
from common.contracts.executor import (
    FillConfirmed,
    FillFailed,
    FillMatched,
    OrderAdopted,
    OrderCancelled,
    OrderFilled,
    ReconciliationDone,
    TradingMode,
    adopted_id,
    is_adopted,
)
from common.money import ZERO_USD, Shares
from executor.core.comparison import Terms
from executor.core.inputs import VenueFill, VenueOrder, VenueSnapshot
from executor.core.markets import Markets
from executor.core.states import FillState
from executor.core.tolerances import Tolerances
from executor.core.wallet import KnownFill, Wallet

STRATEGY = "adopted"
NOT_OPEN = "no longer open at the venue"
FAILED = "the venue could not settle it"


class Adopter:
    """Follows strangers through the complete snapshots, one thing a tick; the record keeps it over restarts."""

    def __init__(self, tolerances: Tolerances, mode: TradingMode, wallet: Wallet, markets: Markets) -> None:
        self._tolerances, self._mode = tolerances, mode
        self._wallet, self._markets = wallet, markets
        self._found: dict[str, tuple[VenueOrder, Instant]] = {}
        """What was seen open and is not in the record yet, with when; it may be cancelled before that is said."""
        self._open: dict[str, OrderAdopted] = {}
        self._looked_at: Instant | None = None
        """When the venue was last asked for everything and answered; over a restart, when that was last said."""

    def observe(self, event: Event) -> None:
        match event:
            case VenueSnapshot(gap=""):
                self._looked_at = event.asked_at
                for order_id, order in _strangers(event).items():
                    if order_id not in self._open:
                        self._found.setdefault(order_id, (order, event.asked_at))
            case ReconciliationDone() if event.verdict != "incomplete":
                self._looked_at = max(self._looked_at or event.at, event.at)
            case OrderAdopted():
                self._open[event.order_id] = event
                self._found.pop(event.order_id, None)
            case OrderCancelled() | OrderFilled():
                self._open.pop(event.order_id, None)
            case _:
                pass

    def back_to(self) -> Instant | None:
        """Answer since when matches must be asked for, so that none is missed; None before the first look."""
        moving = (k.event.at for k in self._provisional())
        return min([*([] if self._looked_at is None else [self._looked_at]), *moving], default=None)

    def attend(self, last: VenueSnapshot | None, terms: Terms, now: Instant) -> Event | None:
        """Take in one thing that a stranger did; nothing without a complete snapshot and terms to compare it on."""
        if last is None or not terms.accepted_at:
            return None
        return next(self._news(last, terms, now), None)

    def _news(self, last: VenueSnapshot, terms: Terms, now: Instant) -> Iterator[Event]:
        yield from (self._adopted(order_id, order, at, now) for order_id, (order, at) in self._found.items())
        listed = {(adopted_id(f.venue_order_id), f.fill_id): f for f in last.fills if not f.order_id}
        for (order_id, fill_id), fill in listed.items():
            if fill.matched_at > terms.accepted_at and not self._wallet.knows(fill_id):
                yield from self._matched(order_id, fill, last)
        for known in self._provisional():
            yield from self._finished(known, listed.get((known.event.order_id, known.event.fill_id)), last, now)
        still_open = _strangers(last)
        for order_id, adopted in self._open.items():
            if order_id not in still_open and adopted.at <= self._before(last):
                yield self._ended(adopted, now)

    def _provisional(self) -> Iterator[KnownFill]:
        """List the adopted matches that are not final."""
        for known in self._wallet.moving.values():
            if is_adopted(known.event.order_id) and known.state is FillState.MATCHED:
                yield known

    def _before(self, last: VenueSnapshot) -> Instant:
        """Answer by when a thing must have happened for its absence to mean anything."""
        return Instant(last.asked_at - self._tolerances.grace_s * SECOND)

    # --- an order ---

    def _adopted(self, order_id: str, order: VenueOrder, seen_at: Instant, now: Instant) -> OrderAdopted:
        return OrderAdopted(
            event_id=ids.derive("order_adopted", order_id, seen_at), order_id=order_id, opportunity_id="",
            market_id=order.market_id, token_id=order.token_id, mode=self._mode, venue_order_id=order.venue_order_id,
            side=order.side, price=order.price, quantity=order.quantity, filled=order.matched, at=now,
        )  # fmt: skip

    def _ended(self, adopted: OrderAdopted, now: Instant) -> OrderCancelled | OrderFilled:
        """Say that it is over, and what it got as far as the record knows."""
        fields = {
            name: getattr(adopted, name) for name in ("order_id", "opportunity_id", "market_id", "token_id", "mode")
        }
        got = self._got(adopted.order_id)
        if got >= adopted.quantity - self._tolerances.dust_shares:
            event_id = ids.derive("order_filled", adopted.order_id, adopted.event_id)
            return OrderFilled(event_id=event_id, filled=Shares(got), at=now, **fields)
        event_id = ids.derive("order_cancelled", adopted.order_id, adopted.event_id)
        return OrderCancelled(event_id=event_id, reason=NOT_OPEN, filled=Shares(got), at=now, **fields)

    def _got(self, order_id: str) -> Decimal:
        fills = (known for (of, _), known in self._wallet.fills.items() if of == order_id)
        return sum((known.event.quantity for known in fills if known.state is not FillState.FAILED), Decimal(0))

    # --- a match ---

    def _matched(self, order_id: str, fill: VenueFill, last: VenueSnapshot) -> Iterator[FillMatched]:
        """Book a match if it is known what it is of, and if what it sold is in the record."""
        market = self._markets.get(fill.market_id)
        if market is None or fill.token_id not in (market.up_token_id, market.down_token_id):
            return
        if fill.side == "SELL" and self._wallet.shares(fill.token_id, last.asked_at).low < fill.quantity:
            return
        fee = market.fee.of(fill.price, fill.quantity, fill.liquidity) if market.fee else ZERO_USD
        yield FillMatched(
            event_id=ids.derive("fill_matched", order_id, fill.fill_id), fill_id=fill.fill_id, order_id=order_id,
            market_id=fill.market_id, token_id=fill.token_id, mode=self._mode, side=fill.side, price=fill.price,
            outcome=market.outcome_of(fill.token_id), quantity=fill.quantity, fee=fee,
            strategy=STRATEGY, slug=market.slug, liquidity=fill.liquidity, at=fill.matched_at,
        )  # fmt: skip

    def _finished(
        self, known: KnownFill, listed: VenueFill | None, last: VenueSnapshot, now: Instant
    ) -> Iterator[FillConfirmed | FillFailed]:
        event = known.event
        fields = {name: getattr(event, name) for name in ("fill_id", "order_id", "market_id", "token_id", "mode")}
        if listed is not None and listed.is_final:
            event_id = ids.derive("fill_confirmed", event.order_id, event.fill_id)
            yield FillConfirmed(event_id=event_id, at=now, **fields)
        elif event.fill_id in last.failed:
            event_id = ids.derive("fill_failed", event.order_id, event.fill_id)
            yield FillFailed(event_id=event_id, reason=FAILED, at=now, **fields)


def _strangers(snapshot: VenueSnapshot) -> dict[str, VenueOrder]:
    """Answer the open orders that nobody here placed, by the name that they are adopted under."""
    return {adopted_id(order.venue_order_id): order for order in snapshot.orders if not order.order_id}
