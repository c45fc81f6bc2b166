"""What is installed beside an overlay: secrets, NATS by its chart, and the components."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import asyncpg
import kubernetes_validate
import pytest
import yaml

from common.bootstrap.nats_config import BOOTSTRAP, USERS, password_variable, render, render_authorization
from common.contracts.subjects import SERVICES
from deployment.manifests import (
    CUSTOM,
    KUBERNETES,
    NAMESPACE,
    OLDEST,
    OVERLAYS,
    ROOT,
    compose,
    container,
    environment,
    kustomize,
    mounted_secrets,
    of_kind,
    pods,
    rendered,
)
from deployment.policies import Pod, Policies
from integration.ledger_postgres import PostgresServer, connected

VALUES = KUBERNETES / "nats/values.yaml"


@pytest.fixture
def copy(tmp_path):
    """The folder as a fresh clone has it, with secrets made."""
    folder = tmp_path / "kubernetes"
    shutil.copytree(KUBERNETES, folder, ignore=shutil.ignore_patterns("files"))
    make_secrets(folder)
    return folder


def make_secrets(folder):
    subprocess.run([folder / "secrets.sh"], check=True, capture_output=True)


def with_component(folder, name):
    overlay = folder / "overlays" / "with-it"
    overlay.mkdir()
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": NAMESPACE,
        "resources": ["../../base"], "components": [f"../../components/{name}"],
    }  # fmt: skip
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return kustomize(overlay)


@pytest.mark.parametrize(
    "part", ["secrets", "external-secrets", *sorted(p.name for p in (KUBERNETES / "components").iterdir())]
)
def test_every_part_renders_to_what_the_schemas_of_kubernetes_say(copy, part):
    objects = kustomize(copy / part) if "secrets" in part else with_component(copy, part)

    assert objects
    for found in objects:
        if found["kind"] not in CUSTOM:
            kubernetes_validate.validate(found, OLDEST, strict=True)


def test_the_script_makes_a_password_for_every_user_of_nats_once(copy):
    files = copy / "secrets/files"
    first = {path.name: path.read_text() for path in files.iterdir()}

    make_secrets(copy)

    assert {path.name: path.read_text() for path in files.iterdir()} == first
    passwords = {name: text for name, text in first.items() if not name.startswith("pushover")}
    assert set(passwords) == set(USERS)
    assert len(set(passwords.values())) == len(USERS)
    assert all(re.fullmatch("p[0-9a-f]{48}", password) for password in passwords.values())
    assert {path.stat().st_mode & 0o777 for path in files.iterdir()} == {0o600}
    ignored = ["git", "check-ignore", "deploy/kubernetes/secrets/files/oracle"]
    assert subprocess.run(ignored, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_the_secrets_are_those_that_pods_are_given_and_each_has_its_own_password(copy):
    made = of_kind(kustomize(copy / "secrets"), "Secret")
    wanted = {name for overlay in OVERLAYS for pod in pods(overlay).values() for name in mounted_secrets(pod)}

    assert set(made) == (wanted - {"postgres-app", "executor-wallet"}) | {"nats-passwords"}
    assert set(made["nats-passwords"]["data"]) == set(USERS)
    for user in (*SERVICES, BOOTSTRAP):
        assert made[f"{user}-nats"]["data"] == {"password": made["nats-passwords"]["data"][user]}
    for overlay in OVERLAYS:
        for name, pod in pods(overlay).items():
            files = {value for variable, value in environment(overlay, name).items() if variable.endswith("_FILE")}
            there = {
                f"{mount['mountPath']}/{key}"
                for secret, (mount, _) in mounted_secrets(pod).items()
                for key in made.get(secret, {"data": {}})["data"]
            }
            elsewhere = ("/run/secrets/wallet/", "/run/secrets/database/")
            assert {path for path in files if not path.startswith(elsewhere)} == there, name


def test_the_external_secrets_are_the_same_ones(copy):
    external = of_kind(kustomize(copy / "external-secrets"), "ExternalSecret")
    made = of_kind(kustomize(copy / "secrets"), "Secret")
    keys = {name: {row["secretKey"] for row in found["spec"]["data"]} for name, found in external.items()}

    wallet = {"executor-wallet": {"private-key", "api-key", "secret", "passphrase", "relayer-api-key"}}
    assert keys == {name: set(found["data"]) for name, found in made.items()} | wallet
    assert all(found["spec"]["target"]["name"] == name for name, found in external.items())
    paths = {value for v, value in environment("live", "executor").items() if v.startswith("POLYMARKET_")}
    assert paths == {f"/run/secrets/wallet/{key}" for key in wallet["executor-wallet"]}


def test_the_authorization_of_the_cluster_is_that_of_compose():
    alone = (KUBERNETES / "nats/authorization.conf").read_text()

    assert alone == render_authorization()
    assert alone.partition("\n")[2] in render(listen="0.0.0.0:4222", store_dir="/data", monitor="0.0.0.0:8222")


def test_nats_keeps_every_stream_on_three_disks_and_answers_when_it_is_there():
    values = yaml.safe_load(VALUES.read_text())
    config, pod = values["config"], values["podTemplate"]["merge"]["spec"]

    assert config["cluster"] == {"enabled": True, "replicas": 3}
    assert str(config["cluster"]["replicas"]) == environment("paper", "bootstrap")["STREAM_REPLICAS"]
    assert config["jetstream"]["merge"] == {"sync_interval": "always"}
    assert config["jetstream"]["fileStore"]["pvc"]["enabled"]
    assert set(values["container"]["env"]) - {"GOMEMLIMIT"} == {password_variable(user) for user in USERS}
    for user in USERS:
        told = values["container"]["env"][password_variable(user)]["valueFrom"]["secretKeyRef"]
        assert told == {"name": "nats-passwords", "key": user}
    for part in ("container", "reloader"):
        assert values[part]["merge"]["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert set(values[part]["merge"]["resources"]) == {"requests", "limits"}
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    image = values["container"]["image"]
    assert f"{image['repository']}:{image['tag']}" == compose()["services"]["nats"]["image"]


def test_a_server_takes_the_configuration_that_the_chart_makes_of_the_values(tmp_path):
    config = yaml.safe_load(VALUES.read_text())["config"]
    made = config["merge"] | {
        "port": 4222, "server_name": "<< $POD_NAME >>", "http_port": config["monitor"]["port"],
        "cluster": {"name": "nats", "port": 6222, "routes": [f"nats://nats-{n}.nats-headless:6222" for n in range(3)]},
        "jetstream": {
            "store_dir": str(tmp_path / "data"), "max_memory_store": f"<< {config['jetstream']['memoryStore']['maxSize']} >>",
        } | config["jetstream"]["merge"],
    }  # fmt: skip
    # As the chart's template nats.formatConfig has it: JSON, but for what stands between << and >>, and includes.
    text = re.sub(r'".*\$include": "(.*)",?', r"include \1;", json.dumps(made, indent=2, sort_keys=True))
    (tmp_path / "nats.conf").write_text(re.sub(r'"<<\s+(.*)\s+>>"', r"\1", text))
    (tmp_path / "authorization.conf").write_text((KUBERNETES / "nats/authorization.conf").read_text())

    tried = subprocess.run(
        [Path(sys.executable).with_name("nats-server"), "-t", "-c", tmp_path / "nats.conf"],
        capture_output=True, text=True, check=False,
        env=os.environ | {password_variable(user): "pa55" for user in USERS} | {"POD_NAME": "nats-0"},
    )  # fmt: skip

    assert "include authorization.conf;" in (tmp_path / "nats.conf").read_text()
    assert tried.returncode == 0, tried.stderr


def test_a_service_monitor_finds_every_service_and_names_it_as_prometheus_does_in_compose(copy):
    objects = with_component(copy, "service-monitors")
    monitor = of_kind(objects, "ServiceMonitor")["pm-arb"]["spec"]
    scraped = {
        name
        for name, found in of_kind(objects, "Service").items()
        if monitor["selector"]["matchLabels"].items() <= found["metadata"]["labels"].items()
    }

    assert scraped == set(SERVICES)
    nats = of_kind(objects, "ServiceMonitor")["nats"]["spec"]
    bootstrap = of_kind(objects, "Service")["bootstrap"]
    assert nats["selector"]["matchLabels"].items() <= bootstrap["metadata"]["labels"].items()
    named = {each["targetLabel"]: each["replacement"] for each in nats["endpoints"][0]["relabelings"]}
    assert named == {"job": "nats", "instance": "nats"}
    (endpoint,) = monitor["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    labelled = of_kind(objects, "Service")["risk"]["metadata"]["labels"][monitor["jobLabel"]]
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    assert labelled in {job["job_name"] for job in prometheus["scrape_configs"]}


def test_a_database_outside_is_reached_by_the_ledger_alone(copy):
    objects = with_component(copy, "outside-postgres")
    policies = Policies(objects)
    reaching = {
        name
        for name, found in of_kind(objects, "Deployment").items()
        if policies.reaches_address(Pod.of(found["spec"]["template"]["metadata"]["labels"]), "192.0.2.10", 5432)
    }

    assert reaching == {"ledger"}
    ledger = of_kind(objects, "Deployment")["ledger"]["spec"]["template"]
    assert set(mounted_secrets(ledger)) == {"ledger-nats", "ledger-database"}


def test_the_database_in_the_cluster_has_the_owner_that_compose_has_and_no_superuser():
    cluster = of_kind(kustomize(KUBERNETES / "overlays/paper"), "Cluster")["postgres"]["spec"]
    told = compose()["services"]["postgres"]

    owner = (
        compose()["services"]["ledger"]["environment"]["DATABASE_URL"].removeprefix("postgresql://").partition(":")[0]
    )
    assert cluster["bootstrap"]["initdb"]["owner"] == owner
    assert cluster["bootstrap"]["initdb"]["database"] == told["environment"]["POSTGRES_DB"]
    assert cluster["enableSuperuserAccess"] is False
    assert cluster["imageName"].rpartition(":")[2] == told["image"].rpartition(":")[2].partition("-")[0]


def test_bootstrap_asks_every_server_that_the_chart_makes_how_it_is():
    config = yaml.safe_load((KUBERNETES / "nats/values.yaml").read_text())["config"]
    asked = environment("paper", "bootstrap")["NATS_MONITOR_URL"].split(",")

    port = config["monitor"]["port"]
    assert asked == [f"http://nats-{n}.nats-headless:{port}" for n in range(config["cluster"]["replicas"])]


async def test_the_role_of_grafana_in_the_cluster_looks_at_every_table_and_changes_none(tmp_path_factory):
    statements = of_kind(rendered("paper"), "Cluster")["postgres"]["spec"]["bootstrap"]["initdb"][
        "postInitApplicationSQL"
    ]
    server = PostgresServer(tmp_path_factory.mktemp("pg"))
    try:
        async with connected(server.url()) as owner:
            for statement in ("CREATE ROLE pm_arb", "GRANT ALL ON SCHEMA public TO pm_arb", *statements):
                await owner.execute(statement)
            await owner.execute(
                "SET ROLE pm_arb; CREATE TABLE trades (n int); INSERT INTO trades VALUES (1); RESET ROLE"
            )
            (role,) = await owner.fetch(
                "SELECT rolcanlogin, rolsuper, rolconfig FROM pg_roles WHERE rolname = 'grafana'"
            )
            await owner.execute("SET ROLE grafana")
            assert await owner.fetchval("SELECT n FROM trades") == 1
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await owner.execute("INSERT INTO trades VALUES (2)")
    finally:
        server.remove()

    assert (role["rolcanlogin"], role["rolsuper"]) == (False, False)
    in_compose = (ROOT / "deploy/postgres/grafana.sql").read_text()
    told = set(re.findall(r"ALTER ROLE grafana SET .*(?=;)", in_compose))
    assert told == {statement for statement in statements if " SET " in statement}


def test_the_readme_names_only_what_is_there():
    text = (KUBERNETES / "README.md").read_text()
    named = set(re.findall(r"deploy/(?:kubernetes|prometheus)/[\w./-]*[\w/]", text))

    assert len(named) > 8
    assert {path for path in named if not (ROOT / path).exists() and "/files" not in path} == set()
    for overlay in OVERLAYS:
        assert f"deploy/kubernetes/overlays/{overlay}" in text


def test_the_kustomizations_of_the_readme_render_and_only_the_owners_own_lifts_the_dry_run(copy):
    text = (KUBERNETES / "README.md").read_text()
    paper, live = (
        textwrap.dedent(block).replace("../deploy/kubernetes", "..")
        for block in re.findall(r"```yaml\n(\s*# mine/kustomization.yaml\n.*?)```", text, re.DOTALL)
    )
    mine = copy / "mine"
    mine.mkdir()

    (mine / "kustomization.yaml").write_text(paper)
    objects = kustomize(mine)
    deployments = of_kind(objects, "Deployment")
    images = {container(found["spec"]["template"])["image"] for found in deployments.values()}
    assert images == {f"registry.example.com/pm-arb-{name}:0.1.0" for name in (*SERVICES, "bootstrap")}
    maps = {re.sub("-[^-]+$", "", name): found["data"] for name, found in of_kind(objects, "ConfigMap").items()}
    assert maps["risk-settings"]["MAX_TRADE_SIZE"] == "10"

    (mine / "kustomization.yaml").write_text(live)
    maps = {re.sub("-[^-]+$", "", name): found["data"] for name, found in of_kind(kustomize(mine), "ConfigMap").items()}
    told = maps["executor-settings"]
    assert (told["PAPER_TRADING"], told["DRY_RUN"], told["LIVE_CONFIRMATION"]) == ("false", "false", "I UNDERSTAND")


def test_the_rules_of_prometheus_become_an_object_as_the_readme_says():
    text = (KUBERNETES / "README.md").read_text()
    (command,) = re.findall(r"(\{ printf .*?rules\.yml; \})", text, re.DOTALL)

    made = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
    assert yaml.safe_load(made)["spec"] == rules
    assert yaml.safe_load(made)["kind"] == "PrometheusRule"
