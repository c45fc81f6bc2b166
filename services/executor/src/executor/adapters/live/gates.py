"""The four gates to real money, and the one place where the wallet's secrets are read.

An order costs money only where PAPER_TRADING is false, there is a key, somebody has said `I UNDERSTAND`, and DRY_RUN is
false. A dry run needs the first two: it signs and posts nothing.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from common.errors import SettingsError
from common.settings import load
from executor.adapters.live.secret_files import secret_file_faults
from executor.settings import CONFIRMATION, Settings, WalletSettings

KEY = re.compile("0x[0-9a-fA-F]{64}")
API_KEY_NAMES = ("POLYMARKET_API_KEY", "POLYMARKET_SECRET", "POLYMARKET_PASSPHRASE")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


PAPER_GATE = "PAPER_TRADING=false"
KEY_GATE = "POLYMARKET_PRIVATE_KEY"
CONFIRMATION_GATE = f"LIVE_CONFIRMATION={CONFIRMATION}"
DRY_RUN_GATE = "DRY_RUN=false"
GATES = (PAPER_GATE, KEY_GATE, CONFIRMATION_GATE, DRY_RUN_GATE)


def admit(settings: Settings, environment: Mapping[str, str]) -> WalletSettings:
    """Read the wallet's secrets, where every gate that is needed stands open.

    Raises SettingsError: one sentence with all the gates that are closed, and a line for each other fault.
    """
    secrets = _read(settings, environment)
    needed = {PAPER_GATE, KEY_GATE} if settings.dry_run else set(GATES)
    missing = [gate for gate in missing_gates(settings, secrets) if gate in needed]
    faults = [*_gate_faults(missing), *_secret_faults(secrets)]
    if faults:
        raise SettingsError("\n".join(faults))
    return secrets


def admit_to_wallet(settings: Settings, environment: Mapping[str, str]) -> WalletSettings:
    """Read the wallet's secrets for what is no trading, where a key is all that it takes. Raises SettingsError."""
    secrets = _read(settings, environment)
    faults = list(_secret_faults(secrets))
    if not secrets.polymarket_private_key.get_secret_value():
        faults.append(f"{KEY_GATE}: expected 0x and 64 hexadecimal digits, found nothing")
    if faults:
        raise SettingsError("\n".join(faults))
    return secrets


def missing_gates(settings: Settings, wallet: WalletSettings | None) -> tuple[str, ...]:
    """Name every gate that is still closed; money can be spent only where there is none."""
    is_open = {
        PAPER_GATE: not settings.paper_trading,
        KEY_GATE: wallet is not None and bool(wallet.polymarket_private_key.get_secret_value()),
        CONFIRMATION_GATE: settings.live_confirmation == CONFIRMATION,
        DRY_RUN_GATE: not settings.dry_run,
    }
    return tuple(gate for gate, opened in is_open.items() if not opened)


def _read(settings: Settings, environment: Mapping[str, str]) -> WalletSettings:
    """Read the secrets, but for files that others can read too: those are not opened."""
    faults = [*secret_file_faults(environment), *_address_faults(settings)]
    if faults:
        raise SettingsError("\n".join(faults))
    return load(WalletSettings, dict(environment) if environment is not os.environ else None)


def _gate_faults(missing: Sequence[str]) -> Iterator[str]:
    if missing:
        yield f"real orders: expected {', '.join(GATES)}, found without {' and '.join(missing)}"


def _address_faults(settings: Settings) -> Iterator[str]:
    """Refuse to send credentials in the clear to anywhere but this machine or its own network."""
    for name, secure in (("clob_url", "https"), ("clob_user_ws_url", "wss"), ("relayer_url", "https")):
        url = str(getattr(settings, name))
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_near = host in LOOPBACK or (host and "." not in host)
        if not host or (parts.scheme != secure and not is_near):
            yield f"{name.upper()}: expected {secure}://, for it is told credentials, found {url}"


def _secret_faults(wallet: WalletSettings) -> Iterator[str]:
    key = wallet.polymarket_private_key.get_secret_value()
    if key and not KEY.fullmatch(key):
        yield f"{KEY_GATE}: expected 0x and 64 hexadecimal digits, found something else (hidden)"
    given = [name for name in API_KEY_NAMES if getattr(wallet, name.lower()).get_secret_value()]
    if given and len(given) < len(API_KEY_NAMES):
        yield f"{', '.join(API_KEY_NAMES)}: expected all three or none, found only {' and '.join(given)}"
