"""What the venue says of who asks: balances, heartbeats and API keys, each read into a record."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from common.errors import ParseError
from common.parsing import parse_int, parse_text
from executor.adapters.credentials import Credentials

UINT256_DIGITS_MAX = 78


@dataclass(frozen=True, slots=True)
class Balance:
    """What the venue believes that a wallet has, in integers of 1e-6; it remembers, and may be late."""

    balance: int
    allowances: tuple[tuple[str, int], ...]
    """By contract; under an empty name where the venue tells only one."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The id to send next, and whether the one that was sent was the one expected."""

    heartbeat_id: str
    is_accepted: bool


def read_balance(found: object) -> Balance:
    """Read a balance and its allowances, of which one without bound has 78 digits. Raises ParseError."""
    row = _object(found, "balance")
    several = row.get("allowances")
    if several is None:
        several = {"": row.get("allowance")}
    pairs = _object(several, "allowances").items()
    return Balance(
        _uint256(row.get("balance"), "balance"), tuple((key, _uint256(each, "allowance")) for key, each in pairs)
    )


def read_heartbeat_id(found: object) -> str:
    """Read the id to send next. Raises ParseError."""
    return parse_text(_object(found, "heartbeat").get("heartbeat_id"), "heartbeat_id")


def expected_heartbeat_id(found: object) -> str:
    """Read the id that a refused heartbeat should have had, empty where the refusal is about something else."""
    expected = found.get("heartbeat_id") if isinstance(found, dict) else None
    return expected if isinstance(expected, str) else ""


def read_credentials(found: object, address: str) -> Credentials:
    """Read an API key. Raises ParseError, which shows nothing of it."""
    row = _object(found, "API key", shown=False)
    key, secret, passphrase = (row.get(name) for name in ("apiKey", "secret", "passphrase"))
    if not isinstance(key, str) or not isinstance(secret, str) or not isinstance(passphrase, str):
        raise ParseError("wrong_type", expected="apiKey, secret and passphrase", found="(hidden)", where="API key")
    try:
        return Credentials(address=address, key=key, secret=SecretStr(secret), passphrase=SecretStr(passphrase))
    except ValueError as error:
        raise ParseError("bad_credentials", expected=str(error), found="(hidden)", where="API key") from None


def _object(found: object, where: str, *, shown: bool = True) -> Mapping[str, object]:
    if not isinstance(found, dict):
        raise ParseError("wrong_type", expected="an object", found=found if shown else "(hidden)", where=where)
    return found


def _uint256(found: object, where: str) -> int:
    """Read a whole number that may be longer than any that means something elsewhere."""
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= UINT256_DIGITS_MAX:
        return int(found)
    number = parse_int(found, where)
    if number < 0:
        raise ParseError("negative_size", expected="zero or more", found=found, where=where)
    return number
