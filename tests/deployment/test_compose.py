"""What compose.yaml says of the worlds that it runs the system in."""

import json

import pytest

from common.contracts.subjects import SERVICES
from deployment.manifests import PROFILES, ROOT, compose, composed

WALLET = "POLYMARKET"
CONFINED = {
    "read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "restart": "unless-stopped",
}  # fmt: skip


def test_the_wallet_is_given_to_one_container_of_one_profile():
    knowing = {name for name, block in compose()["services"].items() if WALLET in json.dumps(block)}
    mounting = {name for name, block in compose()["services"].items() if "/wallet" in json.dumps(block)}

    assert knowing == mounting == {"executor-live"}
    assert compose()["services"]["executor-live"]["profiles"] == ["live"]


def test_it_trades_live_only_on_three_more_words_of_the_owner():
    told = compose()["services"]["executor-live"]["environment"]

    assert told["PAPER_TRADING"] == "false"
    assert told["DRY_RUN"] == "${DRY_RUN:-true}"
    assert told["LIVE_CONFIRMATION"] is None, "passed on from .env, where it is not unless the owner writes it"


@pytest.mark.parametrize("overlay", ["paper", "sim"])
def test_everywhere_else_the_executor_is_on_paper_and_reaches_nothing_but_the_bus(overlay):
    executor = composed(overlay)["executor"]

    assert executor["environment"]["PAPER_TRADING"] == "true"
    assert executor["networks"] == ["bus"]


@pytest.mark.parametrize("overlay", PROFILES)
def test_every_container_is_confined_in_every_world(overlay):
    for name, block in composed(overlay).items():
        assert {key: block[key] for key in CONFINED} == CONFINED, name
        assert all(block[limit] > 0 for limit in ("cpus", "pids_limit")), name
        assert block["mem_limit"], name
        assert all(port.startswith("127.0.0.1:") for port in block.get("ports", [])), name


def test_what_is_traded_on_is_public_data_unless_the_owner_says_otherwise():
    assert set(composed("paper")) - set(composed("sim")) == set()
    assert set(composed("sim")) - set(composed("paper")) == {"simulator"}
    for name in ("oracle", "venue", "alerter"):
        assert "simulator" not in json.dumps(composed("paper")[name])


@pytest.mark.parametrize("overlay", PROFILES)
@pytest.mark.parametrize("name", ["scanner", "risk"])
def test_scanner_and_risk_meet_the_bus_and_what_measures_them_each_on_a_network_of_its_own(overlay, name):
    blocks = composed(overlay)

    assert blocks[name]["networks"] == [name]
    assert {other for other, block in blocks.items() if name in block["networks"]} == {name, "nats", "prometheus"}
    assert compose()["networks"][name] == {"internal": True}


def test_prometheus_answers_on_the_operators_network_alone():
    block = compose()["services"]["prometheus"]
    at = [option.split("=")[1] for option in block["command"] if option.startswith("--web.listen-address=")]

    assert at == ["prometheus.operator:9090"]
    assert block["networks"] == {
        "bus": None, "scanner": None, "risk": None, "operator": {"aliases": ["prometheus.operator"]},
    }  # fmt: skip
    on_it = {name for name, each in compose()["services"].items() if "operator" in each["networks"]}
    assert on_it == {"nats", "postgres", "prometheus", "grafana", "jaeger"}


@pytest.mark.parametrize("overlay", PROFILES)
def test_a_service_is_started_when_what_it_stands_on_is_healthy_and_every_container_says_whether_it_is(overlay):
    blocks = composed(overlay)
    healthy = {"condition": "service_healthy"}

    for name in SERVICES:
        needed = {"nats", "bootstrap"} | ({"postgres"} if name == "ledger" else set())
        needed |= {"simulator"} if "world" in blocks[name]["networks"] else set()
        assert blocks[name]["depends_on"] == dict.fromkeys(needed, healthy), name
    assert blocks["bootstrap"]["depends_on"] == {"nats": healthy}
    own = set(SERVICES) | {"simulator"}
    assert {name for name, block in blocks.items() if "healthcheck" not in block} <= own, "whose image says how"
    assert "HEALTHCHECK" in (ROOT / "deploy/Dockerfile").read_text()
