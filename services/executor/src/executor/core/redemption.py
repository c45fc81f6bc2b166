"""What settled markets owe: whether the venue has paid it out by itself, and when to ask for it."""

from decimal import Decimal

from common import ids
from common.clock import SECOND, Instant, since
from common.contracts.base import Event
from common.contracts.executor import PositionRedeemed, TradingMode, is_adopted
from common.money import Usd
from executor.core.comparison import Terms
from executor.core.inputs import RedemptionAsked, VenueSnapshot
from executor.core.orders import Orders
from executor.core.tolerances import Tolerances
from executor.core.wallet import Token, Wallet


class Redeemer:
    """Looks after winning shares until their dollars are there. One thing a tick."""

    def __init__(self, tolerances: Tolerances, mode: TradingMode, wallet: Wallet, orders: Orders) -> None:
        self._tolerances, self._mode = tolerances, mode
        self._wallet, self._orders = wallet, orders
        self._asked: dict[str, list[Instant]] = {}
        """When the payment of a market was asked for."""

    def observe(self, event: Event) -> None:
        match event:
            case RedemptionAsked():
                self._asked.setdefault(event.market_id, []).append(event.at)
            case PositionRedeemed():
                self._asked.pop(event.market_id, None)
            case _:
                pass

    def attend(self, last: VenueSnapshot | None, terms: Terms, now: Instant) -> Event | None:
        """Say that a market was paid out, or ask for it; nothing without a complete snapshot.

        What a stranger's order got is left to the venue, for nothing says by which contract it is to be asked for.
        """
        if last is None:
            return None
        holdings = {holding.token_id: holding.shares for holding in last.holdings}
        for token in self._wallet.won():
            owed, held = self._owed(token, terms, last), holdings.get(token.token_id)
            if held is None or owed <= self._tolerances.dust_shares or last.asked_at <= token.settled_at:
                continue
            if held <= self._tolerances.dust_shares:
                if self._is_there(owed, terms.baseline, last):
                    return self._redeemed(token, owed, now)
            elif not is_adopted(token.order_id) and self._is_due(token, now):
                return self._ask(token, now)
        return None

    def _owed(self, token: Token, terms: Terms, last: VenueSnapshot) -> Decimal:
        """Answer the least that is owed: a match that is not final may yet come to nothing."""
        return self._wallet.shares(token.token_id, last.asked_at).low + terms.offsets.get(token.token_id, Decimal(0))

    def _is_there(self, owed: Decimal, baseline: Decimal | None, last: VenueSnapshot) -> bool:
        """Whether the wallet holds so much more than trades explain, payments that are noted counted in full."""
        if last.collateral is None or baseline is None:
            return True
        noted = sum((redemption.payout for redemption in self._wallet.redemptions.values()), Decimal(0))
        least = baseline + self._wallet.dollars(last.asked_at).low + noted
        return last.collateral - least >= owed - self._tolerances.usd_max

    def _is_due(self, token: Token, now: Instant) -> bool:
        asked = self._asked.get(token.market_id, [])
        if len(asked) >= self._tolerances.redemption_tries_max:
            return False
        wait_s = self._tolerances.redemption_retry_s if asked else self._tolerances.redemption_patience_s
        return since(now, asked[-1] if asked else token.settled_at) >= wait_s * SECOND

    def _redeemed(self, token: Token, payout: Decimal, now: Instant) -> PositionRedeemed:
        return PositionRedeemed(
            event_id=ids.derive("position_redeemed", token.market_id), market_id=token.market_id, slug=token.slug,
            mode=self._mode, payout=Usd(payout), by="executor" if token.market_id in self._asked else "venue",
            at=now,
        )  # fmt: skip

    def _ask(self, token: Token, now: Instant) -> RedemptionAsked:
        order = self._orders.get(token.order_id)
        return RedemptionAsked(
            event_id=ids.derive("redemption_asked", token.market_id, now), market_id=token.market_id,
            protocol_version=order.approval.protocol_version if order else "v1",
            is_neg_risk=order.approval.is_neg_risk if order else False, at=now,
        )  # fmt: skip
