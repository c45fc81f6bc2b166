"""Reconciliation: the venue's own account held against the record, and what follows from a difference.

A difference counts when it is there in two looks with nothing between them, or lasts; an order or a match that nobody
here placed counts at once. What was asked for incompletely says nothing, and never that nothing is held. An operator's
resume accepts what was said to differ as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from common import ids
from common.clock import MILLISECOND, SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.control import ResumeRequested
from common.contracts.executor import (
    AcceptedShares,
    Discrepancy,
    OrderUnknown,
    ReconciliationDone,
    Severity,
    TradingMode,
    Verdict,
)
from common.contracts.runtime import WentLive
from common.money import Usd
from executor.core.adoption import Adopter
from executor.core.comparison import Comparison, Finding, Terms
from executor.core.funds import available
from executor.core.inputs import CancelAsked, VenueSnapshot
from executor.core.markets import Markets
from executor.core.orders import Orders
from executor.core.redemption import Redeemer
from executor.core.tolerances import Tolerances
from executor.core.wallet import Wallet

DISCREPANCIES_MAX = 50
"""Discrepancies that one message tells of, the gravest first."""
DETAILED_MAX = 3
GRAVITY: dict[Severity, int] = {"none": 0, "warn": 1, "reduce": 2, "halt": 3}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Since when a difference has been seen, and since when nothing has happened that could explain it."""

    since: Instant
    quiet_since: Instant
    revision: int


@dataclass(frozen=True, slots=True)
class View:
    """What a snapshot comes to."""

    verdict: Verdict
    severity: Severity
    detail: str
    discrepancies: tuple[Discrepancy, ...]
    terms: Terms
    findings: tuple[Finding, ...] = ()
    """All that was found on these terms, believed or not."""


