"""The figures of a report, as they were read, before they are compared and written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Period:
    """What was done in a part of the journal, as the ledger's tables hold it."""

    opportunities: int = 0
    approvals: int = 0
    denials: Mapping[str, int] = field(default_factory=dict)
    trades: int = 0
    fills: int = 0
    fees: Decimal = ZERO
    settled: int = 0
    won: int = 0
    pnl: Decimal = ZERO
    halts: int = 0
    first_fill_ns: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """Everything that is read from Postgres."""

    stored: int
    whole: Period
    run: Period
    open_positions: tuple[Mapping[str, Any], ...]
    settlements: tuple[Mapping[str, Any], ...]
    trades: tuple[Mapping[str, Any], ...]
    models: tuple[str, ...]
    limits_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What only the run itself knows."""

    world: str
    seconds: float
    """How long it ran with everything ready."""
    ready_seconds: float | None
    """How long it took to get there."""
    ready_ns: int | None
    markets_seen: int
    refusals: Mapping[str, int]
    restarts: Mapping[str, int]
    equity: Decimal | None
    """What risk said last; cash and open positions at cost, fees included. None when it said nothing."""
    bankroll: Decimal
    """What there was before the first trade."""
    risk_state: str
    cash: Decimal | None = None
    """Dollars that are tied up in nothing, as risk said last."""
    mode: str = "paper"

    @property
    def pnl_by_risk(self) -> Decimal | None:
        """What was realised since the journal began, as risk's equity has it."""
        return None if self.equity is None else self.equity - self.bankroll


def money(amount: Decimal) -> str:
    """Write dollars exactly, with two decimals at least."""
    normal = amount.normalize()
    exponent = normal.as_tuple().exponent
    return f"{amount.quantize(Decimal('0.01')) if isinstance(exponent, int) and exponent > -2 else normal:f}"
