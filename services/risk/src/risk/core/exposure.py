"""What can be lost at worst, by market, underlying, venue and in all: positions, and orders that may become ones."""

from decimal import Decimal

from common.accounting import Account, Booked
from common.contracts.executor import FillConfirmed, FillFailed, FillMatched, PositionSettled
from common.contracts.risk import OrderApproved
from common.contracts.venue import MarketUpdated
from common.money import Usd
from risk.core.recent import Recent
from risk.core.reservations import Reservations

PLACES_MAX = 20_000


class Exposure:
    """Folds approvals and what became of them.

    The worst case of a position is its cost with fees; of an order, its dollars with the highest fee. A market whose
    underlying is not known counts against every underlying and venue.
    """

    def __init__(self, opening: Usd) -> None:
        self.account = Account(opening)
        self.reservations = Reservations()
        self._places: Recent[str, tuple[str, str]] = Recent(PLACES_MAX)

    def place(self, market: MarketUpdated | OrderApproved) -> None:
        """Learn which underlying and venue a market belongs to."""
        self._places.put(market.market_id, (market.symbol, market.venue))

    def reserve(self, order: OrderApproved) -> None:
        self.place(order)
        self.reservations.reserve(order)

    def fill(self, event: FillMatched | FillConfirmed | FillFailed) -> Booked | None:
        """Turn reservation into position, or a voided position back; None when nothing changed."""
        match event:
            case FillMatched():
                self.reservations.commit(event)
                return self.account.matched(event)
            case FillConfirmed():
                return self.account.confirmed(event.market_id, event.fill_id)
            case FillFailed():
                booked = self.account.failed(event.market_id, event.fill_id)
                if booked is not None:
                    self.reservations.revert(event.order_id, event.fill_id)
                return booked

    def settle(self, event: PositionSettled) -> Booked | None:
        return self.account.settled(event.market_id, event.winner)

    @property
    def equity(self) -> Usd:
        return self.account.equity

    @property
    def total(self) -> Usd:
        """What is invested and reserved in all."""
        return Usd(self.account.invested + self.reservations.total)

    @property
    def at_risk(self) -> Usd:
        """The worst-case loss from here: all exposure, and profit that provisional fills could take back."""
        return Usd(self.total + self.account.revocable)

    @property
    def free_cash(self) -> Usd:
        """Cash that nothing else may need."""
        return Usd(self.account.cash - self.reservations.total - self.account.revocable)

    def of_market(self, market_id: str) -> Usd:
        reserved = (r.remaining for r in self.reservations if r.order.market_id == market_id)
        return Usd(sum(reserved, Decimal(0)) + self.account.position(market_id).invested)

    def of_underlying(self, symbol: str) -> Usd:
        return self.of_place(symbol, "")[0]

    def of_venue(self, venue: str) -> Usd:
        return self.of_place("", venue)[1]

    def of_place(self, symbol: str, venue: str) -> tuple[Usd, Usd]:
        """Sum what is held and reserved on an underlying, and at a venue."""
        of_symbol = of_venue = Decimal(0)
        for position in self.account.positions():
            place = self._places.get(position.market_id)
            of_symbol += position.invested if place is None or place[0] == symbol else 0
            of_venue += position.invested if place is None or place[1] == venue else 0
        for reservation in self.reservations:
            of_symbol += reservation.remaining if reservation.order.symbol == symbol else 0
            of_venue += reservation.remaining if reservation.order.venue == venue else 0
        return Usd(of_symbol), Usd(of_venue)
