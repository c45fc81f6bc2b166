"""What an edge must clear, and how old a thing may be to be traded on."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers the owner chose. Edges are dollars a share; units are in the names."""

    net_edge_min: Decimal
    safety_margin: Decimal
    credible_edge_max: Decimal
    price_age_ms_max: int
    book_age_ms_max: int
    settlement_age_ms_max: int
    no_trade_before_close_s: int
    opportunity_interval_ms: int
    opportunity_valid_ms: int
