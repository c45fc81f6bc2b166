"""What comes in: prices, settling values, books and markets, how old and how late."""

from grafana_foundation_sdk.builders import dashboard, timeseries

from boards import panels
from boards.panels import Ask

HEARD = 'pm_arb_inputs_total{service="scanner", type=~".+_(updated|observed)"}'


def board() -> dashboard.Dashboard:
    """Lay out the dashboard."""
    return _model(_venue(_prices(panels.board("Feeds", "What comes in, how old and how late.", since="now-1h"))))


def _prices(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "Prices",
        panels.lines(
            "Age of the exchanges' prices",
            "s",
            Ask('pm_arb_feed_age_seconds{topic="trades"}', "{{source}} {{symbol}}"),
        ),
        panels.lines(
            "Age of the settling values",
            "s",
            Ask('pm_arb_feed_age_seconds{topic!="trades"}', "{{topic}} {{symbol}}"),
        ),
        panels.lines(
            "On the way from the exchange",
            "s",
            Ask("pm_arb_feed_lag_seconds", "{{source}} {{symbol}}"),
            says="By the exchange's clock and ours.",
        ),
        *_connections(),
    )


def _connections() -> tuple[timeseries.Panel, ...]:
    """Show what the connections to the exchanges and the venue bring, and how often they are given up or refused."""
    return (
        panels.lines(
            "Frames a second",
            "none",
            Ask("sum by (source) (rate(pm_arb_feed_frames_total[$__rate_interval]))", "{{source}}"),
        ),
        panels.lines(
            "Connections given up, an hour",
            "none",
            Ask("sum by (source, why) (increase(pm_arb_feed_redials_total[1h])) or vector(0)", "{{source}} {{why}}"),
            Ask("sum by (why) (increase(pm_arb_venue_redials_total[1h])) or vector(0)", "venue {{why}}"),
        ),
        panels.lines(
            "Refused, an hour",
            "none",
            Ask(
                "sum by (source, code) (increase(pm_arb_frames_refused_total[1h])) or vector(0)",
                "{{source}} {{code}}",
            ),
            Ask(
                "sum by (reason) (increase(pm_arb_oracle_inputs_refused_total[1h])) or vector(0)",
                "oracle {{reason}}",
            ),
            Ask(
                "sum by (source, code) (increase(pm_arb_venue_refused_total[1h])) or vector(0)",
                "venue {{source}} {{code}}",
            ),
        ),
    )


def _venue(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "The venue",
        panels.lines("Age of the worst book", "s", Ask("pm_arb_book_age_seconds", "{{symbol}}")),
        panels.lines(
            "On the way from the venue",
            "s",
            Ask("pm_arb_book_lag_seconds", "{{symbol}}"),
            says="By the venue's clock and ours.",
        ),
        panels.lines(
            "Books and markets",
            "none",
            Ask("pm_arb_venue_books", "books {{symbol}}"),
            Ask("pm_arb_venue_markets", "markets {{state}}"),
        ),
        panels.lines(
            "Frames and resyncs",
            "none",
            Ask("rate(pm_arb_venue_frames_total[$__rate_interval])", "frames a second"),
            Ask("sum by (reason) (increase(pm_arb_venue_book_resyncs_total[1m]))", "resyncs a minute, {{reason}}"),
        ),
        panels.lines(
            "Requests a minute",
            "none",
            Ask(
                "sum by (what, result) (rate(pm_arb_venue_requests_total[$__rate_interval])) * 60",
                "{{what}} {{result}}",
            ),
        ),
        panels.lines("Catalogue read", "s", Ask("pm_arb_venue_catalogue_age_seconds", "ago")),
    )


def _model(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "What the model makes of it",
        panels.lines("Volatility, a year", "percentunit", Ask("pm_arb_scanner_volatility_ratio", "{{symbol}}")),
        panels.lines("Basis", "percentunit", Ask("pm_arb_scanner_basis_ratio - 1", "{{symbol}}")),
        panels.lines(
            "Edges refused a minute",
            "none",
            Ask("sum by (reason) (rate(pm_arb_scanner_edges_refused_total[$__rate_interval])) * 60", "{{reason}}"),
        ),
        panels.lines(
            "Heard by the scanner a second",
            "none",
            Ask(
                f"sum by (type) (rate({HEARD}[$__rate_interval]))",
                "{{type}}",
            ),
        ),
    )
