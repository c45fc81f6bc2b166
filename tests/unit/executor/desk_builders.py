"""A desk and what is told to it, with a line each."""

from decimal import Decimal

from builders import NOON, a_heartbeat, a_market, after, an_approval
from common.contracts.base import Event
from common.contracts.runtime import Tick, WentLive
from common.money import Usd
from executor.core import Caps, OrderDesk
from executor.core.desk import paper_name
from executor.core.inputs import (
    GatewayAccepted,
    GatewayCancelDeclined,
    GatewayCancelled,
    GatewayCompleted,
    GatewayFillConfirmed,
    GatewayFilled,
    GatewayFillFailed,
    GatewayFillRetried,
    GatewayLost,
    GatewayNotFound,
    GatewayRejected,
)


def caps(**changes):
    fields = {
        "trade_usd_max": Usd(Decimal(20)), "order_shares_max": Decimal(500), "orders_per_minute_max": 30,
        "clock_skew_ms_max": 500, "order_timeout_ms": 10_000, "risk_silence_ms_max": 10**9, "orders_kept_max": 1000, "markets_kept_max": 1000,
    }  # fmt: skip
    return Caps(**(fields | changes))


class Lived:
    """A desk that is told things the way the loop tells them; `journal` keeps what a restart would read back."""

    def __init__(self, *, live=True, markets=None, name_order=paper_name, awaits=(), tolerances=None, **changes):
        self.caps, self.tolerances = caps(**changes), tolerances
        self.desk = OrderDesk(self.caps, mode="paper", name_order=name_order, awaits=awaits, tolerances=tolerances)
        self.journal, self.catalogue = [], {}
        for market in [a_market()] if markets is None else markets:
            self.tell(market)
        if live:
            self.tell(WentLive(at=NOON))
            self.tell(a_heartbeat())

    def tell(self, event, now=NOON):
        outcome = self.desk.decide(event, now)
        self.desk.observe(event)
        if event.type == "market_updated":
            self.catalogue[event.market_id] = event
        if event.type in RECORDED:
            self.journal.append(event)
        if outcome is not None:
            assert isinstance(outcome, Event)
            self.desk.observe(outcome)
            if outcome.type not in {"fill_asked", "cancel_asked", "redemption_asked"}:
                self.journal.append(outcome)
        return outcome

    def approve(self, now=NOON, **changes):
        return self.tell(an_approval(**changes), now)

    def tick(self, seconds=0.0):
        return self.tell(Tick(at=after(seconds)), after(seconds))

    def restarted(self):
        """A new desk that has read the record back and gone live."""
        again = Lived(live=False, markets=[])
        again.caps = self.caps
        again.tolerances = self.tolerances
        again.desk = OrderDesk(self.caps, mode="paper", tolerances=self.tolerances)
        for event in [*self.journal, *self.catalogue.values()]:
            again.desk.observe(event)
        again.journal, again.catalogue = list(self.journal), dict(self.catalogue)
        again.tell(WentLive(at=NOON))
        again.tell(a_heartbeat())
        return again

    @property
    def order(self):
        return self.desk.orders.get("order1")

    @property
    def state(self):
        return self.order.state


RECORDED = {"order_approved", "trading_halted", "trading_resumed"}


def accepted(order_id="order1", at=NOON):
    return GatewayAccepted(order_id=order_id, at=at, venue_order_id="0x1")


def rejected(order_id="order1", at=NOON):
    return GatewayRejected(order_id=order_id, at=at, code="not_enough_balance", detail="not enough balance / allowance")


def filled(quantity=10, *, price="0.50", fee="0.175", fill_id="fill1", order_id="order1", at=NOON):
    return GatewayFilled(
        order_id=order_id, fill_id=fill_id, price=Decimal(price), quantity=Decimal(quantity), fee=Decimal(fee), at=at
    )


def confirmed(fill_id="fill1", order_id="order1", at=NOON):
    return GatewayFillConfirmed(order_id=order_id, fill_id=fill_id, at=at)


def retried(fill_id="fill1", order_id="order1", at=NOON):
    return GatewayFillRetried(order_id=order_id, fill_id=fill_id, at=at)


def failed(fill_id="fill1", order_id="order1", at=NOON):
    return GatewayFillFailed(order_id=order_id, fill_id=fill_id, reason="reverted", at=at)


def completed(filled=10, order_id="order1", at=NOON):
    return GatewayCompleted(order_id=order_id, filled=Decimal(filled), at=at)


def cancelled(filled=0, order_id="order1", at=NOON, reason="killed"):
    return GatewayCancelled(order_id=order_id, filled=Decimal(filled), reason=reason, at=at)


def cancel_declined(order_id="order1", at=NOON):
    return GatewayCancelDeclined(order_id=order_id, reason="already canceled or matched", at=at)


def lost(order_id="order1", at=NOON):
    return GatewayLost(order_id=order_id, detail="no answer within 2000 ms", at=at)


def not_found(order_id="order1", at=NOON):
    return GatewayNotFound(order_id=order_id, at=at)
