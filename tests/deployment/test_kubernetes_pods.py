"""What holds of every pod in every overlay: confinement, probes, secrets, settings, and how pods are replaced."""

import re
import tomllib
from importlib import import_module
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import kubernetes_validate
import pytest

from common.bootstrap.__main__ import BootstrapSettings
from common.bootstrap.nats_config import BOOTSTRAP
from common.settings import ServiceSettings, load
from common.telemetry.health import HealthServer
from deployment.manifests import (
    CUSTOM,
    OLDEST,
    OVERLAYS,
    ROOT,
    SERVICES,
    compose,
    container,
    environment,
    mounted_secrets,
    of_kind,
    pods,
    rendered,
)

LEASED = {"risk", "executor"}
WALLET = "executor-wallet"
LIVE_GATEWAY = {
    "POLYMARKET_PRIVATE_KEY", "POLYMARKET_API_KEY", "POLYMARKET_SECRET", "POLYMARKET_PASSPHRASE",
    "POLYMARKET_RELAYER_API_KEY", "DRY_RUN",
}  # fmt: skip
"""What only a gateway to the real venue is told."""

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


@every_overlay
def test_every_object_is_what_the_schemas_of_kubernetes_say(overlay):
    for found in rendered(overlay):
        if found["kind"] not in CUSTOM:
            kubernetes_validate.validate(found, OLDEST, strict=True)

    assert {found["kind"] for found in rendered(overlay)} & CUSTOM == {"Cluster"}


@every_overlay
def test_everything_is_in_a_namespace_that_enforces_the_restricted_standard(overlay):
    (namespace,) = of_kind(rendered(overlay), "Namespace").values()
    labels = namespace["metadata"]["labels"]

    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {found["metadata"]["namespace"] for found in rendered(overlay) if found["kind"] != "Namespace"} == {
        namespace["metadata"]["name"]
    }


@every_overlay
def test_every_pod_is_confined(overlay):
    found = pods(overlay)

    assert set(found) == {*SERVICES, "bootstrap"} | ({"simulator"} if overlay == "sim" else set())
    for name, pod in found.items():
        of_pod, of_container = pod["spec"]["securityContext"], container(pod)["securityContext"]
        assert of_pod["runAsNonRoot"], name
        assert of_pod["runAsUser"] == of_pod["runAsGroup"] == of_pod["fsGroup"] == 10001, name
        assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert of_container == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }, name  # fmt: skip
        assert not {"hostNetwork", "hostPID", "hostIPC", "hostUsers"} & set(pod["spec"]), name
        assert all(set(volume) <= {"name", "emptyDir", "secret"} for volume in pod["spec"]["volumes"]), name
        assert all("sizeLimit" in v["emptyDir"] for v in pod["spec"]["volumes"] if "emptyDir" in v), name


@every_overlay
def test_every_pod_has_an_account_of_its_own_and_no_token(overlay):
    accounts = of_kind(rendered(overlay), "ServiceAccount")

    for name, pod in pods(overlay).items():
        assert pod["spec"]["serviceAccountName"] == name
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["enableServiceLinks"] is False
        assert accounts[name]["automountServiceAccountToken"] is False
    assert not {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"} & {o["kind"] for o in rendered(overlay)}


@every_overlay
def test_every_container_asks_for_and_is_bounded_in_processor_and_memory(overlay):
    for name, pod in pods(overlay).items():
        resources = container(pod)["resources"]
        assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}, name


@every_overlay
def test_the_image_of_every_pod_is_of_this_version_and_one_that_compose_builds(overlay):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    built = {name for name, block in compose()["services"].items() if "build" in block}

    for name, pod in pods(overlay).items():
        assert name in built
        assert container(pod)["image"] == f"pm-arb-{name}:{version}"