class Reconciler:
    """Folds the record and the snapshots. It takes its orders from the desk's own fold, and writes to none of them."""

    def __init__(self, tolerances: Tolerances, mode: TradingMode, orders: Orders, markets: Markets) -> None:
        self._tolerances, self._mode = tolerances, mode
        self._orders, self._markets = orders, markets
        self.wallet = Wallet()
        self._redeemer = Redeemer(tolerances, mode, self.wallet, orders)
        self.adopter = Adopter(tolerances, mode, self.wallet, markets)
        self.last: VenueSnapshot | None = None
        """The last complete snapshot that this process took."""
        self._severity: Severity = "none"
        self._terms = Terms()
        self._suspicions: dict[tuple[str, str], Suspicion] = {}
        self._incomplete_count = 0
        self._said: ReconciliationDone | None = None
        self._told: frozenset[tuple[str, str]] = frozenset()
        """What a complete snapshot was last said to differ in."""
        self._is_announced = False
        self._resumed_at: Instant | None = None
        self._halted: ReconciliationDone | None = None
        self._to_cancel: dict[str, None] = {}
        self._cancel_asked_at: dict[str, Instant] = {}
        self._vanished: dict[str, None] = {}

    # --- what may be asked of it ---

    @property
    def halted_by(self) -> str:
        """Say what was found that stops orders until an operator resumes, or nothing."""
        return f"reconciliation: {self._halted.detail}" if self._halted else ""

    def tokens(self) -> tuple[str, ...]:
        """List the tokens that the venue should be asked about: all of which the record has any worth."""
        return self.wallet.of_worth()

    def funds(self) -> Usd | None:
        """Answer the dollars that the next order may take; None where there is no wallet to take them from."""
        return available(self.last, self.wallet, self._orders.open())

    @property
    def vanished(self) -> tuple[str, ...]:
        """List the orders that we think live and the venue does not list: it must be asked what became of each."""
        return tuple(self._vanished)

    def why_unreconciled(self, now: Instant) -> str:
        """Say why the book cannot be relied on for an order now, or nothing."""
        if self._halted is not None:
            return self.halted_by
        if self.last is None:
            return "no complete answer of the venue yet"
        if self._severity == "halt":
            return "the venue's account and the record differ"
        limit_ms = self._tolerances.interval_ms * self._tolerances.intervals_missed_max
        age = since(now, self.last.asked_at)
        return f"last_complete_ms={age // MILLISECOND} max={limit_ms}" if age > limit_ms * MILLISECOND else ""

    # --- deciding ---

    def judge(self, snapshot: VenueSnapshot, now: Instant) -> ReconciliationDone | None:
        """Say what a snapshot comes to, if that is news: at the start, when it changed, and once in a long while."""
        view, said = self._view(snapshot), self._said
        is_news = not self._is_announced or said is None or view.terms != self._terms or _differ(view, said)
        if not is_news and said is not None and since(now, said.at) < self._tolerances.repeat_s * SECOND:
            return None
        terms = view.terms
        return ReconciliationDone(
            event_id=ids.derive("reconciliation", snapshot.asked_at, snapshot.at), mode=self._mode,
            verdict=view.verdict, severity=view.severity, detail=view.detail, discrepancies=view.discrepancies,
            open_orders=len(snapshot.orders), tokens=len(snapshot.holdings), collateral=snapshot.collateral,
            baseline=None if terms.baseline is None else Usd(terms.baseline), wallet=snapshot.wallet,
            signature_type=snapshot.signature_type, accepted_at=terms.accepted_at,
            accepted=tuple(AcceptedShares(token_id=t, shares=n) for t, n in sorted(terms.offsets.items())), at=now,
        )  # fmt: skip

    def attend(self, now: Instant) -> Event | None:
        """Do one thing that no message asks for: for a stranger's order, or for a payment."""
        for venue_order_id in self._to_cancel:
            asked_at = self._cancel_asked_at.get(venue_order_id)
            if asked_at is None or since(now, asked_at) >= self._tolerances.cancel_retry_s * SECOND:
                event_id = ids.derive("cancel_asked", venue_order_id, now)
                return CancelAsked(event_id=event_id, venue_order_id=venue_order_id, at=now)
        adopted = self.adopter.attend(self.last, self._terms, now)
        return adopted or self._redeemer.attend(self.last, self._terms, now)

    # --- folding ---

    def observe(self, event: Event) -> None:
        self.adopter.observe(event)
        match event:
            case VenueSnapshot():
                self._take(event)
            case ReconciliationDone() if event.mode == self._mode:
                self._note(event)
            case ResumeRequested():
                self._resume(event)
            case CancelAsked():
                self._cancel_asked_at[event.venue_order_id] = event.at
            case OrderUnknown():
                self._vanished.pop(event.order_id, None)
            case WentLive():
                self._is_announced, self.last = False, None
            case _:
                self.wallet.observe(event)
                self._redeemer.observe(event)

    def _take(self, snapshot: VenueSnapshot) -> None:
        if snapshot.gap:
            self._incomplete_count += 1
            return
        view = self._view(snapshot)
        self._suspicions = {f.key: self._suspect(f, snapshot) for f in view.findings if f.lasts_s}
        comparison = self._compare(snapshot, view.terms)
        self._to_cancel = dict.fromkeys(comparison.to_cancel(view.discrepancies))
        self._cancel_asked_at = {i: at for i, at in self._cancel_asked_at.items() if i in self._to_cancel}
        self._vanished = dict.fromkeys(comparison.vanished())
        self._incomplete_count, self._severity, self.last = 0, view.severity, snapshot
        if snapshot.collateral is None:
            self.wallet.pay_out_settled()
        self.wallet.make_certain(Instant(snapshot.asked_at - self._tolerances.wallet_grace_s * SECOND))

    def _note(self, event: ReconciliationDone) -> None:
        """Fold what was said: the terms outlive a restart in it, and so does a halt."""
        self._said, self._is_announced = event, True
        if event.severity == "halt":
            self._halted = event
        if event.verdict == "incomplete":
            return
        self._told = frozenset((d.kind, d.about) for d in event.discrepancies)
        offsets = {accepted.token_id: accepted.shares for accepted in event.accepted}
        is_accepted = not self._terms.wallet or event.accepted_at > self._terms.accepted_at
        wallet = event.wallet if is_accepted else self._terms.wallet
        self._terms = Terms(event.baseline, offsets, event.accepted_at, wallet)
        if self._resumed_at is not None and event.accepted_at >= self._resumed_at:
            self._resumed_at = None

    def _resume(self, event: ResumeRequested) -> None:
        """Take an operator's word. The last one is said again at each start, and means nothing then."""
        if self._halted is not None and event.at > self._halted.at:
            self._halted = None
        if event.at > self._terms.accepted_at:
            self._resumed_at = event.at

    # --- what a snapshot comes to ---

    def _view(self, snapshot: VenueSnapshot) -> View:
        if snapshot.gap:
            return self._incomplete(snapshot)
        terms = self._terms_for(snapshot)
        findings = self._compare(snapshot, terms).findings()
        believed = self._believed(findings, snapshot)
        if self._resumed_at is not None and snapshot.asked_at >= self._resumed_at:
            terms = self._accept(snapshot, terms, believed, self._resumed_at)
            findings = self._compare(snapshot, terms).findings()
            believed = self._believed(findings, snapshot)
        elif any(finding.key[0] == "surplus" for finding in believed):
            terms = replace(terms, baseline=self._baseline(snapshot, terms))
            findings = [finding for finding in findings if finding.key[0] != "surplus"]
        grave = sorted((f.what for f in believed), key=lambda d: (-GRAVITY[d.severity], -d.usd, d.kind, d.about))
        severity: Severity = grave[0].severity if grave else "none"
        told = tuple(grave[:DISCREPANCIES_MAX])
        return View("differs" if grave else "agreed", severity, _detail(grave), told, terms, tuple(findings))

    def _incomplete(self, snapshot: VenueSnapshot) -> View:
        count = self._incomplete_count + 1
        severity: Severity = "none"
        if count >= self._tolerances.incomplete_reduce_count:
            severity = "reduce"
        elif count >= self._tolerances.incomplete_warn_count:
            severity = "warn"
        return View("incomplete", severity, snapshot.gap, (), self._terms)

    def _terms_for(self, snapshot: VenueSnapshot) -> Terms:
        """Answer the terms that stand; the first complete snapshot of all sets them."""
        terms = self._terms
        if not terms.accepted_at:
            terms = replace(terms, accepted_at=snapshot.asked_at, wallet=snapshot.wallet)
        if terms.baseline is None and snapshot.collateral is not None:
            terms = replace(terms, baseline=self._baseline(snapshot, terms))
        return terms

    def _baseline(self, snapshot: VenueSnapshot, terms: Terms) -> Decimal | None:
        """Answer what was there before the first trade; where dollars are on their way, the least it can have been."""
        found = snapshot.collateral
        return None if found is None else found - self._compare(snapshot, terms).expected_dollars().high

    def _compare(self, snapshot: VenueSnapshot, terms: Terms) -> Comparison:
        return Comparison(snapshot, self._orders, self.wallet, terms, self._tolerances, self._has_ended)

    def _has_ended(self, market_id: str, at: Instant) -> bool:
        market = self._markets.get(market_id)
        return self._markets.winner(market_id) is not None or (market is not None and market.ends_at <= at)

    def _believed(self, findings: Iterable[Finding], snapshot: VenueSnapshot) -> list[Finding]:
        return [finding for finding in findings if self._counts(finding, snapshot)]

    def _counts(self, finding: Finding, snapshot: VenueSnapshot) -> bool:
        seen = self._suspicions.get(finding.key)
        if not finding.lasts_s:
            return True
        if seen is None:
            return False
        quiet = finding.may_be_quiet and seen.revision == finding.revision
        has_been_quiet = quiet and since(snapshot.asked_at, seen.quiet_since) >= self._tolerances.gap_s * SECOND
        return has_been_quiet or since(snapshot.asked_at, seen.since) >= finding.lasts_s * SECOND

    def _suspect(self, finding: Finding, snapshot: VenueSnapshot) -> Suspicion:
        seen, now = self._suspicions.get(finding.key), snapshot.asked_at
        if seen is None:
            return Suspicion(now, now, finding.revision)
        return seen if seen.revision == finding.revision else Suspicion(seen.since, now, finding.revision)

    def _accept(self, snapshot: VenueSnapshot, terms: Terms, believed: list[Finding], resumed_at: Instant) -> Terms:
        """Take what was said to differ as it is from here on. What nobody was told of is not accepted."""
        known = [f for f in believed if (f.what.kind, f.what.about) in self._told]
        offsets, holdings = dict(terms.offsets), {h.token_id: h.shares for h in snapshot.holdings}
        comparison = self._compare(snapshot, terms)
        for token_id in (f.key[1] for f in known if f.key[0] in ("more_shares", "fewer_shares")):
            excess = comparison.expected_shares(token_id).excess(holdings[token_id])
            offsets[token_id] = offsets.get(token_id, Decimal(0)) + excess
        terms = replace(terms, offsets=offsets, accepted_at=resumed_at)
        if any(f.what.kind == "collateral" for f in known):
            terms = replace(terms, baseline=self._baseline(snapshot, terms), wallet=snapshot.wallet)
        return terms


def _differ(view: View, said: ReconciliationDone) -> bool:
    """Whether a view says anything that was not said; figures that move a little are no news."""
    now = (view.verdict, view.severity, sorted((d.kind, d.about, d.severity) for d in view.discrepancies))
    return now != (said.verdict, said.severity, sorted((d.kind, d.about, d.severity) for d in said.discrepancies))


def _detail(discrepancies: list[Discrepancy]) -> str:
    told = [f"{d.kind} {d.about}: expected {d.expected}, found {d.found}" for d in discrepancies[:DETAILED_MAX]]
    more = len(discrepancies) - DETAILED_MAX
    return "; ".join([*told, f"and {more} more"] if more > 0 else told)
