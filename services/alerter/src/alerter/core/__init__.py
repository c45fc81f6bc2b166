"""What deserves an alert, in which words and how loudly, decided without a clock or a network."""

from alerter.core.alerts import AlertOutcome, AlertRaised, AlertSuppressed
from alerter.core.desk import AlertDesk
from alerter.core.limits import DeskLimits

__all__ = ["AlertDesk", "AlertOutcome", "AlertRaised", "AlertSuppressed", "DeskLimits"]
