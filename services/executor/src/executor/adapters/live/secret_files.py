"""Who can read the files that hold secrets. One that anybody else can read is refused before it is opened."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from executor.settings import WalletSettings

ROOT_USER = 0
DOTENV = Path(".env")


def secret_file_faults(environment: Mapping[str, str]) -> Iterator[str]:
    """Say, a line per file, which secrets' files others can read or change, and the command that mends it.

    The file must be the user's own and closed to all others. Where root has put it there for one of this process's
    groups to read, and for nobody to write, as Kubernetes does for `fsGroup` (0440), that will do.
    """
    for field in WalletSettings.model_fields:
        variable = f"{field.upper()}_FILE"
        if environment.get(variable):
            yield from _faults(variable, Path(environment[variable]))
    if any(_stands_in(DOTENV, field.upper()) for field in WalletSettings.model_fields):
        yield from _faults(str(DOTENV), DOTENV)


def _faults(name: str, path: Path) -> Iterator[str]:
    try:
        found = path.stat()
    except OSError as error:
        yield f"{name}: expected a readable file, found {error.strerror}: {path}"
        return
    if not stat.S_ISREG(found.st_mode):
        yield f"{name}: expected a regular file, found something else: {path}"
        return
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid not in {os.geteuid(), ROOT_USER}:
        yield (
            f"{name}: expected a file of this user ({os.geteuid()}), found one of user {found.st_uid}: "
            f"run `chown {os.geteuid()} {path}`"
        )
    elif mode & (stat.S_IRWXG | stat.S_IRWXO) and not _is_given_to_our_group(found, mode):
        yield f"{name}: expected mode 0600 or 0400, found {mode:04o}: run `chmod 600 {path}`"


def _is_given_to_our_group(found: os.stat_result, mode: int) -> bool:
    groups = {os.getegid(), *os.getgroups()}
    closed = not mode & (stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO)
    return closed and found.st_uid == ROOT_USER and os.geteuid() != ROOT_USER and found.st_gid in groups


def _stands_in(path: Path, variable: str) -> bool:
    """Whether a file of settings gives a secret itself; one that cannot be read gives nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.strip().startswith(f"{variable}=") and line.strip() != f"{variable}=" for line in lines)
