"""What a core was told, in order and with its `now`; played back, it answers the same to the byte.

A tape is a bounded set of files, rotated, off by default. Each begins with a header line; each later line is
`{"phase", "now", "event"}`, a tab, and the outcome's exact JSON or `null`. The phase is `recover` (observed only) or
`live`. Only the first file of a run can be played from a fresh core; its header says so.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TextIO

from common.clock import Instant
from common.contracts.base import EVENT_TYPES, Event
from common.errors import ParseError
from common.runtime.core import Core
from common.settings import ServiceSettings

FORMAT = "pm-arb-tape-1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tape. `outcome` is the exact JSON that was decided on, None when nothing followed."""

    phase: str
    now: Instant
    event: Event
    outcome: bytes | None


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a played tape gave something else."""

    line: int
    event: str
    expected: bytes | None
    found: bytes | None


class Tape:
    """Writes what the core is told. Rotates at `bytes_max` and keeps the newest `files_max` files."""

    def __init__(self, folder: Path, service: str, settings: dict[str, Any], *, bytes_max: int, files_max: int) -> None:
        self._folder, self._service, self._settings = folder, service, settings
        self._bytes_max, self._files_max = bytes_max, files_max
        self._number, self._written = 0, 0
        folder.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = self._open()

    def record(self, event: Event, now: Instant, outcome: Event | None, phase: str = "live") -> None:
        """Add one line."""
        told = event.to_json().decode()
        answered = "null" if outcome is None else outcome.to_json().decode()
        line = f'{{"phase":"{phase}","now":{now},"event":{told}}}\t{answered}\n'
        if self._written + len(line) > self._bytes_max:
            self._file.close()
            self._number += 1
            self._file = self._open()
        self._file.write(line)
        self._written += len(line)

    def close(self) -> None:
        """Write out what is buffered."""
        self._file.close()

    def _open(self) -> TextIO:
        path = self._folder / f"{self._service}-{self._number:04d}.jsonl"
        (self._folder / f"{self._service}-{self._number - self._files_max:04d}.jsonl").unlink(missing_ok=True)
        header = {
            "format": FORMAT, "service": self._service, "file": self._number, "from_start": self._number == 0,
            "settings": self._settings,
        }  # fmt: skip
        file = path.open("w", encoding="utf-8")
        self._written = file.write(json.dumps(header) + "\n")
        return file


def open_tape(service: str, settings: ServiceSettings) -> Tape | None:
    """Begin a tape where the settings ask for one; no secret is in its header."""
    if settings.tape_dir is None:
        return None
    return Tape(
        settings.tape_dir, service, settings.model_dump(mode="json", exclude={"nats_password"}),
        bytes_max=settings.tape_bytes_max, files_max=settings.tape_files_max,
    )  # fmt: skip


class Reader:
    """Reads a tape back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open(encoding="utf-8") as file:
            self.header: dict[str, Any] = _header(file.readline(), path)

    def __iter__(self) -> Iterator[Entry]:
        with self._path.open(encoding="utf-8") as file:
            file.readline()
            for number, line in enumerate(file, start=2):
                yield _entry(line, number)

    @classmethod
    def open(cls, path: Path) -> Self:
        return cls(path)


def play(entries: Iterator[Entry], core: Core) -> tuple[int, Difference | None]:
    """Tell a fresh core what the tape says; answer how many inputs it had and the first difference, if any."""
    count = 0
    for count, entry in enumerate(entries, start=1):
        if entry.phase == "recover":
            core.observe(entry.event)
            continue
        outcome = core.decide(entry.event, entry.now)
        found = None if outcome is None else outcome.to_json()
        if found != entry.outcome:
            return count, Difference(count + 1, str(getattr(entry.event, "type", "")), entry.outcome, found)
        core.observe(entry.event)
        if outcome is not None:
            core.observe(outcome)
    return count, None


def _header(line: str, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except json.JSONDecodeError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ParseError("not_a_tape", expected=f"a first line with format {FORMAT}", found=line[:80], where=str(path))
    return header


def _entry(line: str, number: int) -> Entry:
    try:
        told, answered = line.rstrip("\n").split("\t")
        raw = json.loads(told)
        kind = EVENT_TYPES[raw["event"]["type"]]
        event = kind.model_validate_json(json.dumps(raw["event"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError("bad_tape_line", expected="an input", found=str(error), where=f"line {number}") from None
    outcome = None if answered == "null" else answered.encode()
    return Entry(raw["phase"], Instant(raw["now"]), event, outcome)
