"""Plays a service's tape into a fresh core, and compares what it answers to the byte."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from common.contracts.subjects import SERVICES
from common.errors import ParseError, SettingsError
from common.runtime.core import Core
from common.runtime.tape import Difference, Reader, play
from common.settings import load
from console.errors import EXIT_USAGE, ConsoleError


@dataclass(frozen=True, slots=True)
class Playback:
    """What came of playing a tape."""

    service: str
    inputs: int
    difference: Difference | None


def play_tape(path: Path, service: str) -> Playback:
    """Play a tape of a service from its start; raises ConsoleError that says what is wrong with it."""
    try:
        reader = Reader.open(path)
        _check(reader.header, service, path)
        core = _fresh_core(service, reader.header)
        inputs, difference = play(iter(reader), core)
    except OSError as error:
        raise ConsoleError(f"{path}: expected a tape, found {error.strerror}", EXIT_USAGE) from None
    except ParseError as error:
        raise ConsoleError(f"{path}: {error}", EXIT_USAGE) from None
    return Playback(service, inputs, difference)


def _check(header: dict[str, Any], service: str, path: Path) -> None:
    if service not in SERVICES:
        raise ConsoleError(f"--service: expected one of {', '.join(SERVICES)}, found {service}", EXIT_USAGE)
    if header.get("service") != service:
        raise ConsoleError(f"{path}: expected a tape of {service}, found one of {header.get('service')}", EXIT_USAGE)
    if not header.get("from_start"):
        raise ConsoleError(
            f"{path}: expected the first file of a run, found file {header.get('file')}: "
            "a core can only be played from its start",
            EXIT_USAGE,
        )


def _fresh_core(service: str, header: dict[str, Any]) -> Core:
    """Build the core with the settings that the tape was recorded under."""
    settings = import_module(f"{service}.settings").Settings
    try:
        assembly = import_module(f"{service}.service").assemble(
            load(settings, _environment(header.get("settings", {})))
        )
    except SettingsError as error:
        raise ConsoleError(f"settings of the tape: {error}", EXIT_USAGE) from None
    core: Core = assembly.core
    return core


def _environment(settings: dict[str, Any]) -> dict[str, str]:
    """Write settings as the environment that they came from."""
    return {name.upper(): _text(value) for name, value in settings.items() if value is not None}


def _text(value: object) -> str:
    if not isinstance(value, list):
        return str(value)
    return ",".join(":".join(map(str, part)) if isinstance(part, list) else str(part) for part in value)
