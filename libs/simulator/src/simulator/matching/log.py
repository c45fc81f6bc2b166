"""The engine's log as JSON: every operation there and back, and a replay that comes to the same state.

An operation is written as an object with its name under `operation` and its fields under their own names.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from simulator.matching.engine import Engine
from simulator.matching.operations import Operation

KINDS: dict[str, type[Operation]] = {kind.__name__: kind for kind in get_args(Operation)}
NAME = "operation"


def encode(operation: Operation) -> dict[str, Any]:
    """Write an operation down: numbers, texts, lists and objects only."""
    return {NAME: type(operation).__name__, **_written_fields(operation)}


def decode(written: dict[str, Any]) -> Operation:
    """Read an operation. Raises ValueError that says what was expected and what was found."""
    name = written.get(NAME)
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"expected an operation's name under {NAME!r}, found {name!r:.100}")
    read: Operation = _read_record(kind, {field: value for field, value in written.items() if field != NAME})
    return read


def replay(operations: Iterable[Operation]) -> Engine:
    """Apply operations to a new engine, and return it."""
    engine = Engine()
    for operation in operations:
        engine.apply(operation)
    return engine


def _written_fields(record: Any) -> dict[str, Any]:
    return {field.name: _written(getattr(record, field.name)) for field in fields(record)}


def _written(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    return _written_fields(value) if is_dataclass(value) else value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read_record(kind: type, found: Any) -> Any:
    """Read a record, all of whose fields must be there, and no others."""
    hints = _hints(kind)
    if not isinstance(found, dict) or found.keys() != hints.keys():
        raise ValueError(f"expected {kind.__name__} with {', '.join(hints)}, found {found!r:.200}")
    return kind(**{name: _read(hint, found[name]) for name, hint in hints.items()})


def _read(hint: Any, found: Any) -> Any:
    """Read a value of one of the types that operations are made of."""
    if isinstance(hint, UnionType):
        wanted, _ = get_args(hint)
        return None if found is None else _read(wanted, found)
    if get_origin(hint) is tuple:
        return _read_tuple(get_args(hint), found)
    if is_dataclass(hint) and isinstance(hint, type):
        return _read_record(hint, found)
    if issubclass(hint, Enum):
        return hint(found)
    if type(found) is not hint:
        raise ValueError(f"expected {hint.__name__}, found {found!r:.100}")
    return found


def _read_tuple(wanted: tuple[Any, ...], found: Any) -> tuple[Any, ...]:
    """Read a list: of any length where the type says so, or of one value for each type."""
    if not isinstance(found, list):
        raise ValueError(f"expected a list, found {found!r:.100}")  # noqa: TRY004 - what is read is refused, no bug
    if wanted[-1] is Ellipsis:
        return tuple(_read(wanted[0], each) for each in found)
    return tuple(_read(hint, each) for hint, each in zip(wanted, found, strict=True))
