"""What was seen, decided, ordered, filled and earned."""

from grafana_foundation_sdk.builders import dashboard

from boards import panels
from boards.panels import Ask, Sql

TRADES = """
SELECT created_at, slug, side, outcome, status, round(max_price, 4) AS limit_price, round(fill_price, 4) AS fill_price,
    round(quantity, 2) AS shares, round(filled_amount, 2) AS dollars, round(fee, 4) AS fee, round(pnl, 2) AS pnl,
    round(expected_edge, 4) AS expected_edge, strategy, mode, error_message, trade_id
FROM trades WHERE $__timeFilter(created_at) ORDER BY id DESC LIMIT 500
"""
BY_ASSET = """
SELECT o.symbol, count(DISTINCT t.trade_id) AS trades, count(*) FILTER (WHERE t.pnl > 0) AS won,
    count(*) FILTER (WHERE t.pnl <= 0) AS lost, round(sum(t.filled_amount), 2) AS traded_usd,
    round(sum(t.fee), 4) AS fees_usd, round(COALESCE(sum(t.pnl), 0), 2) AS pnl_usd
FROM trades AS t JOIN orders AS o ON o.order_id = t.trade_id
WHERE $__timeFilter(t.created_at) GROUP BY o.symbol ORDER BY o.symbol
"""
POSITIONS = """
SELECT slug, mode, round(up_shares, 2) AS up_shares, round(down_shares, 2) AS down_shares, round(cost, 2) AS cost_usd,
    round(fees, 4) AS fees_usd, status, winner, round(pnl, 2) AS pnl_usd, opened_at, settled_at
FROM positions WHERE $__timeFilter(opened_at) ORDER BY opened_at DESC LIMIT 200
"""


def board() -> dashboard.Dashboard:
    """Lay out the dashboard."""
    return _rows(_fills(_orders(panels.board("Trading", "What was seen, decided, ordered, filled and earned."))))


def _orders(found: dashboard.Dashboard) -> dashboard.Dashboard:
    a_minute = "sum by ({}) (rate({}[$__rate_interval])) * 60"
    return panels.section(
        found,
        "From edge to order",
        panels.lines(
            "Opportunities a minute",
            "none",
            Ask(a_minute.format("symbol, strategy", "pm_arb_opportunities_total"), "{{symbol}} {{strategy}}"),
        ),
        panels.lines(
            "Decisions a minute", "none", Ask(a_minute.format("result", "pm_arb_decisions_total"), "{{result}}")
        ),
        panels.lines(
            "Orders a minute, by state", "none", Ask(a_minute.format("state", "pm_arb_orders_total"), "{{state}}")
        ),
        panels.lines(
            "Open",
            "none",
            Ask("sum by (state) (pm_arb_executor_orders_open)", "orders {{state}}"),
            Ask("pm_arb_executor_positions_open", "positions"),
            Ask("pm_arb_executor_fills_provisional", "fills not final"),
        ),
    )


def _fills(found: dashboard.Dashboard) -> dashboard.Dashboard:
    slipped = "sum by (le) (increase(pm_arb_slippage_usd_bucket[$__range]))"
    return panels.section(
        found,
        "What became of it",
        panels.lines(
            "Fills an hour",
            "none",
            Ask("sum by (symbol, result) (increase(pm_arb_fills_total[1h]))", "{{symbol}} {{result}}"),
        ),
        panels.lines(
            "Traded an hour",
            "currencyUSD",
            Ask("sum by (symbol, side) (increase(pm_arb_traded_usd_total[1h]))", "{{symbol}} {{side}}"),
        ),
        panels.lines(
            "Slippage, dollars a share",
            "currencyUSD",
            Ask(f"histogram_quantile(0.5, {slipped})", "p50"),
            Ask(f"histogram_quantile(0.95, {slipped})", "p95"),
            says="Beyond the price that the opportunity named; below nothing it was better.",
        ),
        panels.quantiles("From approval to fill", "pm_arb_fill_latency_seconds", says="The venue's delay included."),
        panels.lines(
            "Fees, since the start", "currencyUSD", Ask("sum by (symbol) (pm_arb_fees_usd_total)", "{{symbol}}")
        ),
        panels.lines(
            "Profit and loss by asset, since the ledger's start",
            "currencyUSD",
            Ask("sum by (symbol) (pm_arb_profit_usd_total - pm_arb_loss_usd_total) or vector(0)", "{{symbol}}"),
        ),
    )


def _rows(found: dashboard.Dashboard) -> dashboard.Dashboard:
    return panels.section(
        found,
        "Trade by trade",
        panels.rows("By asset", Sql(BY_ASSET), height=6),
        panels.rows("Trades", Sql(TRADES), height=14),
        panels.rows("Positions", Sql(POSITIONS)),
    )
