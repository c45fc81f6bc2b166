"""A paper venue with a market and a book, and shorthand for what happens there."""

from decimal import Decimal

from builders import NOON, UP, a_book, a_market, after, an_approval
from common.clock import MILLISECOND, Instant
from executor.adapters.paper import PaperRules, PaperVenue

LATENCY_MS, DELAY_MS, CONFIRM_MS = 100, 150, 2000
ARRIVES, MATCHES = LATENCY_MS, LATENCY_MS + DELAY_MS
FINAL = MATCHES + CONFIRM_MS


def ms(milliseconds):
    """So many milliseconds after noon."""
    return Instant(NOON + milliseconds * MILLISECOND)


def levels(*pairs):
    return tuple((Decimal(str(price)), Decimal(str(size))) for price, size in pairs)


def book(*asks, bids=((0.40, 100),), at=0, token=UP, **changes):
    """A book received so many milliseconds after noon."""
    return a_book(
        token_id=token, asks=levels(*asks), bids=levels(*bids), received_at=ms(at), source_at=ms(at), **changes
    )


def order(quantity=10, limit="0.50", **changes):
    """A FAK buy whose amounts fit."""
    quantity, limit = Decimal(str(quantity)), Decimal(limit)
    dollars, shares = int(limit * quantity * 10**6), int(quantity * 10**6)
    amounts = (dollars, shares) if changes.get("side", "BUY") == "BUY" else (shares, dollars)
    fields = {"quantity": quantity, "limit": limit, "maker_amount": amounts[0], "taker_amount": amounts[1]}
    return an_approval(**(fields | {"valid_until": after(10)} | changes))


def a_venue(*books, market=None, **rules):
    venue = PaperVenue(PaperRules(**({"latency_ms": LATENCY_MS, "confirm_ms": CONFIRM_MS} | rules)))
    venue.on_market(market or a_market(taker_delay_ms=DELAY_MS))
    for each in books:
        venue.on_book(each)
    return venue


def brief(reports):
    """Reports in a few words: what, when, and the figures that count."""
    return [_brief(report) for report in reports]


def _brief(report):
    at = (report.at - NOON) // MILLISECOND
    match report.type:
        case "gateway_filled":
            return f"{at} filled {report.quantity}@{report.price} fee {report.fee}"
        case "gateway_cancelled":
            return f"{at} cancelled {report.filled}: {report.reason}"
        case "gateway_completed":
            return f"{at} completed {report.filled}"
        case "gateway_rejected":
            return f"{at} rejected {report.code}: {report.detail}"
        case "gateway_cancel_declined":
            return f"{at} cancel declined: {report.reason}"
        case kind:
            return f"{at} {kind.removeprefix('gateway_').replace('_', ' ')}"
