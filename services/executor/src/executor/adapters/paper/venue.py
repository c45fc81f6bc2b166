"""The paper venue: what the live one would have done with an order, against the live book, in virtual time.

An order takes `latency_ms` to arrive. One that is marketable is then held for the market's taker delay, in which it
cannot be cancelled and the book may move away. It is matched level by level at the makers' prices, pays the market's
fee on each fill, and never touches liquidity that it took before. A book too old to be believed fills nothing. What
rests is filled only by what trades through it, or at its price once the queue ahead of it is gone.
"""

from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from common.clock import MILLISECOND, SECOND, Instant, later, since
from common.contracts.risk import OrderApproved
from common.contracts.venue import BookUpdated, Level, MarketUpdated
from common.money import Shares
from executor.adapters.paper import words
from executor.adapters.paper.depth import Depth
from executor.adapters.paper.order import PaperOrder, Stage
from executor.adapters.paper.schedule import Schedule
from executor.adapters.paper.snapshot import snapshot
from executor.adapters.paper.teller import Teller
from executor.core.inputs import GatewayNotFound, GatewayReport, VenueSnapshot

LISTED_S_MAX = 900
"""Matches from longer ago are not told of again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRules:
    """How the paper venue differs from a perfect one."""

    latency_ms: int = 100
    confirm_ms: int = 2000
    book_age_ms_max: int = 3000
    orders_kept_max: int = 5000
    markets_kept_max: int = 5000


class PaperVenue:
    """Orders, books and markets in; reports out, each due at its own moment."""

    def __init__(self, rules: PaperRules) -> None:
        self._rules = rules
        self._schedule = Schedule()
        self._teller = Teller(self._schedule, rules.confirm_ms)
        self._depth = Depth(2 * rules.markets_kept_max)
        self._markets: OrderedDict[str, MarketUpdated] = OrderedDict()
        self._orders: dict[str, PaperOrder] = {}
        self._forgotten_until = Instant(0)
        """When the last match of those that are forgotten was."""
        self._resting: dict[str, list[PaperOrder]] = {}
        self.duplicates = 0
        """Orders that were sent twice; the second is not one."""

    # --- what can be asked of it ---

    def submit(self, order: OrderApproved, now: Instant, *, post_only: bool = False) -> None:
        """Send an order. A second one of the same id is a duplicate and does nothing."""
        post_only = post_only or order.post_only
        if post_only and words.is_immediate(order):
            raise ValueError(f"post-only: expected an order that may rest, found {order.order_type}")
        self._schedule.advance(now)
        if order.order_id in self._orders:
            self.duplicates += 1
            return
        self._forget_the_oldest()
        paper = self._orders[order.order_id] = PaperOrder(order, post_only)
        self._schedule.at(later(now, ms=self._rules.latency_ms), partial(self._arrive, paper))

    def cancel(self, order_id: str, now: Instant) -> None:
        """Ask for an order to be cancelled: at once while it is on its way, else when the request arrives."""
        self._schedule.advance(now)
        order = self._orders.get(order_id)
        if order is None:
            self._teller.not_found(order_id, now)
        elif order.stage is Stage.IN_FLIGHT:
            self._teller.cancelled(order, words.NEVER_SENT, now)
        else:
            self._schedule.at(later(now, ms=self._rules.latency_ms), partial(self._cancel_arrives, order))

    def cancel_all(self, now: Instant) -> None:
        """Ask for every order that is not done to be cancelled."""
        for order_id in [i for i, order in self._orders.items() if order.stage is not Stage.DONE]:
            self.cancel(order_id, now)

    def look_up(self, order_id: str) -> list[GatewayReport]:
        """Say all there is to say of an order; nothing yet of one that is on its way."""
        order = self._orders.get(order_id)
        if order is None:
            return [GatewayNotFound(order_id=order_id, at=self._schedule.now)]
        return order.reports()

    def look_up_fill(self, order_id: str, fill_id: str, matched_at: Instant, now: Instant) -> None:
        """Report a match as final in its time, also one of an earlier process."""
        self._schedule.advance(now)
        self._teller.confirm_later(order_id, fill_id, matched_at, now)

    def on_book(self, book: BookUpdated) -> None:
        """Take a book. What was due before it was received happens on the book before it."""
        self._schedule.advance(book.received_at)
        if self._depth.on_book(book) and self._resting.get(book.token_id):
            self._match_resting(book)

    def on_market(self, market: MarketUpdated) -> None:
        """Take the word of the catalogue; what rests in a market that closes is cancelled."""
        self._schedule.advance(market.observed_at)
        known = self._markets.get(market.market_id)
        if known is not None and known.observed_at > market.observed_at:
            return
        if market.winner is not None:
            self._markets.pop(market.market_id, None)
            self._depth.forget(market)
        else:
            self._list(market)
        if market.winner is not None or not market.accepting_orders:
            self._cancel_resting(market, words.RESOLVED if market.winner else words.CANCELLED, self._schedule.now)

    def due(self, now: Instant) -> list[GatewayReport]:
        """Let time come to `now` and answer what there is to report since the last call, in order."""
        self._schedule.advance(now)
        return self._teller.take()

    def next_due(self) -> Instant | None:
        """Answer when there will be something to do, None when nothing is planned."""
        return self._schedule.now if self._teller.has_news else self._schedule.next()

    def snapshot(self, since: Instant, now: Instant) -> VenueSnapshot:
        """Say all there is to say of the account, as far as this process knows it."""
        self._schedule.advance(now)
        listed_since = Instant(max(since, self._forgotten_until, now - LISTED_S_MAX * SECOND))
        return snapshot(self._orders.values(), listed_since, now, self._rules.confirm_ms)

    @property
    def working(self) -> int:
        """Count the orders that are not done."""
        return sum(1 for order in self._orders.values() if order.stage is not Stage.DONE)

    # --- what happens at its own moment ---

    def _arrive(self, order: PaperOrder, at: Instant) -> None:
        if order.stage is not Stage.IN_FLIGHT:
            return
        market = self._markets.get(order.approval.market_id)
        refusal = words.market_refusal(market, at)
        reached = self._reached(order, at)
        if market is not None and refusal is None:
            refusal = words.order_refusal(order.approval, market, marketable=bool(reached), post_only=order.post_only)
        if market is None or refusal is not None:
            self._teller.rejected(order, refusal or words.Refusal("no_orderbook", words.NO_BOOK), at)
        elif words.is_immediate(order.approval) and not reached:
            self._killed(order, at)
        else:
            self._teller.accepted(order, at, is_held=bool(reached and market.taker_delay_ms))
            if reached:
                order.stage = Stage.HELD
                self._schedule.at(later(at, ms=market.taker_delay_ms), partial(self._match, order))
            else:
                self._rest(order, market, at)

    def _match(self, order: PaperOrder, at: Instant) -> None:
        """Match what was held, on the book as it is now."""
        market = self._markets.get(order.approval.market_id)
        if market is None or words.market_refusal(market, at) is not None:
            self._teller.cancelled(order, words.RESOLVED if market is None else words.CLOSED, at)
            return
        reached = self._reached(order, at)
        offered = sum((size for _, size in reached), Decimal(0))
        if order.approval.order_type != "FOK" or offered >= order.wanted:
            self._walk(order, reached, market, at)
        if not order.wanted:
            self._teller.completed(order, at)
        elif words.is_immediate(order.approval):
            self._killed(order, at)
        else:
            self._rest(order, market, at)

    def _walk(self, order: PaperOrder, levels: list[Level], market: MarketUpdated, at: Instant) -> None:
        assert market.fee is not None  # a market without one is refused on arrival
        for price, size in levels:
            quantity = Shares(min(order.wanted, size))
            if quantity <= 0:
                return
            self._depth.take(order.approval.token_id, order.takes_from, price, quantity)
            self._teller.filled(order, price, quantity, market.fee.taker(price, quantity), at)

    def _match_resting(self, book: BookUpdated) -> None:
        at = self._schedule.now
        market = self._markets.get(book.market_id)
        if market is None or market.fee is None or not self._is_fresh(book, at):
            return
        for order in self._resting_on(book.token_id):
            limit = order.approval.limit
            order.ahead = min(order.ahead, self._depth.displayed(book.token_id, order.rests_on, limit))
            for price, size in self._depth.left(book.token_id, order.takes_from):
                touched = price == limit and not order.ahead
                if not order.wanted or not (order.is_through(price) or touched):
                    break
                quantity = Shares(min(order.wanted, size))
                self._depth.take(book.token_id, order.takes_from, price, quantity)
                fee = market.fee.of(limit, quantity, "maker")
                self._teller.filled(order, limit, quantity, fee, at)
            if not order.wanted:
                self._teller.completed(order, at)

    def _rest(self, order: PaperOrder, market: MarketUpdated, at: Instant) -> None:
        if order.stage is Stage.HELD and not order.fills:
            self._teller.accepted(order, at)
        order.stage = Stage.RESTING
        approval = order.approval
        order.ahead = self._depth.displayed(approval.token_id, order.rests_on, approval.limit)
        self._resting.setdefault(approval.token_id, []).append(order)
        self._schedule.at(max(at, market.ends_at), partial(self._close, order))
        if approval.expires_at is not None:
            self._schedule.at(max(at, approval.expires_at), partial(self._expire, order))

    def _close(self, order: PaperOrder, at: Instant) -> None:
        if order.stage is Stage.RESTING:
            self._teller.cancelled(order, words.CLOSED, at)

    def _expire(self, order: PaperOrder, at: Instant) -> None:
        if order.stage is Stage.RESTING:
            self._teller.expired(order, at)

    def _cancel_arrives(self, order: PaperOrder, at: Instant) -> None:
        if order.stage is Stage.RESTING:
            self._teller.cancelled(order, words.CANCELLED, at)
            return
        self._teller.cancel_declined(order, words.HELD if order.stage is Stage.HELD else words.ALREADY_GONE, at)

    # --- what it knows ---

    def _reached(self, order: PaperOrder, at: Instant) -> list[Level]:
        """List the levels that an order reaches, best first; none on a book that is missing or too old."""
        book = self._depth.book(order.approval.token_id)
        if book is None or not self._is_fresh(book, at):
            return []
        left = self._depth.left(order.approval.token_id, order.takes_from)
        return [level for level in left if order.reaches(level[0])]

    def _is_fresh(self, book: BookUpdated, at: Instant) -> bool:
        return since(at, book.received_at) <= self._rules.book_age_ms_max * MILLISECOND

    def _killed(self, order: PaperOrder, at: Instant) -> None:
        """End an order that may not rest, and say why it found nothing more."""
        book = self._depth.book(order.approval.token_id)
        if book is not None and not self._is_fresh(book, at):
            reason = words.STALE_BOOK
        elif order.approval.order_type == "FOK":
            reason = words.FOK_KILLED
        else:
            reason = words.REST_KILLED if order.fills else words.FAK_KILLED
        self._teller.cancelled(order, reason, at)

    def _list(self, market: MarketUpdated) -> None:
        self._depth.on_market(market)
        self._markets[market.market_id] = market
        while len(self._markets) > self._rules.markets_kept_max:
            self._depth.forget(self._markets.popitem(last=False)[1])

    def _cancel_resting(self, market: MarketUpdated, reason: str, at: Instant) -> None:
        for token_id in (market.up_token_id, market.down_token_id):
            for order in self._resting_on(token_id):
                self._teller.cancelled(order, reason, at)

    def _resting_on(self, token_id: str) -> list[PaperOrder]:
        """List the orders that rest on a token, in the order they came; those that ended are dropped here."""
        resting = [order for order in self._resting.pop(token_id, []) if order.stage is Stage.RESTING]
        if resting:
            self._resting[token_id] = resting
        return list(resting)

    def _forget_the_oldest(self) -> None:
        excess = len(self._orders) - self._rules.orders_kept_max
        if excess < max(1, self._rules.orders_kept_max // 10):
            return
        for order_id in [i for i, order in self._orders.items() if order.stage is Stage.DONE][:excess]:
            order = self._orders.pop(order_id)
            self._forgotten_until = max([self._forgotten_until, *(fill.at for fill in order.fills)])
