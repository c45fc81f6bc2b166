"""compose.yaml under a name, passwords and ports of its own, for the tests of the containers."""

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from common.contracts.subjects import SERVICES
from support.nats_server import free_port
from support.waiting import eventually

ROOT = Path(__file__).parents[2]
BUILT = (*SERVICES, "simulator", "bootstrap")
SIMULATED = {name: f"{name}-sim" for name in ("oracle", "venue", "alerter")}
"""Services that compose runs under another name in the simulated world, for there they are told other addresses."""
RUN = tuple(SIMULATED.get(name, name) for name in BUILT)
STARTED = (*RUN, "nats", "postgres", "prometheus")
"""All but Grafana, which only draws what Prometheus answers."""
PORTS = ("NATS_PORT", "POSTGRES_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")
TAG = "test"
HEALTHY_WITHIN_S = 120


def image(name):
    return f"pm-arb-{name}:{TAG}"


def docker(*arguments, **options):
    """Run docker and answer what it printed; what it complained of is in the failure."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr[-3000:]}"
    return done.stdout


class Deployment:
    """Bring it up, ask it, take it down."""

    def __init__(self, folder):
        self.project = f"pm-arb-{os.environ.get('PM_ARB_CI_RUN', os.getpid())}"
        self.file = folder / ".env"
        subprocess.run([ROOT / "deploy/secrets.sh", self.file], check=True, stdout=subprocess.DEVNULL)
        lines = self.file.read_text().splitlines()
        self.secrets = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+_PASSWORD=", line))
        self.ports = {name: str(free_port()) for name in PORTS}
        self.marker = secrets.token_hex(16)
        pip_conf = folder / "pip.conf"
        pip_conf.write_text(f"# {self.marker}\n" + Path(os.environ.get("PIP_CONF", os.devnull)).read_text())
        owner = {"OWNER_UID": str(os.getuid()), "OWNER_GID": str(os.getgid())}
        self.environment = os.environ | self.ports | owner | {"TAG": TAG, "PIP_CONF": str(pip_conf)}

    def compose(self, *arguments):
        command = (
            "compose",
            "--project-name",
            self.project,
            "--env-file",
            str(self.file),
            "--profile",
            "sim",
            *arguments,
        )
        return docker(*command, env=self.environment, cwd=ROOT)

    def up(self):
        self.compose("build", *RUN)
        began = time.monotonic()
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(HEALTHY_WITHIN_S), *STARTED)
        self.healthy_after_s = time.monotonic() - began

    @contextlib.contextmanager
    def built_again(self, name):
        """Build an image with nothing kept from the build before; answer its name."""
        again, secret = f"pm-arb-{name}-again:{TAG}", f"id=pip_conf,src={self.environment['PIP_CONF']}"
        try:
            docker(
                "buildx", "build", "--quiet", "--no-cache", "--load", "--secret", secret, "--build-arg", f"SERVICE={name}",
                "--file", "deploy/Dockerfile", "--tag", again, ".", cwd=ROOT,
            )  # fmt: skip
            yield again
        finally:
            docker("image", "rm", "--force", again)

    def down(self):
        try:
            self.compose("--profile", "live", "down", "--volumes", "--remove-orphans", "--timeout", "20")
        except AssertionError as refused:
            # An engine may keep an endpoint of a container that is gone, and its network with it, until it is restarted.
            if "has active endpoints" not in str(refused) or self.compose("ps", "--all", "--quiet").strip():
                raise
        docker("image", "rm", "--force", *map(image, BUILT))

    def health(self):
        """Answer each container's health, or its state where it has no health check."""
        rows = [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").splitlines()]
        return {row["Service"]: row["Health"] or row["State"] for row in rows}

    async def is_healthy(self, within_s=120):
        wanted = dict.fromkeys(STARTED, "healthy")
        await eventually(lambda: self.health() == wanted, within_s=within_s, every_s=1, why="every container healthy")

    async def is_ready(self, within_s=60):
        """Wait until Prometheus has heard from every service that it can do its job."""
        query = 'sum(pm_arb_ready) == sum(up{job="pm-arb"})'
        await eventually(
            lambda: [float(row["value"][1]) for row in self.query(query)] == [len(SERVICES)],
            within_s=within_s, every_s=1, why="every service ready",
        )  # fmt: skip

    def containers(self):
        """Inspect every container."""
        return json.loads(docker("inspect", *self.compose("ps", "--all", "--quiet").split()))

    def pm_arb(self, *arguments):
        """Run the operator's command against the published ports, as the runbook has it."""
        ports, known = self.ports, self.secrets
        where = {
            "NATS_URL": f"nats://127.0.0.1:{ports['NATS_PORT']}",
            "DATABASE_URL": f"postgresql://pm_arb:{known['POSTGRES_PASSWORD']}@127.0.0.1:{ports['POSTGRES_PORT']}/pm_arb",
        }
        done = subprocess.run(
            [sys.executable, "-m", "console", *arguments], env=os.environ | known | where, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def inside(self, name, code):
        """Run a line of Python in a service's container and answer what it printed, its error included."""
        command = ("exec", "-T", SIMULATED.get(name, name), "python", "-I", "-S", "-c", code)
        return self.compose(*command).strip()

    def select(self, query):
        """Answer the rows of a query on the ledger's database, as lines."""
        return self.compose("exec", "-T", "postgres", "psql", "-U", "pm_arb", "-Atc", query).splitlines()

    def query(self, expression):
        return self.prometheus("query", query=expression)["result"]

    def prometheus(self, path, **parameters):
        url = f"http://127.0.0.1:{self.ports['PROMETHEUS_PORT']}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def rules(self):
        """Answer every alert rule as Prometheus sees it now."""
        return [rule for group in self.prometheus("rules")["groups"] for rule in group["rules"]]

    def journal(self):
        """Answer the sequence of the journal's last message, as the server itself knows it."""
        url = "http://127.0.0.1:8222/jsz?accounts=true&streams=true"
        told = json.loads(self.compose("exec", "-T", "nats", "wget", "-q", "-O", "-", url))
        streams = {stream["name"]: stream for stream in told["account_details"][0]["stream_detail"]}
        return streams["JOURNAL"]["state"]["last_seq"]

    def say(self, line):
        """Say one line to NATS as anyone on the loopback can, and answer what the server says to it."""
        payload = "\r\n" if line.startswith("PUB") else ""
        with socket.create_connection(("127.0.0.1", int(self.ports["NATS_PORT"])), timeout=5) as connection:
            connection.sendall(f"{line}\r\n{payload}PING\r\n".encode())
            heard = b""
            while b"PONG" not in heard and (more := connection.recv(65536)):
                heard += more
        return heard.decode()

    def live(self, code, secrets):
        """Run a line of Python where the live executor would run, given a folder of secrets, and answer what it printed.

        It is not started: it would ask the real venue.
        """
        mounted = secrets.parent / "live.yaml"
        mounted.write_text(
            f'services: {{executor-live: {{volumes: ["{secrets}:/run/wallet/secrets:ro"]}}}}\n', encoding="utf-8"
        )
        files = ("--file", str(ROOT / "compose.yaml"), "--file", str(mounted))
        run = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "python", "executor-live", "-c", code)
        return self.compose(*files, "--profile", "live", *run).strip()

    @contextlib.contextmanager
    def somebody_outside(self):
        """Have somebody to talk to on the network that leads outside, which `live` has made and `down` removes; answer where."""
        network = f"{self.project}_outside"
        run = ("run", "--detach", "--rm", "--network", network, "--entrypoint", "python", image("bootstrap"))
        container = docker(*run, "-m", "http.server", "8000", "--directory", "/home").strip()
        try:
            yield json.loads(docker("inspect", container))[0]["NetworkSettings"]["Networks"][network]["IPAddress"]
        finally:
            docker("rm", "--force", container)
