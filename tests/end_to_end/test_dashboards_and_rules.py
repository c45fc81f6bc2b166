"""What people look at: that the dashboards are as the code makes them, ask for what exists, and that each rule fires."""

import re
import shutil
import subprocess

import pytest

from boards.all import dashboards
from console.metrics_document import metrics_markdown
from end_to_end.dashboards import DASHBOARDS, ROOT, panels, promql, sql
from end_to_end.deployment import docker

RULES = ROOT / "deploy/prometheus/rules.yml"
RULES_TEST = ROOT / "deploy/prometheus/rules_test.yml"
PROMETHEUS = re.search(r"image: (prom/prometheus:\S+)", (ROOT / "compose.yaml").read_text())[1]


def test_the_dashboards_are_as_the_code_makes_them():
    committed = {path.name: path.read_text() for path in DASHBOARDS}

    assert committed == dashboards(), "run `make dashboards`"


def test_dashboards_and_rules_name_only_metrics_that_are_documented():
    known = set(re.findall(r"`(pm_arb_\w+)`", metrics_markdown()))
    named = set(re.findall(r"\bpm_arb_\w+", "\n".join(promql()) + RULES.read_text()))

    assert {name for name in named if not {name, re.sub(r"_(bucket|sum|count)$", "", name)} & known} == set()
    assert len(named) > 60


def test_dashboards_and_rules_name_only_labels_that_their_metrics_have():
    rows = re.findall(r"^\| `(pm_arb_\w+)` \| \w+ \| ([^|]*) \|", metrics_markdown(), re.MULTILINE)
    labels = {name: {label.strip() for label in text.split(",") if label.strip()} for name, text in rows}
    always = {"job", "instance", "le"}
    wrong = []
    for query in [*promql(), *re.findall(r"^\s+expr: (.+)$", RULES.read_text(), re.MULTILINE)]:
        asked = re.findall(r"\b(pm_arb_\w+?)(?:_bucket|_sum|_count)?\b(?:{([^}]*)})?", query)
        known = set().union(*(labels.get(name, set()) for name, _ in asked), always)
        for name, matched in asked:
            found = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matched))
            wrong += [(query, label) for label in found - labels.get(name, set()) - always]
        for grouped in re.findall(r"\b(?:by|on) \(([^)]*)\)", query) if asked else ():
            wrong += [(query, label) for label in {each.strip() for each in grouped.split(",")} - known - {""}]

    assert wrong == []
    assert sum(map(len, labels.values())) > 60


def test_every_panel_says_where_it_asks_and_has_a_title_of_its_own_on_its_dashboard():
    provisioned = "".join(path.read_text() for path in (ROOT / "deploy/grafana/provisioning/datasources").iterdir())
    assert {panel["datasource"]["uid"] for panel in panels()} == set(re.findall(r"uid: (\w+)", provisioned))
    for text in dashboards().values():
        titles = re.findall(r'"title": "([^"]+)"', text)
        assert len(titles) == len(set(titles)), sorted(titles)
    assert all(query.startswith("SELECT") for _, query in sql())


def test_every_rule_has_a_test_that_trips_it_and_one_that_does_not():
    tests = RULES_TEST.read_text()

    for name in re.findall(r"- alert: (\w+)", RULES.read_text()):
        assert re.search(rf"- {{alertname: {name}, eval_time: \w+, exp_alerts: \[\]}}", tests), name
        assert re.search(rf"- alertname: {name}\n\s+eval_time: \w+\n\s+exp_alerts:\n\s+- exp_labels", tests), name


@pytest.mark.containers
def test_promtool_finds_each_rule_to_fire_when_it_should_and_not_before():
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no Docker engine answers")
    mounted = ("--volume", f"{RULES.parent}:/rules:ro", "--entrypoint", "promtool", PROMETHEUS)

    said = docker("run", "--rm", "--network", "none", *mounted, "test", "rules", "/rules/rules_test.yml")

    assert "SUCCESS" in said
