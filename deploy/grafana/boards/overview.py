"""How it stands, on one screen: may it trade, what is it worth, what is at risk."""

from grafana_foundation_sdk.builders import dashboard

from boards import panels
from boards.panels import GREEN, RED, YELLOW, Ask, Sql


def board() -> dashboard.Dashboard:
    """Lay out the dashboard."""
    found = panels.board("Overview", "May it trade, what is it worth, what is at risk.")
    return _money(_well(found))


def _well(found: dashboard.Dashboard) -> dashboard.Dashboard:
    halted = {"0": ("may leave", GREEN), "1": ("HALTED", RED)}
    return panels.section(
        found,
        "Is it well?",
        panels.number("Risk says", "none", Ask("pm_arb_trading_state == 1", "{{state}}"), shows_name=True),
        panels.number("Orders", "none", Ask("max(pm_arb_executor_halted)"), words=halted, steps={1: RED}),
        panels.number("Services not ready", "none", Ask('count(up{job="pm-arb"}) - sum(pm_arb_ready)'), steps={1: RED}),
        panels.number("Equity", "currencyUSD", Ask("pm_arb_equity_usd")),
        panels.number("Realised today", "currencyUSD", Ask("pm_arb_realised_today_usd"), says="From 00:00 UTC."),
        panels.number(
            "Drawdown",
            "percentunit",
            Ask("pm_arb_drawdown_ratio"),
            steps={0.1: YELLOW, 0.15: RED},
            says="Below the high-water mark; at the limit trading halts.",
        ),
        panels.lines(
            "Alerts that fire",
            "none",
            Ask('sum by (alertname) (ALERTS{alertstate="firing"}) or vector(0)', "{{alertname}}"),
        ),
        panels.lines(
            "Halts and resumes an hour",
            "none",
            Ask("sum by (change, rule) (increase(pm_arb_halts_total[1h])) or vector(0)", "{{change}} {{rule}}"),
        ),
    )


def _money(found: dashboard.Dashboard) -> dashboard.Dashboard:
    by_day = "SELECT day::timestamptz AS time, mode AS metric, pnl::float8 AS value FROM daily_pnl ORDER BY day"
    halts = "SELECT at, change, rule, reason FROM halts WHERE $__timeFilter(at) ORDER BY sequence DESC LIMIT 100"
    used = "max by (limit) (pm_arb_limit_used_usd / (pm_arb_limit_max_usd > 0))"
    return panels.section(
        found,
        "What is it worth?",
        panels.lines(
            "Equity over time",
            "currencyUSD",
            Ask("pm_arb_equity_usd", "equity"),
            Ask("pm_arb_high_water_mark_usd", "high-water mark"),
        ),
        panels.lines(
            "Profit and loss",
            "currencyUSD",
            Ask("pm_arb_realised_today_usd", "today"),
            Ask("pm_arb_realised_usd", "all time"),
        ),
        panels.lines("At risk", "currencyUSD", Ask("pm_arb_exposure_usd", "{{kind}}"), stacked=True),
        panels.bars(
            "Limits used",
            "percentunit",
            Ask(used, "{{limit}}"),
            {0.7: YELLOW, 0.95: RED},
            says="The fullest of each kind, with orders in flight.",
        ),
        panels.lines("Profit and loss by day", "currencyUSD", Sql(by_day, "time_series")),
        panels.rows("Halts and resumes", Sql(halts), width=12, height=8),
    )
