"""How figures are written for people: short, aligned, in UTC."""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from common.clock import SECOND, Instant

_SLUG = re.compile(r"([a-z]+)-updown-(\d+)m-(\d+)")
CENT = Decimal("0.01")
AGE_S_IN_TENTHS = 10
MINUTE_S, HOUR_S = 60, 3600


def clock(at: Instant) -> str:
    """Write a moment as 12:34:56."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%H:%M:%S")


def age(now: Instant, then: Instant) -> str:
    """Write how long ago something was: 0.3s, 42s, 5m, 2h."""
    seconds = max(0, now - then) / SECOND
    if seconds < AGE_S_IN_TENTHS:
        return f"{seconds:.1f}s"
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f}s"
    return f"{seconds / MINUTE_S:.0f}m" if seconds < 2 * HOUR_S else f"{seconds / HOUR_S:.0f}h"


def span(seconds: float) -> str:
    """Write a length of time as 1:23 or 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, HOUR_S)
    minutes, left = divmod(rest, MINUTE_S)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def usd(amount: Decimal, *, signed: bool = False) -> str:
    """Write dollars to the cent: $12.34, -$0.50, +$1.00."""
    rounded = amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
    sign = "-" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}${abs(rounded):,.2f}"


def coin_price(price: Decimal) -> str:
    """Write what a coin is worth: 60,745.68."""
    return f"{price:,.2f}"


def probability(value: Decimal | None) -> str:
    """Write a value of a share to a tenth of a cent: 0.623."""
    return "-" if value is None else f"{value:.3f}"


def price(value: Decimal | None) -> str:
    """Write a share's price as it stands in the book: 0.62."""
    return "-" if value is None else f"{value.normalize():f}" if value % CENT else f"{value:.2f}"


def amount(quantity: Decimal) -> str:
    """Write a number of shares without needless zeros."""
    text = f"{quantity:.2f}"
    return text.rstrip("0").rstrip(".")


def cents_of_edge(edge: Decimal | None) -> str:
    """Write an edge a share in cents: +3.2c."""
    return "-" if edge is None else f"{edge * 100:+.1f}c"


def market_name(slug: str) -> str:
    """Write a market's slug as a trader says it: `btc-updown-5m-1795246200` is BTC 5m 07:35, by its end."""
    found = _SLUG.fullmatch(slug)
    if found is None:
        return slug
    minutes = int(found[2])
    ends = datetime.fromtimestamp(int(found[3]) + minutes * MINUTE_S, UTC)
    return f"{found[1].upper()} {minutes}m {ends:%H:%M}"


def plain(name: str) -> str:
    """Write a rule's or reason's name as words."""
    return name.replace("_", " ")
