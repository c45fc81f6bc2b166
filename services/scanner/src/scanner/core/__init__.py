"""Is there an edge after every cost? A pure answer from prices, settling values, markets and books."""

from scanner.core.basis import BasisSettings
from scanner.core.limits import Limits
from scanner.core.refusals import MEANINGS, Refusal
from scanner.core.scanner import EdgeScanner
from scanner.core.strategies import STRATEGIES
from scanner.core.underlying import ModelSettings
from scanner.core.volatility import VolatilitySettings

__all__ = [
    "MEANINGS",
    "STRATEGIES",
    "BasisSettings",
    "EdgeScanner",
    "Limits",
    "ModelSettings",
    "Refusal",
    "VolatilitySettings",
]
