"""The folder in which a run keeps its state, and how other commands find the system that runs from it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from console.errors import ConsoleError

CREATED_TOLERANCE_S = 1.0
PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Where everything of a run lives."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def run(self) -> Path:
        return self.root / "run.json"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def pids(self) -> Path:
        return self.root / "pids.json"

    @property
    def report(self) -> Path:
        return self.root / "report.json"

    @property
    def world(self) -> Path:
        return self.root / "world.json"

    @property
    def truths(self) -> Path:
        return self.root / "truths.json"

    @property
    def wallet_key(self) -> Path:
        """The key of the throw-away wallet on the simulated exchange."""
        return self.root / "wallet" / "private-key"

    @property
    def venue(self) -> Path:
        """What the simulated exchange remembers from one run to the next."""
        return self.root / "venue"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def nats(self) -> Path:
        return self.root / "nats"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    def prepare(self) -> None:
        """Create the folder and its parts that hold nothing yet."""
        for folder in (self.root, self.logs, self.nats):
            folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one run; a second one is refused. The lock dies with its process."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self.lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                running = find_running(self)
                by = f" as process {running.pid}" if running else ""
                message = f"{self.root}: a system already runs from here{by}: stop it with `pm-arb stop`"
                raise ConsoleError(message) from None
            yield


@dataclass(frozen=True, slots=True)
class Running:
    """What other commands need to know of a system that runs. Passwords are not in it."""

    pid: int
    created: float
    started_at: int
    world: str
    nats_url: str
    database_url: str
    simulator_url: str = ""
    http_ports: Mapping[str, int] = field(default_factory=dict)


def find_running(folder: StateFolder) -> Running | None:
    """Answer the system that runs from a folder, or None when its process is gone."""
    try:
        running = Running(**read_json(folder.run))
    except (OSError, ValueError, TypeError):
        return None
    return running if is_same_process(running.pid, running.created) else None


def write_running(folder: StateFolder, running: Running) -> None:
    write_json(folder.run, asdict(running))


def read_secrets(folder: StateFolder) -> dict[str, str]:
    """Read the passwords of the running system; empty when there are none or they are not for this user."""
    try:
        return {str(user): str(password) for user, password in read_json(folder.secrets).items()}
    except (OSError, ValueError):
        return {}


def is_same_process(pid: int, created: float) -> bool:
    """Say whether a process lives that is the one recorded, not another that got its number."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < CREATED_TOLERANCE_S and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raises OSError or ValueError."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a JSON object, found {type(content).__name__}")  # noqa: TRY004 - see docstring
    return content


def write_json(path: Path, content: Mapping[str, Any], mode: int = 0o644) -> None:
    """Write a JSON object so that a reader sees the old one or the new one, never half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    draft.replace(path)


def forget(folder: StateFolder) -> None:
    """Remove everything that a run keeps; what is not ours in the folder stays."""
    for path in (folder.nats, folder.postgres, folder.logs, folder.wallet_key.parent, folder.venue):
        shutil.rmtree(path, ignore_errors=True)
    for path in (folder.run, folder.secrets, folder.pids, folder.report, folder.world, folder.truths):
        path.unlink(missing_ok=True)
