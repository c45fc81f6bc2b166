"""How far the venue and the record may differ before it means something. Units are in the names."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """What reconciliation lets pass. Times are of the snapshots' own."""

    interval_ms: int = 10_000
    """How often the venue is asked for everything."""
    intervals_missed_max: int = 3
    """No order leaves when the last complete snapshot is older than so many intervals."""
    grace_s: int = 5
    """How long a word of the venue may be on its way before its absence means anything."""
    wallet_grace_s: int = 20
    """How long after a match is final the wallet may not show it yet."""
    gap_s: int = 5
    """A difference counts when two snapshots so far apart show it, and nothing happened between them."""
    patience_s: int = 60
    """It counts too when it lasts so long, whatever happens meanwhile."""
    payout_patience_s: int = 900
    """How long the shares of a market that is over may be gone before we know who won, or the dollars are there."""
    dust_shares: Decimal = Decimal("0.01")
    usd_max: Decimal = Decimal(1)
    """Beyond so many dollars, shares times price, it is a discrepancy."""
    usd_halt: Decimal = Decimal(5)
    """Beyond so many dollars it stops trading."""
    price_max: Decimal = Decimal("0.05")
    """Dollars a share."""
    fee_per_share_max: Decimal = Decimal("0.07")
    """Dollars a share that a match may have cost beside its price, where only the venue has told of it."""
    incomplete_warn_count: int = 3
    incomplete_reduce_count: int = 6
    """Incomplete snapshots in a row that are worth a word, and that stop buying."""
    redemption_patience_s: int = 300
    """How long after its settlement a market may wait for the venue to pay it out by itself."""
    redemption_retry_s: int = 600
    redemption_tries_max: int = 5
    cancel_retry_s: int = 10
    """How long until the cancel of an order that nobody here placed is asked for again."""
    repeat_s: int = 3600
    """How often an answer that has not changed is said again."""
