"""How amounts, moments and markets are said to a trader."""

from collections import OrderedDict
from decimal import Decimal

from alerter.core.limits import NAMES_MAX
from common.clock import SECOND, Instant
from common.contracts.base import Event
from common.contracts.executor import FillMatched, PositionSettled
from common.contracts.risk import OrderApproved, OrderDenied
from common.contracts.venue import MarketUpdated

READABLE_DIGITS_MAX = 12
TEXT_CHARACTERS_MAX = 300
ID_CHARACTERS_MAX = 14
DAY_S = 86_400


class MarketNames:
    """The names of the markets that were spoken of lately, by their ids."""

    def __init__(self) -> None:
        self._slugs: OrderedDict[str, str] = OrderedDict()

    def observe(self, event: Event) -> None:
        match event:
            case OrderApproved() | OrderDenied() | FillMatched() | PositionSettled() | MarketUpdated():
                self._slugs[event.market_id] = event.slug
                self._slugs.move_to_end(event.market_id)
                if len(self._slugs) > NAMES_MAX:
                    self._slugs.popitem(last=False)
            case _:
                pass

    def of(self, market_id: str) -> str:
        """Answer a market's name, or its id cut short."""
        return plain(self._slugs.get(market_id, shortened(market_id)))


def dollars(amount: Decimal) -> str:
    """Say an amount with all its digits, at least cents: `$0.175`, `$5.00`."""
    return f"{'-' if amount < 0 else ''}${_digits(amount.copy_abs())}"


def gain(amount: Decimal) -> str:
    """Say a profit or a loss in cents, always with its sign: `+$4.83`, `-$2.08`."""
    size = amount.copy_abs() or Decimal(0)
    return f"{'-' if amount < 0 else '+'}${f'{size:.2f}' if _is_readable(size) else f'{size:.3e}'}"


def number(amount: Decimal) -> str:
    """Say a number of shares or a price without needless zeros."""
    exact = amount or Decimal(0)
    return f"{exact.normalize():f}" if _is_readable(exact) else f"{exact:.3e}"


def clock(at: Instant) -> str:
    """Say a moment as `12:00:05 UTC`."""
    seconds = at // SECOND % DAY_S
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02} UTC"


def plain(text: str) -> str:
    """Make a foreign text fit for a phone: one line, printable, not too long."""
    line = "".join(c if c.isprintable() else " " for c in text).strip()
    return line if len(line) <= TEXT_CHARACTERS_MAX else line[: TEXT_CHARACTERS_MAX - 1] + "…"


def shortened(id_: str) -> str:
    """Cut an id short."""
    return id_ if len(id_) <= ID_CHARACTERS_MAX else f"{id_[:8]}…{id_[-4:]}"


def joined(*parts: str) -> str:
    """Put the parts of a message together, leaving out the empty ones."""
    return " | ".join(part for part in parts if part)


def _digits(amount: Decimal) -> str:
    text = number(amount)
    if "e" in text:
        return text
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}"


def _is_readable(amount: Decimal) -> bool:
    """Say whether an amount is one of this world; an absurd one would fill the screen, or the memory."""
    return abs(amount.adjusted()) <= READABLE_DIGITS_MAX
