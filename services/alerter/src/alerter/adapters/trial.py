"""An alert about nothing, to see that alerts arrive."""

from alerter.core import AlertRaised
from alerter.core.alerts import Priority
from common import ids
from common.clock import Instant


def a_trial(now: Instant) -> AlertRaised:
    """Write it, as urgent as a halt, so that it makes the noise that matters."""
    return AlertRaised(
        event_id=ids.derive("alert_trial", now), kind="test", about="alerts", key="test", priority=Priority.HIGH,
        occurred_at=now, at=now, title="pm-arb: a test", uncounted=True, retry_s=None, expire_s=None,
        message="Somebody asked whether alerts arrive. This one has. Nothing else happened.",
    )  # fmt: skip
