"""The throw-away wallet of a run on the simulated exchange: made once, given its money once, its key in one file.

The key is in that file and nowhere else: no environment, no command line, no log and no output has it. A second run
goes on with the same wallet.
"""

import os
import secrets
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from console.errors import ConsoleError
from console.state import PRIVATE_MODE, StateFolder

DEPOSIT_WALLET = 3
"""The signature type of the wallets that the venue makes for its users today."""
PRIVATE_FOLDER_MODE = 0o700
KEY_BYTES = 32
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Wallet:
    """Whose key it is, which address pays, and where the key lies."""

    address: str
    funder: str
    key_file: Path


async def open_wallet(folder: StateFolder, simulator_url: str, bankroll: Decimal) -> Wallet:
    """Answer the wallet of a state folder; where the exchange has never seen it, give it exactly the bankroll."""
    address = _address_of(_key_file(folder))
    async with httpx.AsyncClient(base_url=simulator_url, timeout=TIMEOUT_S, trust_env=False) as client:
        funder = _deposit_wallet(await _asked(client, "GET", f"/sim/accounts/{address}"))
        if not funder:
            order = f'{{"address":"{address}","signature_type":{DEPOSIT_WALLET},"usd":{bankroll:f}}}'
            funder = _deposit_wallet(await _asked(client, "POST", "/sim/accounts", order))
    if not funder:
        raise ConsoleError(f"simulator at {simulator_url}: expected a deposit wallet of {address}, found none")
    return Wallet(address, funder, folder.wallet_key.resolve())


def _key_file(folder: StateFolder) -> Path:
    """Make the key if there is none yet; an existing file is never written again."""
    path = folder.wallet_key
    path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"0x{secrets.token_hex(KEY_BYTES)}\n")
    return path


def _address_of(path: Path) -> str:
    from executor.adapters.signer import Signer  # noqa: PLC0415 - a run on paper must not even load the signer

    try:
        return Signer(SecretStr(path.read_text(encoding="ascii"))).wallet.key_address.lower()
    except (OSError, ValueError) as error:
        raise ConsoleError(
            f"{path}: expected the key of this folder's wallet: {error}; --fresh makes a new one"
        ) from None


async def _asked(client: httpx.AsyncClient, method: str, path: str, content: str | None = None) -> Any:
    try:
        answer = await client.request(method, path, content=content)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ConsoleError(f"simulator: {method} {path}: {error}") from None


def _deposit_wallet(account: Any) -> str:
    """Name the deposit wallet that the exchange has seen of a key; empty when it has seen none."""
    wallets = account["wallets"].items()
    return next((wallet for wallet, held in wallets if held["signature_type"] == DEPOSIT_WALLET), "")