@every_overlay
def test_a_service_is_restarted_when_it_is_stuck_and_left_alone_when_it_cannot_do_its_job(overlay):
    for name in SERVICES:
        only = container(pods(overlay)[name])
        asked = {kind: only[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
        assert {kind: question["path"] for kind, question in asked.items()} == {
            "startup": "/live", "liveness": "/live", "readiness": "/ready",
        }  # fmt: skip
        assert {question["port"] for question in asked.values()} == {"http"}
        assert only["ports"] == [{"name": "http", "containerPort": 8000}]
        assert only["startupProbe"]["periodSeconds"] * only["startupProbe"]["failureThreshold"] >= 60


@pytest.mark.parametrize("path", ["/live", "/ready", "/metrics"])
def test_what_the_probes_and_prometheus_ask_for_is_there(path):
    server = HealthServer("127.0.0.1", 0, live=lambda: "", ready=lambda: "")
    server.start()
    try:
        with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            assert answer.status == 200
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{server.port}{path}z", timeout=5)
    finally:
        Thread(target=server.stop).start()


def test_the_port_of_the_pods_is_that_of_the_images():
    image = (ROOT / "deploy/Dockerfile").read_text()

    assert "HTTP_HOST=0.0.0.0 HTTP_PORT=8000" in image
    assert "USER 10001:10001" in image


def test_the_simulator_is_asked_what_compose_asks_it():
    only = container(pods("sim")["simulator"])

    for kind in ("startup", "liveness", "readiness"):
        assert (
            only[f"{kind}Probe"]["httpGet"]["path"] == compose()["services"]["simulator"]["environment"]["HEALTH_PATH"]
        )


@every_overlay
def test_bootstrap_stays_and_is_ready_while_everything_is_in_place(overlay):
    only = container(pods(overlay)["bootstrap"])

    told = compose()["services"]["bootstrap"]
    assert only["args"] == told["command"] == ["--keep"]
    assert only["livenessProbe"]["httpGet"] == {"path": "/live", "port": "http"}
    assert only["readinessProbe"]["httpGet"] == {"path": told["environment"]["HEALTH_PATH"], "port": "http"}
    assert environment(overlay, "bootstrap")["STREAM_REPLICAS"] == "3"


@every_overlay
@pytest.mark.parametrize("name", [*SERVICES, "bootstrap"])
def test_every_variable_is_a_setting_of_its_service_and_has_a_value_that_it_takes(overlay, name):
    settings = BootstrapSettings if name == BOOTSTRAP else import_module(f"{name}.settings").Settings
    told = environment(overlay, name)
    known = {field.upper() for field in settings.model_fields}
    given = {re.sub("_FILE$", "", variable) for variable in told}

    assert given - known <= (LIVE_GATEWAY if (overlay, name) == ("live", "executor") else set())
    plain = {variable: value for variable, value in told.items() if not variable.endswith("_FILE")}
    secret = {re.sub("_FILE$", "", v): "postgresql://a:b@c/d" for v in told if v.endswith("_FILE")}
    assert load(settings, plain | secret)


@every_overlay
@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_is_told_where_is_what_compose_tells_it(overlay, name):
    """The simulator's addresses in `sim`, and none in `paper` and `live`, where the defaults are the public ones."""
    told = environment(overlay, name)
    simulated = {
        variable: value
        for variable, value in compose()["services"][name]["environment"].items()
        if value is not None and "simulat" in value
    }

    found = {variable: told[variable] for variable in simulated if variable in told}
    assert found == (simulated if overlay == "sim" else {})
    assert overlay == "sim" or "simulator" not in str(told)


@every_overlay
def test_a_pod_is_given_the_secrets_of_its_own_service_alone(overlay):
    for name, pod in pods(overlay).items():
        own = {f"{name}-nats"} if name != "simulator" else set()
        own |= {"postgres-app"} if name == "ledger" else set()
        own |= {"alerter-pushover"} if name == "alerter" and overlay != "sim" else set()
        own |= {WALLET} if name == "executor" and overlay == "live" else set()
        assert set(mounted_secrets(pod)) == own, name


@every_overlay
def test_a_secret_is_a_file_that_only_its_process_reads_and_never_a_variable(overlay):
    for name, pod in pods(overlay).items():
        folders = []
        for mount, volume in mounted_secrets(pod).values():
            assert volume["defaultMode"] == 0o400, name
            assert mount["readOnly"], name
            folders.append(mount["mountPath"])
        told = environment(overlay, name)
        for variable, value in told.items():
            if variable.endswith("_FILE"):
                assert value.rpartition("/")[0] in folders, variable
            else:
                assert not re.search("PASSWORD|PRIVATE_KEY|SECRET|PASSPHRASE|API_KEY|DATABASE_URL", variable), variable
        assert not any("valueFrom" in variable for variable in container(pod).get("env", [])), name
    assert of_kind(rendered(overlay), "Secret") == {}, "secrets are no part of what is committed"


def test_the_wallet_is_seen_by_the_executor_alone_and_in_the_overlay_live_alone():
    seen = {
        (overlay, name)
        for overlay in OVERLAYS
        for name, pod in pods(overlay).items()
        if re.search(f"{WALLET}|POLYMARKET_", str(pod) + str(environment(overlay, name)))
    }

    assert seen == {("live", "executor")}
    assert {v for v in environment("live", "executor") if v.startswith("POLYMARKET_")} == {
        "POLYMARKET_PRIVATE_KEY_FILE", "POLYMARKET_API_KEY_FILE", "POLYMARKET_SECRET_FILE", "POLYMARKET_PASSPHRASE_FILE",
        "POLYMARKET_RELAYER_API_KEY_FILE",
    }  # fmt: skip


def test_live_shows_its_orders_and_posts_none_until_the_owner_says_so():
    assert environment("live", "executor")["PAPER_TRADING"] == "false"
    assert environment("live", "executor")["DRY_RUN"] == "true"
    assert all(environment(overlay, "executor")["PAPER_TRADING"] == "true" for overlay in ("paper", "sim"))
    assert not any("LIVE_CONFIRMATION" in str(rendered(overlay)) for overlay in OVERLAYS)


@every_overlay
def test_risk_and_executor_are_pairs_replaced_one_at_a_time_and_nothing_else_runs_twice(overlay):
    deployments, budgets = (of_kind(rendered(overlay), kind) for kind in ("Deployment", "PodDisruptionBudget"))

    for name, deployment in deployments.items():
        spec = deployment["spec"]
        if name not in LEASED:
            assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"}), name
            continue
        assert spec["replicas"] == 2
        assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
        assert spec["minReadySeconds"] > 0
        assert budgets[name]["spec"]["maxUnavailable"] == 1
        labels = spec["template"]["metadata"]["labels"].items()
        assert budgets[name]["spec"]["selector"]["matchLabels"].items() <= labels
        (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"].items() <= labels
        assert spread["matchLabelKeys"] == ["app.kubernetes.io/name"]
    assert set(budgets) == LEASED


@every_overlay
def test_a_pod_has_longer_to_end_than_its_service_takes_to_drain(overlay):
    drain_s = ServiceSettings.model_fields["drain_timeout_s"].default

    for name in SERVICES:
        grace_s = pods(overlay)[name]["spec"]["terminationGracePeriodSeconds"]
        assert grace_s >= 2 * drain_s
        assert "preStop" not in str(pods(overlay)[name]), "it would only spend the time in which SIGTERM drains"
    assert pods(overlay)["executor"]["spec"]["terminationGracePeriodSeconds"] >= 60
    assert "exec /opt/venv/bin/python" in (ROOT / "deploy/Dockerfile").read_text(), "SIGTERM reaches the service itself"


@every_overlay
def test_there_is_room_for_every_tape(overlay):
    fields = ServiceSettings.model_fields
    needed = fields["tape_files_max"].default * fields["tape_bytes_max"].default

    for name in SERVICES:
        (tapes,) = [v for v in pods(overlay)[name]["spec"]["volumes"] if v["name"] == "tapes"]
        assert int(tapes["emptyDir"]["sizeLimit"].removesuffix("Mi")) * 2**20 > needed
