"""The machinery: processes, the bus, the database, and those who are told."""

from grafana_foundation_sdk.builders import dashboard

from boards import panels
from boards.panels import GREEN, RED, YELLOW, Ask, Sql

ASIDE = "SELECT sequence, subject, type, error FROM refused ORDER BY sequence DESC LIMIT 100"


def board() -> dashboard.Dashboard:
    """Lay out the dashboard."""
    found = panels.board("System", "Processes, the bus, the database, and those who are told.", since="now-1h")
    return _told(_database(_bus(_processes(found))))


def _processes(found: dashboard.Dashboard) -> dashboard.Dashboard:
    yes_no = {"0": ("no", RED), "1": ("yes", GREEN)}
    return panels.section(
        found,
        "Processes",
        panels.states("Ready", Ask("pm_arb_ready", "{{service}}"), yes_no),
        panels.states("Reached", Ask("up", "{{instance}}"), yes_no),
        panels.lines("Memory", "bytes", Ask('process_resident_memory_bytes{job="pm-arb"}', "{{instance}}")),
        panels.lines(
            "Processor",
            "percentunit",
            Ask('rate(process_cpu_seconds_total{job="pm-arb"}[$__rate_interval])', "{{instance}}"),
        ),
        panels.lines("Open files", "none", Ask('process_open_fds{job="pm-arb"}', "{{instance}}")),
        panels.lines("Up for", "s", Ask('time() - process_start_time_seconds{job="pm-arb"}', "{{instance}}")),
        panels.lines(
            "Market data given up, a second",
            "none",
            Ask("sum by (service, why) (rate(pm_arb_inputs_shed_total[$__rate_interval]))", "{{service}} {{why}}"),
        ),
        panels.lines(
            "Messages refused, publications tried again, an hour",
            "none",
            Ask(
                "sum by (subject, code) (increase(pm_arb_messages_refused_total[1h])) or vector(0)",
                "{{subject}} {{code}}",
            ),
            Ask("sum by (service) (increase(pm_arb_publish_retries_total[1h])) or vector(0)", "{{service}} again"),
        ),
    )


def _bus(found: dashboard.Dashboard) -> dashboard.Dashboard:
    behind = 'scalar(pm_arb_stream_last_sequence{stream="JOURNAL"}) - pm_arb_ledger_sequence'
    rates = [Ask(f"rate(pm_arb_nats_{way}_messages_total[$__rate_interval])", way) for way in ("in", "out")]
    return panels.section(
        found,
        "NATS",
        panels.lines(
            "Journal not handled yet",
            "none",
            Ask("pm_arb_consumer_waiting_messages + pm_arb_consumer_unhandled_messages", "{{consumer}}"),
            Ask(behind, "ledger's tables"),
        ),
        panels.bars(
            "Streams, of what they may take",
            "percentunit",
            Ask("pm_arb_stream_bytes / (pm_arb_stream_bytes_max > 0)", "{{stream}}"),
            {0.8: YELLOW, 0.95: RED},
        ),
        panels.lines("Messages a second", "none", *rates),
        panels.lines("Messages kept", "none", Ask("pm_arb_stream_messages", "{{stream}}")),
        panels.lines("Memory of NATS", "bytes", Ask("pm_arb_nats_memory_bytes", "memory")),
        panels.lines(
            "Connections, and those cut off",
            "none",
            Ask("pm_arb_nats_connections", "connections"),
            Ask("increase(pm_arb_nats_slow_consumers_total[1h])", "cut off an hour"),
            Ask("increase(pm_arb_nats_jetstream_errors_total[1h])", "JetStream errors an hour"),
        ),
    )


def _database(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "Postgres",
        panels.number(
            "Postgres answers", "none", Ask("pm_arb_postgres_up"), words={"0": ("no", RED), "1": ("yes", GREEN)}
        ),
        panels.number("Database", "bytes", Ask("pm_arb_postgres_database_bytes")),
        panels.number("Oldest transaction", "s", Ask("pm_arb_postgres_oldest_transaction_seconds"), steps={30: RED}),
        panels.lines("Connections", "none", Ask("pm_arb_postgres_connections", "{{state}}")),
        panels.lines(
            "Transactions a second",
            "none",
            Ask("rate(pm_arb_postgres_transactions_total[$__rate_interval])", "{{end}}"),
        ),
        panels.lines(
            "Events a second into the tables",
            "none",
            Ask("sum by (result) (rate(pm_arb_ledger_events_total[$__rate_interval]))", "{{result}}"),
        ),
        panels.rows(
            "Events set aside", Sql(ASIDE), width=24, height=6, says="What could not be written down, and why."
        ),
    )


def _told(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "Alerts to people",
        panels.lines(
            "What became of them",
            "none",
            Ask("sum by (priority, result) (pm_arb_alerts_total)", "{{priority}} {{result}}"),
        ),
        panels.lines(
            "Waiting, and tries that failed",
            "none",
            Ask("pm_arb_alerts_queued", "waiting"),
            Ask(
                "sum by (channel, code) (increase(pm_arb_alert_errors_total[1h])) or vector(0)",
                "{{channel}} {{code}}",
            ),
        ),
    )
