"""Which processes are ours, on disk, so that what an earlier run left behind can be ended and nothing else."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from console.state import is_same_process, read_json, write_json

END_WITHIN_S = 5.0


class Registry:
    """The processes of this run, by name. Each is known by its number and the moment of its birth."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, dict[str, float]] = {}

    def add(self, name: str, pid: int) -> None:
        try:
            created = psutil.Process(pid).create_time()
        except psutil.Error:
            return
        self._entries[name] = {"pid": pid, "created": created}
        self._save()

    def remove(self, name: str) -> None:
        if self._entries.pop(name, None) is not None:
            self._save()

    def _save(self) -> None:
        write_json(self._path, {"processes": self._entries})


def leftovers(path: Path) -> dict[str, int]:
    """Find the processes of an earlier run that still live, by name."""
    try:
        entries: dict[str, Any] = read_json(path).get("processes", {})
        recorded = {name: (int(entry["pid"]), float(entry["created"])) for name, entry in entries.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: pid for name, (pid, created) in recorded.items() if is_same_process(pid, created)}


def end(pids: dict[str, int], within_s: float = END_WITHIN_S, say: Callable[[str], None] = lambda _line: None) -> None:
    """End processes: ask, wait, and kill what is still there."""
    processes = []
    for name, pid in pids.items():
        try:
            process = psutil.Process(pid)
            process.terminate()
        except psutil.Error:
            continue
        say(f"ended {name} (process {pid}), left behind by an earlier run")
        processes.append(process)
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    for process in alive:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(alive, timeout=within_s)


def wait_gone(pid: int, created: float, within_s: float) -> bool:
    """Wait until a process is gone; say whether it is."""
    deadline = time.monotonic() + within_s
    while is_same_process(pid, created):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
