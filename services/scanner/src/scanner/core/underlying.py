"""One underlying as the model sees it: the trading price in settling terms, its volatility, the seconds gone by."""

from dataclasses import dataclass

from common.clock import SECOND, Instant
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved
from common.contracts.venue import SettlementRule
from scanner.core.basis import Basis, BasisSettings
from scanner.core.model import Doubts, Left, Real, Tails, average_left, point_left, real
from scanner.core.seconds import SecondLog
from scanner.core.volatility import Volatility, VolatilitySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What the model takes for given."""

    volatility: VolatilitySettings
    basis: BasisSettings
    sigma_spread: Real


@dataclass(frozen=True, slots=True)
class Spot:
    """The price of an underlying at one decision: in settling terms, and how well it is known."""

    event: PriceUpdated
    price: Real
    doubts: Doubts


class Underlying:
    """Folds the prices of one symbol."""

    def __init__(self, settings: ModelSettings, tails: Tails) -> None:
        self.volatility = Volatility(settings.volatility, tails.kurtosis)
        self.basis = Basis(settings.basis)
        self.price: PriceUpdated | None = None
        self.settled_at: Instant | None = None
        """The newest moment that the settling spot feed has told of."""
        self._settling = SecondLog()
        self._trading = SecondLog()

    def learn_price(self, event: PriceUpdated) -> None:
        """Take in a trading price; one that is older than what is known changes nothing."""
        before = self.price
        if before is not None and not is_newer(event, before):
            return
        self.price = event
        if before is None:
            return
        second, held_since = event.source_at // SECOND, before.source_at // SECOND
        if second > held_since:
            held = real(before.price)
            self._trading.state(held_since + 1, held)
            self._trading.guess(second, held)
            self._settling.guess(second, held / self.basis.ratio)

    def learn_spot(self, event: SettlementPriceObserved) -> None:
        """Take in a value of the settling spot feed, of now or of a while ago, once."""
        if self.settled_at is None or event.source_at > self.settled_at:
            self.settled_at = event.source_at
        if event.source_at % SECOND:
            return
        second, value = event.source_at // SECOND, real(event.value)
        if not self._settling.state(second, value):
            return
        self.volatility.learn(second, self._settling)
        traded = self._trading.stated(second)
        if traded is not None:
            self.basis.learn(traded, value)

    def spot(self, event: PriceUpdated, now: Instant) -> Spot:
        """Look at a trading price in settling terms."""
        age_s = max(now - event.source_at, 0) / SECOND
        doubts = Doubts(self.volatility.sigma, self.volatility.error, self.basis.deviation, age_s)
        return Spot(event, real(event.price) / self.basis.ratio, doubts)

    def left(self, rule: SettlementRule, ends_at: Instant, price: Real, now: Instant) -> Left | None:
        """Say what is left to happen until a market ends; None where its window began before our record of it."""
        if rule.kind == "instant":
            return point_left(price, (ends_at - now) / SECOND)
        end, log = ends_at // SECOND, self._settling
        first, last = end - rule.lookback_s + 1, min(log.last, end)
        if last < first:
            return average_left(price, 0.0, 0, 0, lookback_s=rule.lookback_s, wait_s=first - now / SECOND)
        if not log.covers(first):
            return None
        known_sum, guessed = log.total(first, last)
        known, wait_s = last - first + 1, last + 1 - now / SECOND
        return average_left(price, known_sum, known, guessed, lookback_s=rule.lookback_s, wait_s=wait_s)


def is_newer(event: PriceUpdated, known: PriceUpdated) -> bool:
    """Say whether a price came in later than the one that is known, or in the same moment."""
    return event.received_at >= known.received_at
