"""`python -m executor wallet ...`: what is done with a wallet apart from trading, one line of JSON as the answer.

Each command is a process of its own, so that neither the trading service nor the operator's console loads a wallet's
library, and what goes wrong in one ends nothing else.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.clock import SystemClock
from common.errors import PmArbError, SettingsError
from common.runtime.service import EXIT_SETTINGS
from common.settings import load
from executor.adapters.live.gates import admit_to_wallet, missing_gates
from executor.adapters.live.hardening import keep_memory_private
from executor.settings import Settings, WalletSettings

if TYPE_CHECKING:
    from executor.adapters.wallet import OfficialWallet

EXIT_FAILED = 1
PRIVATE_MODE = 0o600
FILE_NAMES = {"key": "api_key", "secret": "secret", "passphrase": "passphrase"}


def run(command: str, argument: str) -> int:
    """Run one command; answer the exit code. The answer goes to stdout, what is wrong to stderr."""
    try:
        keep_memory_private()
        settings = load(Settings)
        secrets = admit_to_wallet(settings, os.environ)
        answer = asyncio.run(COMMANDS[command](settings, secrets, argument))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    except PmArbError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    sys.stdout.write(f"{json.dumps(answer)}\n")
    return 0 if answer.get("passed", True) else EXIT_FAILED


Answer = dict[str, object]


async def check(settings: Settings, secrets: WalletSettings, _: str) -> Answer:
    """Ask all that the service asks before it starts, and which gates are still closed."""
    from executor.adapters.live.composition import preflight  # noqa: PLC0415 - it loads the signer's library

    exchange, checks = preflight(settings, secrets, SystemClock(), os.environ)
    try:
        found = await checks.checks()
    finally:
        await exchange.close()
    rows = [
        {"name": each.name, "expected": each.expected, "found": each.found, "passed": each.is_passed} for each in found
    ]
    closed = list(missing_gates(settings, secrets))
    return {"passed": all(each.is_passed for each in found), "checks": rows, "closed_gates": closed}


async def derive(settings: Settings, secrets: WalletSettings, folder: str) -> Answer:
    """Fetch or make the API key, and write its three parts into files that only this user can read."""
    made = (await _wallet(settings, secrets).credentials()).revealed()
    return {"files": _written(Path(folder), made)}


async def address(settings: Settings, secrets: WalletSettings, _: str) -> Answer:
    """Find out which wallet pays."""
    return {"address": await _wallet(settings, secrets).address()}


async def approvals(settings: Settings, secrets: WalletSettings, _: str) -> Answer:
    """Name what the venue's contracts may not take yet."""
    missing = await _wallet(settings, secrets).missing_approvals()
    return {"passed": not missing, "missing": list(missing)}


async def approve(settings: Settings, secrets: WalletSettings, _: str) -> Answer:
    """Approve what is missing."""
    await _wallet(settings, secrets).approve()
    return {"approved": True}


async def redeem(settings: Settings, secrets: WalletSettings, condition_id: str) -> Answer:
    """Have a resolved market's winnings paid out."""
    return {"transaction_hash": await _wallet(settings, secrets).redeem(condition_id)}


COMMANDS: dict[str, Callable[[Settings, WalletSettings, str], Coroutine[Any, Any, Answer]]] = {
    "check": check, "derive": derive, "address": address, "approvals": approvals, "approve": approve, "redeem": redeem,
}  # fmt: skip


def _written(folder: Path, made: dict[str, str]) -> dict[str, str]:
    """Write each part into its file; answer the settings that name them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part, name in FILE_NAMES.items():
        _write_private(folder / name, made[part])
    return {f"POLYMARKET_{name.upper()}_FILE": str((folder / name).resolve()) for name in FILE_NAMES.values()}


def _wallet(settings: Settings, secrets: WalletSettings) -> "OfficialWallet":
    from executor.adapters.wallet import OfficialWallet  # noqa: PLC0415 - only these commands load the venue's client

    return OfficialWallet(settings, secrets)


def _write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, not even for a moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
    draft.replace(path)
