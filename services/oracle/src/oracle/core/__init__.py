"""The oracle's judgement, free of clock, I/O and framework."""

from oracle.core.inputs import SettlementTick, SourceTick
from oracle.core.limits import OracleLimits
from oracle.core.oracle import SETTLEMENT_FEED, PriceOracle

__all__ = ["SETTLEMENT_FEED", "OracleLimits", "PriceOracle", "SettlementTick", "SourceTick"]
