"""The token buckets of each signer: one for orders, one for cancels, and what answers say of them. Pure."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

from simulator.exchange.limits.buckets import NS_PER_S, Draw, TokenBucket

TIER = "Standard"
SIGNERS_MAX = 10_000
"""Above it the signer that has not called for longest is forgotten."""


class Purpose(StrEnum):
    """What tokens are spent on."""

    ORDER = "order"
    CANCEL = "cancel"


RATES = {Purpose.ORDER: (40, 60), Purpose.CANCEL: (80, 120)}
"""Of the tier: tokens a second, and the burst."""
PURPOSES = {
    ("POST", "/order"): Purpose.ORDER,
    ("POST", "/orders"): Purpose.ORDER,
    ("DELETE", "/order"): Purpose.CANCEL,
    ("DELETE", "/orders"): Purpose.CANCEL,
    ("DELETE", "/cancel-all"): Purpose.CANCEL,
    ("DELETE", "/cancel-market-orders"): Purpose.CANCEL,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limiter says of a request."""

    draw: Draw
    now_ns: int
    enforces: bool

    @property
    def is_refused(self) -> bool:
        return self.enforces and not self.draw.is_granted

    @property
    def retry_after_s(self) -> int:
        return max(1, -(-self.draw.wait_ns // NS_PER_S))

    def headers(self) -> dict[str, str]:
        """Return what the answer carries. `Reset` is the unix second in which the wait, if any, is over."""
        told = {
            "Poly-RateLimit-Remaining": str(int(self.draw.remaining)),
            "Poly-RateLimit-Reset": str(-(-(self.now_ns + self.draw.wait_ns) // NS_PER_S)),
            "Poly-RateLimit-Tier": TIER,
        }
        return told if self.draw.is_granted or self.enforces else told | {"Poly-RateLimit-Warning": "true"}


class SignerLimits:
    """Every signer's buckets. Not enforced, they only warn, and what would have been refused costs nothing."""

    def __init__(self, *, enforces: bool) -> None:
        self._enforces = enforces
        self._buckets: OrderedDict[tuple[str, Purpose], TokenBucket] = OrderedDict()

    def spend(self, signer: str, purpose: Purpose, cost: int, now_ns: int) -> Verdict:
        """Ask for as many tokens as a request costs: one an order, one a cancel, all of them or none."""
        bucket = self._buckets.get((signer, purpose))
        if bucket is None:
            bucket = self._buckets[signer, purpose] = TokenBucket(*RATES[purpose])
        self._buckets.move_to_end((signer, purpose))
        if len(self._buckets) > SIGNERS_MAX:
            self._buckets.popitem(last=False)
        return Verdict(bucket.draw(cost, now_ns), now_ns, self._enforces)
