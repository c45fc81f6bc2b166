"""The deployment: what its files say, and what holds of the whole system when compose has brought it up."""

import ast
import importlib.util
import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import import_module

import asyncpg
import pytest

from common.bootstrap.nats_config import render
from common.contracts.subjects import SERVICES
from common.settings import ServiceSettings
from deployment.manifests import compose
from end_to_end.dashboards import EMPTY_WHEN_ALL_IS_WELL, promql, sql
from end_to_end.deployment import BUILT, ROOT, SIMULATED, STARTED, Deployment, docker, image
from support.containers import need_an_engine
from support.waiting import eventually

RULES = ROOT / "deploy/prometheus/rules.yml"
WALLET = {"polymarket", "py_clob_client", "py_clob_client_v2", "eth_account", "eth_keys", "coincurve", "web3"}
BUILDING = {"pip", "setuptools", "wheel"}
NO_PIP = "from importlib.util import find_spec; print(end=' '.join(n for n in ('pip', 'ensurepip', 'setuptools') if find_spec(n)))"
NETWORKED = {"aiohttp", "asyncpg", "httpx", "websockets"}
"""What talks to the world outside, or to the database; an image has what its service talks with and no more."""
TALKS_WITH = {
    "oracle": {"websockets"}, "venue": {"httpx", "websockets"}, "ledger": {"asyncpg"}, "alerter": {"httpx"},
    "executor": {"coincurve", "eth_account", "eth_keys", "httpx", "polymarket", "websockets"}, "simulator": {"aiohttp", "coincurve"},
}  # fmt: skip
"""The executor signs, in one file. The simulator recovers public keys from signatures, which is all it does with it."""
FIXED = {"nats_url", "nats_password", "http_host", "http_port", "log_format", "database_url"}
"""The settings whose values the deployment itself decides."""

COMES_UP_WITHIN_S = 60
"""Twice of what it may take where nothing else runs."""

needs_engine = pytest.mark.containers
slowly = pytest.mark.timeout(600)


def test_the_configuration_of_nats_is_what_the_table_of_subjects_says():
    expected = render(listen="0.0.0.0:4222", store_dir="/data", monitor="0.0.0.0:8222")

    assert (ROOT / "deploy/nats/nats.conf").read_text() == expected


def test_every_lock_fits_its_project_and_names_no_place():
    lock = script("lock")
    texts = {one.path: (ROOT / one.path).read_text() for one in lock.locks()}

    assert [line for one in lock.locks() for line in lock.stale(one)] == []
    assert {path for path, text in texts.items() if re.search(r"://|index-url|find-links|\bfile:", text)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_can_be_given_in_the_environment_file(service):
    settings = import_module(f"{service}.settings").Settings
    expected = {name.upper() for name in set(settings.model_fields) - FIXED}

    assert issubclass(settings, ServiceSettings)
    assert expected - variables_of(service) == set(), "add each, without a value, to its environment in compose.yaml"


def test_every_variable_of_the_example_is_one_that_compose_passes_on():
    example = (ROOT / ".env.example").read_text()
    passed_on = (ROOT / "compose.yaml").read_text()
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))

    assert named - set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", passed_on)) == {"COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"}, (
        "which compose itself reads"
    )
    assert set(re.findall(r"\$\{([A-Z0-9_]+):\?", passed_on)) <= named


