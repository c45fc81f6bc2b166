"""The scanner's settings. Edges are dollars a share; volatilities are a year, as fractions."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator

from common.errors import ParseError
from common.parsing import parse_decimal, parse_symbol
from common.settings import BareSymbols, Names, ServiceSettings
from scanner.core import STRATEGIES

ANNUAL_VOLATILITY_MAX = 10


class Settings(ServiceSettings):
    """What the scanner follows, what it calls an edge, and what its model takes for given."""

    tick_ms: Annotated[int, Field(ge=10, le=10_000)] = 40
    """One running market is valued for people to watch each tick, in turn."""
    symbols: BareSymbols = ("BTC", "ETH")
    """Bare symbols; several scanners may share the work by underlying."""
    strategies: Names = ("oracle-sniper",)
    settlement_feed: str = "chainlink"
    """The feed that settles; a market that settles by another is not traded."""
    min_edge_pct: Annotated[Decimal, Field(ge=0, le=50)] = Decimal("2.0")
    """The least net edge, in percent of a dollar a share, after fee and margin."""
    safety_margin: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.005")
    """Dollars a share on top of the model's own uncertainty."""
    max_credible_edge: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.30")
    """A larger gross edge, in dollars a share, is taken for an error in the data."""
    price_age_ms_max: Annotated[int, Field(gt=0)] = 2000
    book_age_ms_max: Annotated[int, Field(gt=0)] = 5000
    settlement_age_ms_max: Annotated[int, Field(gt=0)] = 10_000
    no_trade_before_close_s: Annotated[int, Field(ge=0)] = 3
    opportunity_interval_ms: Annotated[int, Field(ge=0)] = 250
    """A market is not proposed again sooner."""
    opportunity_valid_ms: Annotated[int, Field(gt=0)] = 1500
    sigma_prior_annual: Annotated[float, Field(gt=0, le=ANNUAL_VOLATILITY_MAX)] = 0.55
    """The volatility expected before any was seen."""
    sigma_prior_annual_by_symbol: Names = ("ETH=0.75",)
    """Where it differs from that: `ETH=0.75,SOL=0.9`."""
    sigma_prior_observations: Annotated[float, Field(gt=0)] = 6.0
    """The prior weighs as much as this many observed horizons."""
    sigma_floor_annual: Annotated[float, Field(gt=0)] = 0.15
    sigma_horizon_s: Annotated[int, Field(ge=1, le=600)] = 45
    sigma_memory_s: Annotated[int, Field(ge=60)] = 21_600
    sigma_error_min: Annotated[float, Field(ge=0, le=1)] = 0.15
    """However long volatility was watched, tomorrow's is not known better than this (relative)."""
    sigma_spread: Annotated[float, Field(ge=0, le=1)] = 0.35
    """How uncertain volatility itself is, as the deviation of its logarithm: the tails."""
    basis_memory_s: Annotated[int, Field(ge=2)] = 30
    basis_deviation_prior_bps: Annotated[float, Field(gt=0)] = 2.0
    basis_deviation_prior_observations: Annotated[float, Field(gt=0)] = 1.0
    basis_max_bps: Annotated[float, Field(gt=0)] = 100.0
    """Farther apart than this, two prices are not compared."""

    @field_validator("strategies")
    @classmethod
    def _strategies_are_known(cls, strategies: tuple[str, ...]) -> tuple[str, ...]:
        if not strategies or any(name not in STRATEGIES for name in strategies):
            raise ValueError(f"some of {', '.join(STRATEGIES)}")
        return strategies

    @field_validator("sigma_prior_annual_by_symbol")
    @classmethod
    def _priors_can_be_read(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for entry in entries:
            symbol, _, number = entry.partition("=")
            try:
                parse_symbol(symbol, "SIGMA_PRIOR_ANNUAL_BY_SYMBOL")
                if not 0 < parse_decimal(number, "SIGMA_PRIOR_ANNUAL_BY_SYMBOL") <= ANNUAL_VOLATILITY_MAX:
                    raise ValueError(f"a volatility above 0 and at most {ANNUAL_VOLATILITY_MAX} for {symbol}")
            except ParseError as error:
                raise ValueError(f"entries such as ETH=0.75 ({error.expected})") from None
        return entries

    def prior_annual(self, symbol: str) -> float:
        """Answer the volatility expected of a symbol."""
        named = dict(entry.split("=", 1) for entry in self.sigma_prior_annual_by_symbol)
        return float(named[symbol]) if symbol in named else self.sigma_prior_annual
