"""The questions that Grafana's dashboards ask, as a test can ask them without Grafana."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
MACROS = {"$__rate_interval": "1m", "$__range": "1h"}
EMPTY_WHEN_ALL_IS_WELL = ("Halts and resumes", "Events set aside", "Profit and loss by day")
"""Tables of what need not have happened yet; they must be answered all the same."""


def panels():
    """Answer every panel of every dashboard that asks something."""
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    return [panel for board in boards for panel in board["panels"] if panel.get("targets")]


def promql():
    """Answer each query to Prometheus once, with ranges in place of Grafana's variables."""
    targets = [target for panel in panels() for target in panel["targets"] if "expr" in target]
    return sorted({_replaced(target["expr"]) for target in targets})


def sql():
    """Answer each query to the ledger with its panel's title, with the last day in place of the time that is shown."""
    found = [
        (panel["title"], target["rawSql"]) for panel in panels() for target in panel["targets"] if "rawSql" in target
    ]
    return [
        (title, re.sub(r"\$__timeFilter\(([\w.]+)\)", r"\1 > now() - interval '1 day'", text)) for title, text in found
    ]


def _replaced(expression):
    for macro, value in MACROS.items():
        expression = expression.replace(macro, value)
    return expression