def test_a_password_that_is_new_in_the_example_is_added_to_an_older_file_and_no_other_is_changed(tmp_path):
    file = tmp_path / ".env"
    file.write_text("ORACLE_NATS_PASSWORD=pkept\nLOG_LEVEL=debug\n")
    for _ in range(2):
        subprocess.run([ROOT / "deploy/secrets.sh", file], check=True, stdout=subprocess.DEVNULL)
        lines = file.read_text().splitlines()

    wanted = re.findall(r"^([A-Z_]+_PASSWORD)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert lines[:2] == ["ORACLE_NATS_PASSWORD=pkept", "LOG_LEVEL=debug"]
    assert sorted(line.split("=")[0] for line in lines if "_PASSWORD=" in line) == sorted(wanted)
    assert all(re.fullmatch(r"\w+=p[0-9a-f]{48}", line) for line in lines[2:] if "_PASSWORD=" in line)
    assert "COMPOSE_PROFILES=public" in lines


@needs_engine
@slowly
async def test_everything_comes_up_healthy_and_ready(deployment, record_property):
    record_property("healthy_after_s", round(deployment.healthy_after_s, 1))
    assert deployment.healthy_after_s < COMES_UP_WITHIN_S

    await deployment.is_healthy()
    await deployment.is_ready()

    assert all(f"pm-arb-{name}" in deployment.compose("images") for name in BUILT)


@needs_engine
@slowly
async def test_a_paper_trade_is_decided_filled_and_written_down_within_three_minutes(deployment):
    def count(table):
        return int(deployment.select(f"SELECT count(*) FROM {table}")[0])

    await eventually(lambda: count("decisions"), within_s=180, every_s=1, why="a decision")
    await eventually(lambda: count("fills"), within_s=180, every_s=1, why="a fill")

    assert deployment.select("SELECT DISTINCT mode FROM fills") == ["paper"]
    assert count("refused") == 0


@needs_engine
@slowly
async def test_every_query_of_every_panel_is_answered_with_data(deployment):
    unanswered = promql()

    def answered():
        unanswered[:] = [query for query in unanswered if not deployment.query(query)]
        return not unanswered

    assert len(unanswered) > 80
    try:
        await eventually(answered, within_s=90, every_s=2, why="data for every query")
    except AssertionError as late:
        raise AssertionError(f"expected data, found none for: {unanswered}") from late


SERIES = re.compile(r"\b(?:pm_arb_\w+|up|process_start_time_seconds)\b(?:\{[^}]*\})?")
"""What a rule asks of, with the labels that it names."""
COUNTS_TROUBLE = {
    "pm_arb_outcomes_total", "pm_arb_reconciliation_discrepancies", "pm_arb_ledger_events_total",
    "pm_arb_messages_refused_total", "pm_arb_publish_retries_total", "pm_arb_alerts_total",
    "pm_arb_frames_refused_total", "pm_arb_venue_refused_total",
}  # fmt: skip
"""Counts what goes wrong by its kind: there is none of a kind that has not happened yet."""


@needs_engine
@slowly
async def test_the_alert_rules_are_evaluated_on_data_that_is_there_and_none_of_them_fires(deployment):
    def health():
        return {rule["health"] for rule in deployment.rules()}

    asked = {series for rule in deployment.rules() for series in SERIES.findall(rule["query"])}
    told = {series for series in asked if series.partition("{")[0] not in COUNTS_TROUBLE}

    assert len(told) > 20
    await eventually(
        lambda: all(map(deployment.query, told)), within_s=60, every_s=2,
        why=lambda: f"there are series of {[series for series in told if not deployment.query(series)]}",
    )  # fmt: skip

    await eventually(lambda: health() == {"ok"}, within_s=30, every_s=1, why="rules evaluated")

    named = set(re.findall(r"\bpm_arb_\w+", RULES.read_text()))
    families = {re.sub("_bucket$", "", name) for name in named}
    known = {re.sub("_total$", "", name) for name in deployment.prometheus("metadata")}
    assert len(deployment.rules()) == RULES.read_text().count("- alert:")
    assert {re.sub("_total$", "", name) for name in families} - known == set()
    assert [rule["name"] for rule in deployment.rules() if rule["state"] == "firing"] == []


@needs_engine
@slowly
@pytest.mark.parametrize("name", BUILT)
def test_an_image_carries_only_what_its_service_needs_and_never_a_wallet_library(deployment, name):
    everything = sorted(NETWORKED | WALLET | BUILDING | {"common", "simulator", *SERVICES})
    find = f"from importlib.util import find_spec; print([n for n in {everything} if find_spec(n)])"
    found = ast.literal_eval(
        docker("run", "--rm", "--network", "none", "--entrypoint", "python", image(name), "-c", find)
    )

    assert (
        docker("run", "--rm", "--network", "none", "--entrypoint", "/usr/local/bin/python", image(name), "-c", NO_PIP)
        == ""
    )
    locked = {re.split("[=<>! ;]", line)[0] for line in lock_of(name).read_text().splitlines() if "==" in line}
    carried = {re.sub("[-_.]+", "-", each) for each in script("images").inspect(image(name))["carried"]}
    assert {each for each in carried if not each.startswith("pm-arb-")} <= locked
    assert len(carried) > 3
    own = {"bootstrap": {"common"}, "simulator": {"simulator"}}.get(name, {"common", name})
    assert set(found) == TALKS_WITH.get(name, set()) | own
    label = json.loads(docker("image", "inspect", image(name)))[0]["Config"]["Labels"]
    assert label["org.opencontainers.image.title"] == f"pm-arb {name}"
    assert label["org.opencontainers.image.version"]


@needs_engine
@slowly
def test_an_image_that_is_built_again_from_nothing_has_the_same_files(deployment):
    with deployment.built_again("alerter") as again:
        inspect = script("images").inspect
        assert inspect(again)["digest"] == inspect(image("alerter"))["digest"]


@needs_engine
@slowly
def test_a_container_is_confined_and_none_is_given_a_wallet(deployment):
    for container in deployment.containers():
        host, name = container["HostConfig"], container["Name"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0, name
        assert host["NanoCpus"] > 0, name
        assert host["RestartPolicy"]["Name"] == "unless-stopped", name
        assert host["LogConfig"]["Config"].keys() == {"max-size", "max-file"}, name
        published = [b["HostIp"] for bindings in host["PortBindings"].values() for b in bindings]
        assert set(published) <= {"127.0.0.1"}, name
        assert not re.search(r"PRIVATE_KEY|WALLET|POLYMARKET|CLOB_(API|SECRET)", str(container["Config"]["Env"])), name
    for name in BUILT:
        assert json.loads(docker("image", "inspect", image(name)))[0]["Config"]["User"] == "10001:10001"


@needs_engine
@slowly
def test_the_ledger_owns_its_tables_and_is_no_superuser(deployment):
    owned = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"

    assert deployment.select("SELECT rolname FROM pg_roles WHERE rolsuper") == ["postgres"]
    assert deployment.select("SELECT DISTINCT usename FROM pg_stat_activity WHERE usename = 'pm_arb'") == ["pm_arb"]
    assert deployment.select(owned) == ["pm_arb"]


@needs_engine
@slowly
def test_a_container_has_the_secrets_of_its_own_service_alone(deployment):
    for container in deployment.containers():
        label, text = container["Config"]["Labels"]["com.docker.compose.service"], json.dumps(container)
        name = label.removesuffix("-sim")
        own = {f"{name.upper()}_NATS_PASSWORD"} | ({"POSTGRES_PASSWORD"} if name in ("ledger", "postgres") else set())
        own |= {"GRAFANA_POSTGRES_PASSWORD", "POSTGRES_ADMIN_PASSWORD"} if name == "postgres" else set()
        if name != "nats":  # which must know them all
            assert {key for key, value in deployment.secrets.items() if value in text} <= own, name


NEEDS_A_KEY = (
    "PUB control.resume 0", "PUB control.order 0", "PUB risk.decision.m 0", "PUB executor.order.m 0",
    "PUB $JS.API.STREAM.DELETE.JOURNAL 0", "PUB $KV.LEASES.executor 0", "SUB > 1", "SUB risk.decision.* 1",
)  # fmt: skip
ISOLATED = ("scanner", "risk")
CONNECT = """
import socket
from concurrent.futures import ThreadPoolExecutor

def reach(place):
    try:
        socket.create_connection(place, timeout=3).close()
    except OSError as error:
        return type(error).__name__
    return "reached"

places = {places}
with ThreadPoolExecutor(len(places)) as all_at_once:
    for (host, _), found in zip(places, all_at_once.map(reach, places)):
        print(host, found)
"""


@needs_engine
@slowly
@pytest.mark.parametrize("name", ISOLATED)
def test_from_inside_nothing_but_the_bus_is_reached_and_no_secret_of_others_is_read(deployment, name):
    others = [(each, 8000) for each in (*SERVICES, "bootstrap") if each != name]
    silent = [("postgres", 5432), ("simulator", 8000), ("prometheus", 9090), ("example.com", 443), ("1.1.1.1", 443)]
    places = [("nats", 4222), *silent, *others]

    found = dict(line.split() for line in deployment.inside(name, CONNECT.format(places=places)).splitlines())

    assert found.pop("nats") == "reached"
    assert found["prometheus"] == "ConnectionRefusedError", "it measures, and answers on another network"
    assert set(found.values()) <= {"gaierror", "OSError", "TimeoutError", "ConnectionRefusedError"}, found
    unheard_of = {"postgres", "simulator", "example.com", *(each for each, _ in others)}
    assert unheard_of <= {host for host, what in found.items() if what == "gaierror"}
    listing = "import os; print(os.path.isdir('/run/secrets') and os.listdir('/run/secrets'), sorted(os.environ))"
    told = deployment.inside(name, listing)
    assert told.startswith("False"), told
    assert set(re.findall(r"\w*PASSWORD\w*", told)) == {"NATS_PASSWORD"}
    with pytest.raises(AssertionError, match="Read-only file system"):
        deployment.inside(name, "open('/opt/venv/x', 'w')")


@needs_engine
@slowly
def test_the_wallets_files_and_the_outside_are_there_for_the_live_executor_and_for_no_other(deployment, tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    (folder / "private_key").write_text("0x" + "a1" * 32)
    (folder / "private_key").chmod(0o600)
    checks = (
        "import os; from executor.adapters.live.secret_files import secret_file_faults as faults; "
        "key = open(os.environ['POLYMARKET_PRIVATE_KEY_FILE']).read(); print(list(faults(os.environ)), len(key))"
    )
    assert deployment.live(checks, folder) == "[] 66"
    with deployment.somebody_outside() as address:
        reach = CONNECT.format(places=[(address, 8000)])
        assert deployment.live(reach, folder) == f"{address} reached"
        for name in (*SERVICES, "bootstrap"):
            assert deployment.inside(name, reach) != f"{address} reached", name
            assert deployment.inside(name, "import os; print(os.path.exists('/run/wallet'))") == "False", name


@needs_engine
@slowly
async def test_each_service_is_restarted_and_comes_back_to_its_work(deployment):
    def started_at(name):
        (found,) = json.loads(docker("inspect", *deployment.compose("ps", "--quiet", name).split()))
        return found["State"]["StartedAt"]

    names = [SIMULATED.get(name, name) for name in SERVICES]
    before = {name: started_at(name) for name in names}
    for name in names:
        deployment.compose("restart", name)

    restarted_at = datetime.now(UTC)
    await deployment.is_healthy()
    await deployment.is_ready()
    assert all(started_at(name) > before[name] for name in names)
    decided = f"SELECT 1 FROM decisions WHERE decided_at > '{restarted_at.isoformat()}' LIMIT 1"
    await eventually(lambda: deployment.select(decided), within_s=120, every_s=1, why="a decision after the restart")


@needs_engine
@slowly
def test_no_secret_is_in_an_image_or_a_log(deployment):
    secrets = (*deployment.secrets.values(), deployment.marker)
    for name in BUILT:
        told = docker("image", "inspect", image(name)) + docker("history", "--no-trunc", image(name))
        assert not [secret for secret in secrets if secret in told], name
        look = ("run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "grep", image(name))
        search = subprocess.run(
            ["docker", *look, "-rlFs", deployment.marker, "/etc", "/opt", "/home", "/root", "/tmp"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (search.returncode, search.stdout) == (1, ""), name
    logs = deployment.compose("logs", "--no-color")
    assert not [key for key, value in deployment.secrets.items() if value in logs]


@needs_engine
@slowly
async def test_a_halt_without_credentials_stops_orders_and_outlives_a_restart_of_everything(deployment):
    def denied_since(at):
        return deployment.select(
            "SELECT decision_id FROM decisions WHERE rule = 'trading_is_active' "
            f"AND decided_at > '{at.isoformat()}' LIMIT 1"
        )

    def firing():
        return [rule["name"] for rule in deployment.rules() if rule["state"] == "firing"]

    answer = deployment.say("PUB control.halt 0")
    halted_at = datetime.now(UTC)
    assert "-ERR" not in answer
    for line in NEEDS_A_KEY:
        assert "Permissions Violation" in deployment.say(line), line
    wrong = 'CONNECT {"user":"operator","pass":"a guess","verbose":false}'
    assert "Authorization Violation" in deployment.say(wrong)
    await eventually(
        lambda: denied_since(halted_at), within_s=120, every_s=1, why="an opportunity refused after the halt"
    )
    await eventually(lambda: "TradingHalted" in firing(), within_s=30, every_s=1, why="the alert fires")

    deployment.compose("restart")
    restarted_at = datetime.now(UTC)
    await deployment.is_healthy()
    await deployment.is_ready(within_s=120)
    await eventually(lambda: denied_since(restarted_at), within_s=120, every_s=1, why="still halted after the restart")

    late = f"type = 'order_submitted' AND stored_at > '{(halted_at + timedelta(seconds=1)).isoformat()}'"
    assert deployment.select(f"SELECT sequence FROM events WHERE {late}") == []


@needs_engine
@slowly
async def test_every_table_of_the_dashboards_is_answered_by_a_role_that_may_change_nothing(deployment):
    """After the halt, for with it something was refused."""
    port, password = int(deployment.ports["POSTGRES_PORT"]), deployment.secrets["GRAFANA_POSTGRES_PASSWORD"]
    grafana = await asyncpg.connect(
        host="127.0.0.1", port=port, user="grafana", password=password, database="pm_arb", timeout=10
    )
    try:
        assert len(sql()) > 6
        for title, query in sql():
            rows = await grafana.fetch(query)
            assert rows or title in EMPTY_WHEN_ALL_IS_WELL, title
        for change in ("DELETE FROM fills", "CREATE TABLE mine (a int)", "UPDATE journal_position SET sequence = 0"):
            with pytest.raises(asyncpg.PostgresError):
                await grafana.execute(f"SET default_transaction_read_only = off; {change}")
    finally:
        await grafana.close()


@needs_engine
@slowly
async def test_data_survive_down_and_up_and_a_backup_is_restored_into_empty_volumes(deployment, tmp_path):
    counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM fills), (SELECT sum(quantity) FROM fills)"
    deployment.compose("stop", *(SIMULATED.get(name, name) for name in SERVICES))
    before, written, file = deployment.select(counts), deployment.journal(), str(tmp_path / "backup.tar")
    deployment.compose("down", "--timeout", "20")
    deployment.compose("up", "--detach", "--wait", "nats", "postgres")
    assert (deployment.select(counts), deployment.journal()) == (before, written)

    assert "Written to" in deployment.pm_arb("backup", "--out", file)

    deployment.compose("down", "--volumes", "--timeout", "20")
    deployment.compose("up", "--detach", "--wait", "nats", "postgres")
    deployment.pm_arb("restore", file)
    deployment.compose("restart", "nats")
    await eventually(lambda: deployment.journal() == written, within_s=30, why="the journal is what it was")
    deployment.compose("up", "--detach", *STARTED)

    await deployment.is_healthy()
    halted = "min(pm_arb_executor_halted) + on () pm_arb_trading_state{state='HALTED'}"
    await eventually(
        lambda: [row["value"][1] for row in deployment.query(halted)] == ["2"], within_s=60, every_s=1,
        why="risk and executor are halted after a restore",
    )  # fmt: skip
    assert deployment.select(counts)[0].split("|")[1:] == before[0].split("|")[1:]
    assert int(deployment.select(counts)[0].split("|")[0]) >= int(before[0].split("|")[0])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    need_an_engine()
    system = Deployment(tmp_path_factory.mktemp("deployment"))
    try:
        system.up()
        yield system
    finally:
        system.down()


def script(name):
    """Load a script of the deployment."""
    specification = importlib.util.spec_from_file_location(name, ROOT / f"deploy/{name}.py")
    found = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(found)
    return found


def lock_of(name):
    folder = {"bootstrap": "deploy", "simulator": "libs"}.get(name, "services")
    return ROOT / folder / name / "requirements.lock"


def variables_of(service):
    """Answer the names in a service's environment in compose.yaml, in every world that it is run in."""
    blocks = [block for name, block in compose()["services"].items() if name.removesuffix("-sim") == service]
    blocks += [block for name, block in compose()["services"].items() if name == f"{service}-live"]
    return set().union(*(block["environment"] for block in blocks))
