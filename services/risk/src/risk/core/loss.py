"""What was lost: by UTC day, and from the high-water mark."""

from datetime import UTC, datetime
from decimal import Decimal

from common.clock import SECOND, Instant
from common.money import ZERO_USD, Usd
from risk.core.recent import Recent

DAY = 86_400 * SECOND
DAYS_KEPT = 8
MARKETS_MAX = 20_000
MEANINGFUL_ROOM = Usd(Decimal(1))
"""With less room than the smallest order the venue takes, a limit is reached for good."""


def day_of(at: Instant) -> int:
    """Count the UTC days since 1970."""
    return at // DAY


def date_of(at: Instant) -> str:
    """Write the UTC day, as 2027-01-15."""
    return datetime.fromtimestamp(at // SECOND, tz=UTC).date().isoformat()


class Losses:
    """Folds what was realised into days, and equity into a mark that only rises.

    A day's opening equity is what equity would be without that day's results: it follows from the record and from
    `now`, so that nothing has to happen at midnight. A profit never makes room for a larger loss. What comes of a
    market's fills after it was settled restates the day it was settled on: a profit that turns out void on the morrow
    is no loss of the morrow.
    """

    def __init__(self, opening: Usd, *, daily_limit: Decimal, drawdown_limit: Decimal) -> None:
        self._daily_limit = daily_limit
        self._drawdown_limit = drawdown_limit
        self._by_day: dict[int, Usd] = {}
        self._settled_at: Recent[str, Instant] = Recent(MARKETS_MAX)
        self.high_water_mark = opening

    def settle(self, market_id: str, at: Instant) -> None:
        """Note when a market was settled; the first time counts."""
        if market_id not in self._settled_at:
            self._settled_at.put(market_id, at)

    def book(self, market_id: str, realised: Usd, at: Instant) -> None:
        """Fold one result, on the day that its market was settled, or on its own where it is not."""
        if realised:
            day = day_of(self._settled_at.get(market_id) or at)
            self._by_day[day] = Usd(self._by_day.get(day, ZERO_USD) + realised)
            for old in [d for d in self._by_day if d <= max(self._by_day) - DAYS_KEPT]:
                del self._by_day[old]

    def raise_mark(self, mark: Usd) -> None:
        """Ratchet the mark, by profits whose fills are final: one that was never real is no height to fall from."""
        self.high_water_mark = max(self.high_water_mark, mark)

    def restart_mark(self, equity: Usd) -> None:
        """Count drawdown anew from here, as an operator's resume says."""
        self.high_water_mark = equity

    def realised_on(self, now: Instant) -> Usd:
        """Sum what was realised on the UTC day of `now`."""
        today = day_of(now)
        return Usd(sum((amount for day, amount in self._by_day.items() if day >= today), Decimal(0)))

    def daily_room(self, now: Instant, equity: Usd, exposure: Usd, revocable: Usd) -> Usd:
        """Say what may be lost today beyond what is lost and what is exposed; revocable profit does not count."""
        realised = self.realised_on(now)
        opening = equity - realised
        lost = max(revocable - realised, ZERO_USD)
        return Usd(self._daily_limit * opening - lost - exposure)

    def pause(self, now: Instant, equity: Usd) -> str:
        """Say that the day's losses alone leave no room until 00:00 UTC, or nothing."""
        lost = -self.realised_on(now)
        if lost <= 0 or self.daily_room(now, equity, ZERO_USD, ZERO_USD) >= MEANINGFUL_ROOM:
            return ""
        return f"daily_loss: lost={lost:.2f} max={self._daily_limit * (equity + lost):.2f}, until 00:00 UTC"

    def drawdown_room(self, equity: Usd, at_risk: Usd) -> Usd:
        """Say how far equity may fall beyond what is at risk before the drawdown limit is reached."""
        return Usd(self._drawdown_limit * self.high_water_mark - (self.high_water_mark - equity) - at_risk)

    def drawdown(self, equity: Usd) -> Usd:
        """Say how far equity lies under the mark."""
        return Usd(self.high_water_mark - equity)

    def is_drawn_down(self, equity: Usd) -> bool:
        """Whether the drawdown limit is reached: not even the smallest order fits under it any more."""
        return self.drawdown(equity) > 0 and self.drawdown_room(equity, ZERO_USD) < MEANINGFUL_ROOM
