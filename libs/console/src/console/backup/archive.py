"""The file of a backup: a tar of one member a stream and a table, and a manifest that says what each must be.

Nothing of it is put back before every member has been found to be what the manifest says.
"""

import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from console.errors import ConsoleError

FORMAT = 1
MANIFEST = "manifest.json"
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class StreamCopy:
    """One stream: the server's own snapshot of it, and the configuration and state it had."""

    name: str
    config: dict[str, Any]
    state: dict[str, Any]

    @property
    def member(self) -> str:
        return f"streams/{self.name}.snapshot"

    @property
    def messages(self) -> int:
        return int(self.state["messages"])

    @property
    def last_sequence(self) -> int:
        return int(self.state["last_seq"])


@dataclass(frozen=True, slots=True)
class TablesCopy:
    """The ledger's tables, each as COPY writes it."""

    schema_version: int
    sequence: int
    """The last of the journal that is in them."""
    names: tuple[str, ...]

    @staticmethod
    def member(name: str) -> str:
        return f"tables/{name}.copy"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    streams: tuple[StreamCopy, ...]
    tables: TablesCopy | None = None
    world: dict[str, Any] | None = None
    """Of a `pm-arb up`: the world that its positions belong to."""
    hashes: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each member."""


@contextmanager
def drafting(out: Path) -> Iterator[Path]:
    """Give a folder beside the file to be written, where its members are collected; it is gone afterwards."""
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
            for name in ("streams", "tables"):
                Path(folder, name).mkdir()
            yield Path(folder)
    except OSError as error:
        raise ConsoleError(f"{out}: {error.strerror or error}: {error.filename or out.parent}") from None


def write(out: Path, folder: Path, manifest: Manifest) -> None:
    """Make the file of the members in a folder; whoever looks sees it whole or not at all. Only its owner reads it."""
    members = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    hashes = {name: digest(folder / name) for name in members}
    text = json.dumps({"format": FORMAT} | asdict(manifest) | {"hashes": hashes}, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    draft = folder / "draft.tar"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in (MANIFEST, *members):
                tar.add(folder / name, arcname=name, filter=_anonymous)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(out)


@contextmanager
def opened(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """Unpack a backup, make sure that it is whole, and give its manifest and the folder of its members."""
    try:
        with tempfile.TemporaryDirectory(prefix="pm-arb-restore-") as name:
            folder = Path(name)
            with tarfile.open(file, mode="r:") as tar:
                tar.extractall(folder, filter="data")
            manifest = _manifest(file, folder)
            _compare(file, folder, manifest)
            yield manifest, folder
    except (OSError, tarfile.TarError) as error:
        raise ConsoleError(f"{file}: expected a backup, found {type(error).__name__}: {error}") from None


def digest(path: Path) -> str:
    """Answer the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(file: Path, folder: Path) -> Manifest:
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if said.pop("format") != FORMAT:
            raise ConsoleError(f"{file}: expected a backup of format {FORMAT}, found another")
        tables = said["tables"]
        return Manifest(
            made_at=said["made_at"], streams=tuple(StreamCopy(**stream) for stream in said["streams"]),
            tables=TablesCopy(**tables | {"names": tuple(tables["names"])}) if tables else None,
            world=said["world"], hashes=said["hashes"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConsoleError(f"{file}: {MANIFEST}: expected what `pm-arb backup` writes, found {error!r}") from None


def _compare(file: Path, folder: Path, manifest: Manifest) -> None:
    wanted = {stream.member for stream in manifest.streams}
    if manifest.tables is not None:
        wanted |= {manifest.tables.member(name) for name in manifest.tables.names}
    for name in sorted(wanted | set(manifest.hashes)):
        expected, found = manifest.hashes.get(name), (folder / name).is_file() and digest(folder / name)
        if not expected or found != expected:
            raise ConsoleError(f"{file}: {name}: expected SHA-256 {expected}, found {found or 'no such member'}")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made it; nothing but its owner may read what is unpacked."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
