"""A reconciler with a record, and a venue's account of it, with a line each."""

from decimal import Decimal

from builders import MARKET, NOON, UP, a_fill, a_market, a_settlement, after, an_approval
from common.contracts.control import ResumeRequested
from common.contracts.executor import FillConfirmed, FillFailed, OrderAccepted, OrderCancelled, ReconciliationDone
from common.contracts.runtime import WentLive
from executor.core.inputs import VenueFill, VenueHolding, VenueOrder, VenueSnapshot
from executor.core.markets import Markets
from executor.core.orders import Orders
from executor.core.reconciliation import Reconciler
from executor.core.states import Happening
from executor.core.tolerances import Tolerances

WALLET = "0xwallet"


def a_holding(shares=10, token_id=UP):
    return VenueHolding(token_id=token_id, shares=Decimal(shares))


def a_venue_fill(**changes):
    fields = {
        "fill_id": "fill1", "order_id": "order1", "venue_order_id": "0x1", "market_id": MARKET, "token_id": UP,
        "side": "BUY", "price": Decimal("0.50"), "quantity": Decimal(10), "is_final": True, "matched_at": NOON,
    }  # fmt: skip
    return VenueFill(**(fields | changes))


def a_venue_order(**changes):
    fields = {
        "venue_order_id": "0x1", "order_id": "order1", "market_id": MARKET, "token_id": UP, "side": "BUY",
        "price": Decimal("0.50"), "quantity": Decimal(10), "matched": Decimal(0),
    }  # fmt: skip
    return VenueOrder(**(fields | changes))


def a_snapshot(seconds, *, took_s=0.3, **changes):
    fields = {
        "gap": "", "orders": (), "fills": (), "fills_since": after(-3600), "holdings": (), "collateral": Decimal(200),
        "allowance": None, "wallet": WALLET, "signature_type": 0, "asked_at": after(seconds),
        "at": after(seconds + took_s),
    }  # fmt: skip
    return VenueSnapshot(**(fields | changes))


class Books:
    """A reconciler, told things the way the loop tells them; `said` keeps what a restart would read back."""

    def __init__(self, *, live=True, markets=None, **tolerances):
        self.tolerances = Tolerances(**tolerances)
        self.orders, self.markets = Orders(1000), Markets(1000)
        self.reconciler = Reconciler(self.tolerances, "live", self.orders, self.markets)
        self.journal = []
        for market in [a_market()] if markets is None else markets:
            self.markets.observe(market)
        if live:
            self.tell(WentLive(at=NOON))

    def tell(self, *events):
        for event in events:
            self.reconciler.observe(event)
            if not isinstance(event, WentLive | ResumeRequested | VenueSnapshot):
                self.journal.append(event)

    def look(self, seconds, **changes):
        """Take a snapshot; answer what is said of it, if anything."""
        snapshot = a_snapshot(seconds, **changes)
        outcome = self.reconciler.judge(snapshot, snapshot.at)
        self.tell(snapshot)
        if outcome is not None:
            self.tell(outcome)
        return outcome

    def tick(self, seconds):
        outcome = self.reconciler.attend(after(seconds))
        if outcome is not None:
            self.tell(outcome)
        return outcome

    def restarted(self, seconds=0):
        again = Books(live=False)
        again.orders, again.markets = self.orders, self.markets
        again.reconciler = Reconciler(self.tolerances, "live", self.orders, self.markets)
        again.tell(*self.journal, WentLive(at=after(seconds)))
        return again

    # --- what the record says ---

    def order(self, seconds=0, *, accepted=True, **changes):
        approval = an_approval(approved_at=after(seconds), **changes)
        self.orders.approved(approval)
        if accepted:
            self._happened(OrderAccepted, Happening.ACCEPTED, approval, seconds, venue_order_id="0x1")
        return approval

    def over(self, approval, seconds):
        self._happened(OrderCancelled, Happening.CANCELLED, approval, seconds, reason="killed", filled=Decimal(0))

    def _happened(self, kind, happening, approval, seconds, **changes):
        event = kind(
            event_id=f"{happening}-{approval.order_id}", order_id=approval.order_id, opportunity_id="o1",
            market_id=MARKET, token_id=UP, mode="live", at=after(seconds), **changes,
        )  # fmt: skip
        self.orders.happened(event, happening)
        self.tell(event)

    def bought(self, seconds=0, *, confirmed=None, fill_id="fill1", **changes):
        self.tell(a_fill(event_id=f"m-{fill_id}", fill_id=fill_id, at=after(seconds), **changes))
        if confirmed is not None:
            self.tell(end_of(FillConfirmed, fill_id, confirmed))

    def voided(self, seconds, fill_id="fill1"):
        self.tell(end_of(FillFailed, fill_id, seconds, reason="reverted"))

    def settled(self, seconds, winner="Up"):
        self.tell(a_settlement(winner=winner, at=after(seconds)))

    def resumed(self, seconds):
        self.tell(ResumeRequested(reason="seen", at=after(seconds)))


def end_of(kind, fill_id, seconds, **changes):
    return kind(
        event_id=f"{kind.__name__}-{fill_id}", fill_id=fill_id, order_id="order1", market_id=MARKET, token_id=UP,
        mode="live", at=after(seconds), **changes,
    )  # fmt: skip


def kinds(outcome):
    """What a reconciliation found, by kind and severity."""
    assert isinstance(outcome, ReconciliationDone), outcome
    return [(d.kind, d.severity) for d in outcome.discrepancies]
