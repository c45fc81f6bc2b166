"""Every limit with what is used of it, and every order that was refused, with the rule."""

from grafana_foundation_sdk.builders import dashboard

from boards import panels
from boards.panels import RED, YELLOW, Ask, Sql

DENIALS = """
SELECT decided_at, rule, detail, slug, outcome, strategy FROM decisions
WHERE result = 'denied' AND $__timeFilter(decided_at) ORDER BY sequence DESC LIMIT 300
"""
DENIALS_BY_RULE = """
SELECT rule, count(*) AS denials, max(decided_at) AS last_at FROM decisions
WHERE result = 'denied' AND $__timeFilter(decided_at) GROUP BY rule ORDER BY denials DESC
"""
STEPS = {0.7: YELLOW, 0.95: RED}


def board() -> dashboard.Dashboard:
    """Lay out the dashboard."""
    return _agreement(_denials(_limits(panels.board("Risk", "What is used of every limit, and what was refused."))))


def _limits(found: dashboard.Dashboard) -> dashboard.Dashboard:
    used = "pm_arb_limit_used_usd / (pm_arb_limit_max_usd > 0)"
    return panels.section(
        found,
        "Limits",
        panels.bars("Used now", "percentunit", Ask(used, "{{limit}} {{scope}}"), STEPS),
        panels.lines("Used", "percentunit", Ask(used, "{{limit}} {{scope}}")),
        panels.lines("In dollars: used", "currencyUSD", Ask("pm_arb_limit_used_usd", "{{limit}} {{scope}}")),
        panels.lines("In dollars: allowed", "currencyUSD", Ask("pm_arb_limit_max_usd", "{{limit}} {{scope}}")),
        panels.lines(
            "Orders open",
            "none",
            Ask("pm_arb_limit_used_orders", "{{limit}}, used"),
            Ask("pm_arb_limit_max_orders", "{{limit}}, allowed"),
        ),
        panels.lines("At risk", "currencyUSD", Ask("pm_arb_exposure_usd", "{{kind}}"), Ask("pm_arb_cash_usd", "cash")),
        panels.lines("Drawdown", "percentunit", Ask("pm_arb_drawdown_ratio", "drawdown")),
        panels.states(
            "Trading state",
            Ask("pm_arb_trading_state", "{{state}}"),
            {"0": ("no", "transparent"), "1": ("yes", "blue")},
        ),
    )


def _denials(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "Refused",
        panels.lines(
            "Denials an hour",
            "none",
            Ask("sum by (rule) (increase(pm_arb_risk_denials_total[1h])) or vector(0)", "{{rule}}"),
        ),
        panels.lines(
            "Refused at the last hop, an hour",
            "none",
            Ask("sum by (rule) (increase(pm_arb_executor_refusals_total[1h])) or vector(0)", "{{rule}}"),
        ),
        panels.rows("By rule", Sql(DENIALS_BY_RULE), width=8),
        panels.rows("Denials", Sql(DENIALS), width=16),
    )


def _agreement(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "Do the books agree?",
        panels.lines(
            "Reconciliations",
            "none",
            Ask("sum by (verdict, severity) (pm_arb_reconciliations_total) or vector(0)", "{{verdict}} {{severity}}"),
        ),
        panels.lines(
            "Found by the last one",
            "none",
            Ask("pm_arb_reconciliation_discrepancies or vector(0)", "{{kind}}"),
        ),
        panels.lines(
            "Positions, by risk and by the executor",
            "none",
            Ask("pm_arb_positions_open", "risk"),
            Ask("pm_arb_executor_positions_open", "executor"),
        ),
        panels.lines(
            "In doubt",
            "none",
            Ask("pm_arb_executor_orders_in_doubt", "orders"),
            Ask("sum by (reason) (pm_arb_executor_ignored) or vector(0)", "ignored: {{reason}}"),
        ),
    )
