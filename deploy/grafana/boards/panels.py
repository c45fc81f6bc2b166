"""The few kinds of panel that the dashboards are made of, alike in size, colour and where they ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog import builder as cog
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model

PROMETHEUS = model.DataSourceRef(type_val="prometheus", uid="prometheus")
LEDGER = model.DataSourceRef(type_val="grafana-postgresql-datasource", uid="ledger")
WIDTH = 24
HEIGHT = 8
HEIGHT_OF_A_NUMBER = 4
QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
GREEN, YELLOW, RED = "green", "yellow", "red"

PanelT = TypeVar("PanelT")


class Ask(NamedTuple):
    """A question to Prometheus, and how its answers are named."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class SqlQuery(variants.Dataquery):
    """A question to the ledger's tables; the SDK knows no query of that data source."""

    sql: str
    form: str = "table"

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": LEDGER, "editorMode": "code", "format": self.form, "rawQuery": True, "rawSql": self.sql,
            "refId": "A",
        }  # fmt: skip


@dataclass(frozen=True)
class Sql(cog.Builder[SqlQuery]):
    """Builds a question to the ledger's tables."""

    sql: str
    form: str = "table"

    def build(self) -> SqlQuery:
        return SqlQuery(" ".join(self.sql.split()), self.form)


def board(title: str, description: str, *, since: str = "now-3h") -> dashboard.Dashboard:
    """Begin a dashboard with links to the others."""
    others = dashboard.DashboardLink("Dashboards").type(model.DashboardLinkType.DASHBOARDS).tags(["pm-arb"])
    return (
        dashboard.Dashboard(f"pm-arb: {title}")
        .uid(f"pm-arb-{title.lower()}")
        .description(description)
        .tags(["pm-arb"])
        .time(since, "now")
        .refresh("5s")
        .timezone("utc")
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(others.as_dropdown(True).keep_time(True))
    )


def section(found: dashboard.Dashboard, title: str, *panels: cog.Builder[model.Panel]) -> dashboard.Dashboard:
    """Add a row of that title with panels under it."""
    found = found.with_row(dashboard.Row(title))
    for panel in panels:
        found = found.with_panel(panel)
    return found


def lines(
    title: str, unit: str, *asks: Ask | Sql, width: int = 12, says: str = "", stacked: bool = False
) -> timeseries.Panel:
    """Draw how something changed."""
    panel = timeseries.Panel().line_width(1).fill_opacity(8).show_points(common_model.VisibilityMode.AUTO)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(common_model.StackingMode.NORMAL)).fill_opacity(40)
    legend = common.VizLegendOptions().show_legend(True).placement(common_model.LegendPlacement.BOTTOM)
    panel = panel.legend(legend.display_mode(common_model.LegendDisplayMode.LIST)).unit(unit)
    tooltip = common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI)
    return _filled(panel.tooltip(tooltip), title, asks, size=(width, HEIGHT), says=says)


def quantiles(title: str, histogram: str, matching: str = "", *, width: int = 12, says: str = "") -> timeseries.Panel:
    """Draw the quantiles of a histogram of seconds."""
    rate = f"sum by (le) (rate({histogram}_bucket{{{matching}}}[$__rate_interval]))"
    asks = [Ask(f"histogram_quantile({quantile}, {rate})", name) for name, quantile in QUANTILES]
    return lines(title, "s", *asks, width=width, says=says)


def number(
    title: str, unit: str, ask: Ask, *, width: int = 4, says: str = "", steps: Mapping[float, str] | None = None,
    words: Mapping[str, tuple[str, str]] | None = None, shows_name: bool = False,
) -> stat.Panel:  # fmt: skip
    """Show one number, coloured from each step on, or in words."""
    panel = stat.Panel().unit(unit).reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel = panel.color_mode(
        common_model.BigValueColorMode.BACKGROUND if steps else common_model.BigValueColorMode.VALUE
    )
    panel = panel.graph_mode(common_model.BigValueGraphMode.AREA if not words else common_model.BigValueGraphMode.NONE)
    panel = panel.thresholds(thresholds(steps or {}))
    if words:
        panel = panel.mappings([_words(words)])
    if shows_name:
        panel = panel.text_mode(common_model.BigValueTextMode.NAME)
    return _filled(panel, title, [ask], size=(width, HEIGHT_OF_A_NUMBER), says=says)


def bars(
    title: str, unit: str, ask: Ask, steps: Mapping[float, str], *, width: int = 12, says: str = ""
) -> bargauge.Panel:
    """Show how full each of some things is."""
    panel = bargauge.Panel().unit(unit).min(0).max(1).thresholds(thresholds(steps))
    panel = panel.orientation(common_model.VizOrientation.HORIZONTAL).show_unfilled(True)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return _filled(panel, title, [ask], size=(width, HEIGHT), says=says)


def states(
    title: str, ask: Ask, words: Mapping[str, tuple[str, str]], *, width: int = 12, says: str = ""
) -> statetimeline.Panel:
    """Show which state something was in over time."""
    panel = statetimeline.Panel().mappings([_words(words)]).merge_values(True)
    panel = panel.show_value(common_model.VisibilityMode.NEVER)
    return _filled(panel, title, [ask], size=(width, HEIGHT), says=says)


def rows(title: str, question: Sql, *, width: int = WIDTH, height: int = 10, says: str = "") -> table.Panel:
    """Show rows of the ledger's tables."""
    return _filled(table.Panel().filterable(True), title, [question], size=(width, height), says=says)


def thresholds(steps: Mapping[float, str]) -> dashboard.ThresholdsConfig:
    """Colour by the value: green below the first step."""
    first = [model.Threshold(value=None, color=GREEN)]
    further = [model.Threshold(value=value, color=color) for value, color in steps.items()]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(first + further)


def _words(words: Mapping[str, tuple[str, str]]) -> model.ValueMap:
    results = {value: model.ValueMappingResult(text=text, color=color) for value, (text, color) in words.items()}
    return model.ValueMap(options=results)


def _filled(panel: PanelT, title: str, asks: Sequence[Ask | Sql], *, size: tuple[int, int], says: str) -> PanelT:
    """Give a panel what all have. The builders share these methods and no type that says so."""
    builder: Any = panel
    sql = isinstance(asks[0], Sql)
    builder = (
        builder.title(title).description(says).span(size[0]).height(size[1]).datasource(LEDGER if sql else PROMETHEUS)
    )
    for letter, ask in zip("ABCDEFGH", asks, strict=False):
        target = (
            ask
            if isinstance(ask, Sql)
            else prometheus.Dataquery().expr(ask.expr).legend_format(ask.legend).ref_id(letter)
        )
        builder = builder.with_target(target)
    filled: PanelT = builder
    return filled
