"""How a command reaches the system: as the environment says, else by what `pm-arb up` left in its folder."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from nats import errors as nats_errors
from nats.aio.client import Client

from common.bootstrap.nats_config import password_variable
from common.errors import PmArbError
from console.errors import ConsoleError
from console.state import StateFolder, find_running, read_secrets

STATE = Path("build/run")
CONNECT_TIMEOUT_S = 3

StateOption = Annotated[Path, typer.Option("--state", help="The state folder of the `pm-arb up` that is meant.")]
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

    client = Client()
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
