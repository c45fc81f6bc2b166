"""Why there is no trade in a market, by name. The names are what is counted, and what people read."""

from enum import StrEnum


class Refusal(StrEnum):
    """A reason, and in `explain` what it means."""

    NONE = ""
    NO_EDGE = "no_edge"
    NO_OFFER = "no_offer"
    RULE_UNKNOWN = "rule_unknown"
    FEE_UNKNOWN = "fee_unknown"
    UNTRADABLE = "untradable"
    NOT_ACCEPTING = "not_accepting"
    NOT_STARTED = "not_started"
    NEAR_CLOSE = "near_close"
    STRIKE_UNKNOWN = "strike_unknown"
    WINDOW_UNKNOWN = "window_unknown"
    STALE_PRICE = "stale_price"
    STALE_BOOK = "stale_book"
    STALE_SETTLEMENT_FEED = "stale_settlement_feed"
    EDGE_NOT_CREDIBLE = "edge_not_credible"
    BELOW_THRESHOLD_AFTER_FEE = "below_threshold_after_fee"
    INSIDE_UNCERTAINTY = "inside_uncertainty"
    TOO_THIN = "too_thin"
    COOLDOWN = "cooldown"


NOT_AN_EDGE = frozenset({Refusal.NONE, Refusal.NO_EDGE, Refusal.NO_OFFER})
"""Nothing was refused: there was nothing to take. These are not counted."""

MEANINGS = {
    Refusal.NO_EDGE: "neither outcome is offered below its fair value",
    Refusal.NO_OFFER: "nobody offers either outcome",
    Refusal.RULE_UNKNOWN: "how the market settles was not understood, or by a feed that is not followed",
    Refusal.FEE_UNKNOWN: "the market's fee could not be read",
    Refusal.UNTRADABLE: "the venue service calls the market untradable",
    Refusal.NOT_ACCEPTING: "the venue takes no orders in the market",
    Refusal.NOT_STARTED: "the market has not begun, so there is nothing to compare its end with",
    Refusal.NEAR_CLOSE: "the market ends too soon for an order to arrive",
    Refusal.STRIKE_UNKNOWN: "the settling feed's value at the market's start was not heard",
    Refusal.WINDOW_UNKNOWN: "the settling average began before the record of its prices",
    Refusal.STALE_PRICE: "the trading price is too old, or there is none",
    Refusal.STALE_BOOK: "there seems to be an edge, on a book that is too old",
    Refusal.STALE_SETTLEMENT_FEED: "the settling feed has been silent for too long",
    Refusal.EDGE_NOT_CREDIBLE: "the edge is too large to be true",
    Refusal.BELOW_THRESHOLD_AFTER_FEE: "there is an edge, but less than the threshold after the fee",
    Refusal.INSIDE_UNCERTAINTY: "what is left after the fee is less than the margin and the threshold",
    Refusal.TOO_THIN: "fewer shares clear the threshold than the venue's smallest order",
    Refusal.COOLDOWN: "the same market was proposed a moment ago",
}
