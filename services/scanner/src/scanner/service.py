"""The composition root: the scanner's core from its settings, and what it recovers from."""

from collections.abc import Callable

from common.clock import MILLISECOND, SECOND, Instant
from common.contracts.base import Symbol
from common.parsing import parse_symbol
from common.runtime.assembly import Assembly, Recovery
from scanner.core import BasisSettings, EdgeScanner, Limits, ModelSettings, VolatilitySettings
from scanner.metrics import Measure
from scanner.settings import Settings

BPS = 1e-4
RECOVERY = (
    Recovery("CATALOGUE", "venue.market.>", "last"),
    Recovery("MARKET", "oracle.settlement.>", "all"),
    Recovery("MARKET", "oracle.price.>", "last"),
    Recovery("BOOKS", "venue.book.>", "last"),
)


def assemble(settings: Settings) -> Assembly:
    """Put the service together."""
    core = build_core(settings)
    return Assembly(
        name="scanner",
        core=core,
        settings=settings,
        recovery=RECOVERY,
        imagine=core.imagine,
        figures=_figures(core),
        measure=Measure(core),
        not_ready=_not_ready(core, settings),
    )


def build_core(settings: Settings) -> EdgeScanner:
    """Make the core alone, as the service, the replay and the tape player need it."""
    models = {symbol: _model(settings, symbol) for symbol in _symbols(settings)}
    return EdgeScanner(_limits(settings), models, settings.settlement_feed, settings.strategies)


def _symbols(settings: Settings) -> tuple[Symbol, ...]:
    return tuple(parse_symbol(symbol, "SYMBOLS") for symbol in settings.symbols)


def _limits(settings: Settings) -> Limits:
    return Limits(
        net_edge_min=settings.min_edge_pct / 100,
        safety_margin=settings.safety_margin,
        credible_edge_max=settings.max_credible_edge,
        price_age_ms_max=settings.price_age_ms_max,
        book_age_ms_max=settings.book_age_ms_max,
        settlement_age_ms_max=settings.settlement_age_ms_max,
        no_trade_before_close_s=settings.no_trade_before_close_s,
        opportunity_interval_ms=settings.opportunity_interval_ms,
        opportunity_valid_ms=settings.opportunity_valid_ms,
    )


def _model(settings: Settings, symbol: Symbol) -> ModelSettings:
    return ModelSettings(
        volatility=VolatilitySettings(
            prior_annual=settings.prior_annual(symbol),
            prior_observations=settings.sigma_prior_observations,
            floor_annual=settings.sigma_floor_annual,
            error_min=settings.sigma_error_min,
            horizon_s=settings.sigma_horizon_s,
            memory_s=settings.sigma_memory_s,
        ),
        basis=BasisSettings(
            memory_s=settings.basis_memory_s,
            deviation_prior=settings.basis_deviation_prior_bps * BPS,
            deviation_prior_observations=settings.basis_deviation_prior_observations,
            ratio_deviation_max=settings.basis_max_bps * BPS,
        ),
        sigma_spread=settings.sigma_spread,
    )


def _figures(core: EdgeScanner) -> Callable[[Instant], dict[str, str]]:
    def figures(now: Instant) -> dict[str, str]:
        sigmas = {f"sigma_{s}": f"{u.volatility.annual:.3f}" for s, u in core.valuer.underlyings.items()}
        refusals = {f"refused_{reason}": str(count) for reason, count in sorted(core.refusals.items())}
        return {"markets_running": str(core.markets.running(now)), "valued": str(core.valued), **sigmas, **refusals}

    return figures


def _not_ready(core: EdgeScanner, settings: Settings) -> Callable[[Instant], str]:
    def not_ready(now: Instant) -> str:
        missing = [name for symbol in core.valuer.underlyings for name in _missing(core, settings, symbol, now)]
        if not len(core.markets):
            missing.append("no market is known")
        return "; ".join(missing)

    return not_ready


def _missing(core: EdgeScanner, settings: Settings, symbol: Symbol, now: Instant) -> list[str]:
    underlying, missing = core.valuer.underlyings[symbol], []
    price, settled_at = underlying.price, underlying.settled_at
    if price is None or now - price.received_at > settings.price_age_ms_max * MILLISECOND:
        missing.append(_silent(f"{symbol} price", price.received_at if price else None, now))
    if settled_at is None or now - settled_at > settings.settlement_age_ms_max * MILLISECOND:
        missing.append(_silent(f"{symbol} settling feed", settled_at, now))
    return missing


def _silent(what: str, heard_at: Instant | None, now: Instant) -> str:
    return f"no {what} yet" if heard_at is None else f"{what} is {(now - heard_at) // SECOND} s old"
