"""How a command reaches the system: as the environment says, else by what `pm-arb up` left in its folder."""

import asyncio
import os
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from nats import errors as nats_errors

from common.bootstrap.nats_config import password_variable
from common.bus.nats_prompt import PromptClient
from common.errors import PmArbError
from console.errors import EXIT_USAGE, ConsoleError
from console.state import StateFolder, find_running, read_secrets

STATE = Path("build/run")
STATES = {"paper": STATE, "sim": Path("build/live"), "real": Path("build/real")}
"""Where `pm-arb up` keeps its state unless told otherwise, by what it trades with: money of two kinds never mixes."""
CONNECT_TIMEOUT_S = 3


def that_runs(usual: Iterable[Path]) -> Path | None:
    """Answer that of the usual folders from which a system runs; which one is meant must be said where several do."""
    running = [folder for folder in usual if find_running(StateFolder(folder))]
    if len(running) > 1:
        names = ", ".join(str(folder) for folder in running)
        raise ConsoleError(f"several systems run, from {names}: say with --state which one is meant", EXIT_USAGE)
    return running[0] if running else None


def _meant(given: Path) -> Path:
    return given if given != STATE or os.environ.get("NATS_URL") else that_runs(STATES.values()) or given


StateOption = Annotated[
    Path, typer.Option("--state", help="The state folder of the `pm-arb up` that is meant.", callback=_meant)
]
AnswerT = TypeVar("AnswerT")


def run(work: Coroutine[Any, Any, AnswerT]) -> AnswerT:
    """Run a command's work; what the project refuses is said in one line."""
    try:
        return asyncio.run(work)
    except PmArbError as error:
        raise ConsoleError(str(error)) from None


def nats_url(folder: StateFolder) -> str:
    """Answer where the bus is: NATS_URL, else the running system's."""
    named = os.environ.get("NATS_URL")
    if named:
        return named
    running = find_running(folder)
    if running is None:
        raise ConsoleError(f"nothing runs from {folder.root}: start it with `pm-arb up`, or set NATS_URL")
    return running.nats_url


def password_of(user: str, folder: StateFolder) -> str:
    """Answer a user's password: by its variable (or the file that `<variable>_FILE` names), else the running system's.

    The variable is NATS_<USER>_PASSWORD, or <USER>_NATS_PASSWORD as the server itself is told it.
    """
    variables = (f"NATS_{user.upper()}_PASSWORD", password_variable(user))
    return next(filter(None, map(secret, variables)), "") or read_secrets(folder).get(user, "")


def secret(variable: str) -> str:
    """Read a variable, or the file that `<variable>_FILE` names; empty when neither is given."""
    path = os.environ.get(f"{variable}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConsoleError(f"{variable}_FILE: expected a readable file, found {error.strerror}: {path}") from None
    return os.environ.get(variable, "")


async def say(url: str, subject: str, text: str, *, user: str = "", password: str = "") -> None:
    """Publish a plain text and make sure that the server took it."""
    refused: list[str] = []

    async def failed(error: Exception) -> None:
        refused.append(str(error))

    client = PromptClient()
    try:
        await client.connect(
            url.split(","), user=user or None, password=password or None, inbox_prefix=f"_INBOX.{user or 'any'}",
            allow_reconnect=False, connect_timeout=CONNECT_TIMEOUT_S, error_cb=failed,
        )  # fmt: skip
        await client.publish(subject, text.encode())
        await client.flush(CONNECT_TIMEOUT_S)
    except (nats_errors.Error, OSError, TimeoutError) as error:
        what = refused[-1] if refused else f"{type(error).__name__} {error}".strip()
        raise ConsoleError(f"NATS at {url.rpartition('@')[2]}: {what}") from None
    finally:
        await client.close()
    if refused:
        raise ConsoleError(f"{subject}: the server refused it: {refused[-1]}")
