"""How long everything takes, a hop at a time."""

from grafana_foundation_sdk.builders import dashboard

from boards import panels
from boards.panels import Ask

HOPS = (
    ("Exchange's frame to price", "oracle", "price_updated"),
    ("Venue's frame to book", "venue", "book_updated"),
    ("Frame to opportunity", "scanner", "opportunity_found"),
    ("Frame to approval, on the disk", "risk", "order_approved"),
    ("Frame to order sent", "executor", "order_submitted"),
)


def board() -> dashboard.Dashboard:
    """Lay out the dashboard."""
    found = panels.board(
        "Latency", "From the frame coming in to each step, and what may be in the way.", since="now-1h"
    )
    hops = [
        panels.quantiles(title, "pm_arb_hop_seconds", f'service="{service}", outcome="{outcome}"', width=8)
        for title, service, outcome in HOPS
    ]
    fill = panels.quantiles("Approval to fill", "pm_arb_fill_latency_seconds", width=8)
    return _in_the_way(panels.section(found, "From the frame", *hops, fill))


def _in_the_way(found: dashboard.Dashboard) -> dashboard.Dashboard:
    p99 = "histogram_quantile(0.99, sum by (le, service) (rate({}_bucket[$__rate_interval])))"
    return panels.section(
        found,
        "What may be in the way",
        panels.lines("One input, p99", "s", Ask(p99.format("pm_arb_decide_seconds"), "{{service}}")),
        panels.lines(
            "Event loop late, p99",
            "s",
            Ask(p99.format("pm_arb_event_loop_lag_seconds"), "{{service}}"),
            says="What every message waits before anything is done with it.",
        ),
        panels.lines("Inputs waiting", "none", Ask("pm_arb_inbox_waiting", "{{service}}")),
        panels.quantiles("One batch into Postgres", "pm_arb_ledger_store_seconds"),
        panels.quantiles("Event to alert delivered", "pm_arb_alert_latency_seconds"),
        panels.lines(
            "Journal not handled yet",
            "none",
            Ask("pm_arb_consumer_waiting_messages + pm_arb_consumer_unhandled_messages", "{{consumer}}"),
        ),
    )
