"""What stands between a market and a trade, and what it is worth: read from the folded state, changing nothing."""

from common.clock import MILLISECOND, SECOND, Instant
from common.contracts.base import Symbol, UnderlyingPrice
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved
from common.contracts.venue import MarketUpdated
from scanner.core.limits import Limits
from scanner.core.markets import Market
from scanner.core.model import Estimate, Outlook, Tails, look_ahead, real
from scanner.core.refusals import Refusal
from scanner.core.strikes import Strikes
from scanner.core.underlying import ModelSettings, Spot, Underlying

SPOT = "spot"


class Valuer:
    """Holds what is known of the underlyings, and values markets by it."""

    def __init__(self, models: dict[Symbol, ModelSettings], feed: str, limits: Limits) -> None:
        self.underlyings = {symbol: Underlying(model, Tails(model.sigma_spread)) for symbol, model in models.items()}
        self._tails = {symbol: Tails(model.sigma_spread) for symbol, model in models.items()}
        self._feed = feed
        self._limits = limits
        self._strikes = Strikes()

    def learn_price(self, event: PriceUpdated) -> None:
        underlying = self.underlyings.get(event.symbol)
        if underlying is not None:
            underlying.learn_price(event)

    def learn_settlement(self, event: SettlementPriceObserved) -> None:
        underlying = self.underlyings.get(event.symbol)
        if underlying is None or event.feed != self._feed:
            return
        self._strikes.learn(event)
        if event.kind == SPOT:
            underlying.learn_spot(event)

    def spot(self, symbol: Symbol, now: Instant, event: PriceUpdated | None = None) -> Spot | None:
        """Look at the newest price of a symbol: the one given, or the last one folded."""
        underlying = self.underlyings.get(symbol)
        if underlying is None:
            return None
        event = event or underlying.price
        return underlying.spot(event, now) if event is not None else None

    def tails(self, symbol: Symbol) -> Tails:
        return self._tails[symbol]

    def strike(self, market: Market) -> UnderlyingPrice | None:
        """Answer what a market's end will be compared with; looked up once between two settling values."""
        if market.strike_read_at != self._strikes.heard:
            described, market.strike_read_at = market.event, self._strikes.heard
            market.strike = (
                self._strikes.at(described.symbol, described.rule, described.starts_at) if described.rule else None
            )
            market.real_strike = 0.0 if market.strike is None else real(market.strike)
        return market.strike

    def outlook(self, market: Market, spot: Spot | None, now: Instant) -> Outlook | None:
        """Look ahead to a market's end, None where something that it takes is not known."""
        described = market.event
        if self.strike(market) is None or spot is None or described.rule is None or now < market.starts_at:
            return None
        left = self.underlyings[described.symbol].left(described.rule, market.ends_at, spot.price, now)
        return None if left is None else look_ahead(left, market.real_strike, spot.price, spot.doubts)

    def estimate(self, market: Market, spot: Spot | None, now: Instant) -> Estimate | None:
        """Value Up, None where something that it takes is not known."""
        outlook = self.outlook(market, spot, now)
        if outlook is None or spot is None:
            return None
        tails = self._tails[market.event.symbol]
        return Estimate(outlook.fair(tails), outlook.uncertainty(spot.doubts, tails))

    def obstacle(self, market: Market, spot: Spot | None, now: Instant) -> Refusal:
        """Name what keeps a market from being traded, whatever is offered in it."""
        return self.own_obstacle(market, now) or self.staleness(market.event.symbol, spot, now)

    def own_obstacle(self, market: Market, now: Instant) -> Refusal:
        """Name what in the market itself keeps it from being traded; what is stale of its symbol is asked apart."""
        if now < market.starts_at:
            return Refusal.NOT_STARTED
        if now > market.ends_at - self._limits.no_trade_before_close_s * SECOND:
            return Refusal.NEAR_CLOSE
        if market.unreadable is None:
            market.unreadable = _unreadable(market.event, self._feed)
        if market.unreadable:
            return market.unreadable
        return Refusal.STRIKE_UNKNOWN if self.strike(market) is None else Refusal.NONE

    def staleness(self, symbol: Symbol, spot: Spot | None, now: Instant) -> Refusal:
        """Name what of a symbol is too old to be traded on."""
        limits, settled_at = self._limits, self.underlyings[symbol].settled_at
        if spot is None or now - spot.event.received_at > limits.price_age_ms_max * MILLISECOND:
            return Refusal.STALE_PRICE
        if settled_at is None or now - settled_at > limits.settlement_age_ms_max * MILLISECOND:
            return Refusal.STALE_SETTLEMENT_FEED
        return Refusal.NONE


def _unreadable(described: MarketUpdated, feed: str) -> Refusal:
    if described.rule is None or described.rule.feed != feed:
        return Refusal.RULE_UNKNOWN
    if described.fee is None:
        return Refusal.FEE_UNKNOWN
    if described.untradable_reason:
        return Refusal.UNTRADABLE
    return Refusal.NONE if described.accepting_orders else Refusal.NOT_ACCEPTING
