"""What the executor counts beside what every service counts."""

from prometheus_client import Counter, Gauge

REFUSALS = Counter("pm_arb_executor_refusals_total", "Approvals that the last hop refused", ["rule"])
REPORTS = Counter("pm_arb_executor_reports_total", "What the gateway reported", ["type"])
IGNORED = Gauge(
    "pm_arb_executor_ignored", "What was told and changed nothing, or came at an odd time, by name", ["reason"]
)
HALTED = Gauge("pm_arb_executor_halted", "1 when no order may leave")
