"""Holds what the venue says against the record, thing by thing. What it finds is suspected, not yet believed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from common.clock import SECOND, Instant
from common.contracts.executor import Discrepancy, FillMatched, adopted_id
from common.money import Usd
from executor.core.inputs import VenueFill, VenueHolding, VenueOrder, VenueSnapshot
from executor.core.orders import Orders
from executor.core.states import FillState, OrderState
from executor.core.tolerances import Tolerances
from executor.core.wallet import KnownFill, Range, Token, Wallet

ZERO = Decimal(0)
ONE = Decimal(1)
NEVER = Instant(0)
ON_THE_BOOK = (OrderState.LIVE, OrderState.PARTIALLY_FILLED)
"""The states in which the venue must list an order as open."""
OUT_OF_ORDER_S_MAX = 3600
"""How much later than a younger one an older match may come into the record."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is taken as given: the dollars that were there first, and what a person accepted."""

    baseline: Decimal | None = None
    offsets: dict[str, Decimal] = field(default_factory=dict)
    """Shares by token that are held beyond the record, or lacking from it, and were accepted."""
    accepted_at: Instant = NEVER
    """Matches from before are history and not compared."""
    wallet: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `key` recognises it in the next snapshot; `revision` says whether the record has moved since."""

    key: tuple[str, str]
    what: Discrepancy
    revision: int = 0
    lasts_s: int = 0
    """How long it must last before it counts; zero where it counts at once."""
    may_be_quiet: bool = False
    """Whether it counts sooner when nothing happened in the record between two looks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One snapshot against the record, on given terms."""

    snapshot: VenueSnapshot
    orders: Orders
    wallet: Wallet
    terms: Terms
    tolerances: Tolerances
    has_ended: Callable[[str, Instant], bool]
    """Whether a market is over at a moment, so that the venue may pay it out before anybody tells us who won."""

    @property
    def before(self) -> Instant:
        """What happened by then must show, for the venue was asked later."""
        return Instant(self.snapshot.asked_at - self.tolerances.grace_s * SECOND)

    @property
    def certain_before(self) -> Instant:
        """What was final by then must show in the wallet."""
        return Instant(self.snapshot.asked_at - self.tolerances.wallet_grace_s * SECOND)

    def findings(self) -> list[Finding]:
        return [*self._of_wallet(), *self._of_orders(), *self._of_fills(), *self._of_tokens(), *self._of_collateral()]

    # --- the wallet itself ---

    def _of_wallet(self) -> Iterator[Finding]:
        known, found = self.terms.wallet, self.snapshot.wallet
        if known and found and known != found:
            yield Finding(("wallet", found), _differ("collateral", found, known, found, ZERO, "halt"))

    # --- orders ---

    def _of_orders(self) -> Iterator[Finding]:
        for listed in self.snapshot.orders:
            rest = listed.price * (listed.quantity - listed.matched)
            order = self.orders.get(listed.order_id) if listed.order_id else None
            if not listed.order_id:
                what = _differ("foreign_order", listed.venue_order_id, "no order", _words(listed), rest, "halt")
                yield Finding(("foreign_order", listed.venue_order_id), what)
            elif order is None or (not order.is_open and order.since <= self.before):
                expected = order.state if order else "no such order"
                what = _differ("missing_order", listed.order_id, expected, _words(listed), rest, "reduce")
                yield self._lasting(("missing_order", listed.order_id), what)

    def to_cancel(self, believed: Iterable[Discrepancy]) -> Iterator[str]:
        """List, by the venue's names, the open orders that nobody here placed, and ours that should be over."""
        over = {discrepancy.about for discrepancy in believed if discrepancy.kind == "missing_order"}
        return (o.venue_order_id for o in self.snapshot.orders if not o.order_id or o.order_id in over)

    def vanished(self) -> Iterator[str]:
        """List our live orders that the venue does not list, nor has said anything of lately."""
        spoken_of = {order.order_id for order in self.snapshot.orders}
        spoken_of |= {fill.order_id for fill in self.snapshot.fills if fill.matched_at > self.before}
        for order in self.orders.open():
            if order.state in ON_THE_BOOK and order.since <= self.before and order.approval.order_id not in spoken_of:
                yield order.approval.order_id

    # --- fills ---

    def _of_fills(self) -> Iterator[Finding]:
        listed = {(f.order_id or adopted_id(f.venue_order_id), f.fill_id) for f in self.snapshot.fills}
        for fill in self.snapshot.fills:
            if self.terms.accepted_at < fill.matched_at:
                yield from self._of_listed(fill)
        for known in self._recent_fills():
            event = known.event
            if (event.order_id, event.fill_id) not in listed and self._should_be_listed(known):
                yield self._missing(("unlisted_fill", event.fill_id), _fill_words(event), "not listed", event)

    def _of_listed(self, fill: VenueFill) -> Iterator[Finding]:
        if not fill.order_id:
            usd = fill.price * fill.quantity
            what = _differ("foreign_fill", fill.fill_id, "no fill", _fill_words(fill), usd, "halt")
            yield Finding(("foreign_fill", fill.fill_id), what)
            return
        known = self.wallet.fills.get((fill.order_id, fill.fill_id))
        if known is not None:
            yield from self._of_known(fill, known.event)
        elif fill.matched_at <= self.before:
            yield self._missing(("missing_fill", fill.fill_id), "no fill", _fill_words(fill), fill)

    def _of_known(self, fill: VenueFill, event: FillMatched) -> Iterator[Finding]:
        if abs(event.price - fill.price) > self.tolerances.price_max:
            usd = fill.price * fill.quantity
            what = _differ("price", fill.fill_id, str(event.price), str(fill.price), usd, "reduce")
            yield self._lasting(("price", fill.fill_id), what)
        off = abs(event.quantity - fill.quantity) * fill.price
        if off > self.tolerances.usd_max:
            what = _differ("position", fill.fill_id, _fill_words(event), _fill_words(fill), off, self._severity(off))
            yield self._lasting(("quantity", fill.fill_id), what)

    def _missing(self, key: tuple[str, str], expected: str, found: str, fill: VenueFill | FillMatched) -> Finding:
        usd = fill.price * fill.quantity
        return self._lasting(key, _differ("missing_fill", fill.fill_id, expected, found, usd, self._severity(usd)))

    def _recent_fills(self) -> Iterator[KnownFill]:
        """List the record's fills, newest first, until they are surely older than what the venue lists."""
        for known in reversed(self.wallet.fills.values()):
            if known.event.at < self.snapshot.fills_since - OUT_OF_ORDER_S_MAX * SECOND:
                return
            yield known

    def _should_be_listed(self, known: KnownFill) -> bool:
        since = max(self.snapshot.fills_since + self.tolerances.grace_s * SECOND, self.terms.accepted_at)
        return since < known.event.at <= self.before and known.state is not FillState.FAILED

    # --- shares ---

    def _of_tokens(self) -> Iterator[Finding]:
        for holding in self.snapshot.holdings:
            token = self.wallet.tokens.get(holding.token_id)
            if token is None or not token.is_worthless:
                yield from self._of_token(holding, token)

    def _of_token(self, holding: VenueHolding, token: Token | None) -> Iterator[Finding]:
        expected = self.expected_shares(holding.token_id)
        excess = expected.excess(holding.shares)
        usd = abs(excess) * (token.price if token else ONE)
        is_strange = token is None and holding.token_id not in self.terms.offsets
        if abs(excess) <= self.tolerances.dust_shares or (usd <= self.tolerances.usd_max and not is_strange):
            return
        severity = "halt" if is_strange else self._severity(usd)
        what = _differ("position", holding.token_id, _span(expected), f"{holding.shares:f}", usd, severity)
        key = ("more_shares" if excess > 0 else "fewer_shares", holding.token_id)
        if token is not None and self._may_be_paid_out(holding, token):
            yield Finding(key, what, token.revision, self.tolerances.payout_patience_s)
        else:
            yield self._lasting(key, what, token.revision if token else 0)

    def expected_shares(self, token_id: str) -> Range:
        """Say what the record, what was accepted and the venue's own list of matches allow."""
        expected = self.wallet.shares(token_id, self.certain_before).plus(self.terms.offsets.get(token_id, ZERO))
        for fill in self._unheard():
            if fill.token_id == token_id:
                expected = expected.or_plus(fill.quantity if fill.side == "BUY" else -fill.quantity)
        return expected

    def _may_be_paid_out(self, holding: VenueHolding, token: Token) -> bool:
        """Whether shares are gone of a market that is over: the venue pays out by itself, before or after we know."""
        over = token.has_won or self.has_ended(token.market_id, self.snapshot.asked_at)
        return over and holding.shares <= self.tolerances.dust_shares

    # --- dollars ---

    def _of_collateral(self) -> Iterator[Finding]:
        found, baseline = self.snapshot.collateral, self.terms.baseline
        if found is None or baseline is None:
            return
        expected = self.expected_dollars().plus(baseline)
        excess = expected.excess(found)
        if abs(excess) <= self.tolerances.usd_max:
            return
        severity = "warn" if excess > 0 else self._severity(-excess)
        what = _differ("collateral", "", _span(expected), f"{found:f}", abs(excess), severity)
        yield self._lasting(("surplus" if excess > 0 else "shortfall", ""), what, self.wallet.revision)

    def expected_dollars(self) -> Range:
        """Say what all trades came to, with matches that only the venue tells of and what it may have paid out."""
        expected = self.wallet.dollars(self.certain_before)
        for fill in self._unheard():
            amount, fee = fill.price * fill.quantity, fill.quantity * self.tolerances.fee_per_share_max
            expected = expected.or_plus(-amount - fee if fill.side == "BUY" else amount)
        for holding in self.snapshot.holdings:
            token = self.wallet.tokens.get(holding.token_id)
            if token is not None and not token.is_worthless and self._may_be_paid_out(holding, token):
                expected = expected.or_plus(self.expected_shares(holding.token_id).high)
        return expected

    def _unheard(self) -> Iterator[VenueFill]:
        """List the matches of our orders that the venue tells of and the record does not have yet."""
        for fill in self.snapshot.fills:
            is_ours = fill.order_id and fill.matched_at > self.terms.accepted_at
            if is_ours and (fill.order_id, fill.fill_id) not in self.wallet.fills:
                yield fill

    # --- judging ---

    def _severity(self, usd: Decimal) -> str:
        if usd > self.tolerances.usd_halt:
            return "halt"
        return "reduce" if usd > self.tolerances.usd_max else "warn"

    def _lasting(self, key: tuple[str, str], what: Discrepancy, revision: int = 0) -> Finding:
        return Finding(key, what, revision, self.tolerances.patience_s, may_be_quiet=True)


def _differ(kind: str, about: str, expected: str, found: str, usd: Decimal, severity: str) -> Discrepancy:  # noqa: PLR0917
    fields = {"kind": kind, "about": about, "expected": expected, "found": found, "severity": severity}
    return Discrepancy.model_validate(fields | {"usd": Usd(usd)})


def _span(expected: Range) -> str:
    return f"{expected.low:f}" if expected.low == expected.high else f"{expected.low:f} to {expected.high:f}"


def _words(order: VenueOrder) -> str:
    return f"{order.side} {order.quantity:f} @ {order.price:f}, {order.matched:f} matched"


def _fill_words(fill: VenueFill | FillMatched) -> str:
    return f"{fill.side} {fill.quantity:f} @ {fill.price:f}"
