"""Faults as they were ordered: read strictly, and counted down as they happen."""

from dataclasses import dataclass

from simulator.faults.fields import Value
from simulator.faults.table import BY_NAME, Fault

MATCHED_EXACTLY = ("method", "address", "key", "channel")


@dataclass(frozen=True, slots=True)
class Armed:
    """A fault with its fields, whatever was left out filled in."""

    fault: Fault
    values: dict[str, Value]

    @property
    def name(self) -> str:
        return self.fault.name

    def number(self, key: str, default: float) -> float:
        """Return a number, or the default where the order left it open."""
        found = self.values.get(key)
        return default if found is None or isinstance(found, str | bool) else found

    def text(self, key: str, default: str = "") -> str:
        found = self.values.get(key)
        return found if isinstance(found, str) else default

    def flag(self, key: str, default: bool = False) -> bool:
        found = self.values.get(key)
        return found if isinstance(found, bool) else default

    def concerns(self, about: dict[str, str]) -> bool:
        """Say whether a chance is one that was meant. Capitals of addresses and keys do not matter."""
        path = self.text("path")
        if path and not about.get("path", "").startswith(path):
            return False
        wanted = ((name, self.text(name)) for name in MATCHED_EXACTLY)
        return all(not text or text.lower() == about.get(name, "").lower() for name, text in wanted)


def read(order: object) -> Armed:
    """Read an order: {"name": ..., fields}. Raises ValueError that names what was expected and found."""
    if not isinstance(order, dict):
        raise ValueError(f"expected an object with the name of a fault, found {order!r:.100}")  # noqa: TRY004 - a refusal
    name = order.get("name")
    fault = BY_NAME.get(name) if isinstance(name, str) else None
    if fault is None:
        raise ValueError(f"name must be one of {', '.join(BY_NAME)}, found {name!r:.100}")
    names = [field.name for field in fault.fields]
    for key in order:
        if key != "name" and key not in names:
            raise ValueError(f"{fault.name} has no field {key!r:.100}; expected {', '.join(names)}")
    values = {field.name: field.read(order.get(field.name)) for field in fault.fields}
    path = values.get("path")
    if isinstance(path, str) and path and (not path.startswith("/") or path.startswith("/clob/")):
        raise ValueError(f"path must begin with / and leave out /clob, found {path!r}")
    return Armed(fault, values)


class Pending:
    """A counted fault: so many chances are let pass, then so many are hit."""

    def __init__(self, armed: Armed) -> None:
        self.armed = armed
        self._passes = int(armed.number("after", 0))
        self.left = int(armed.number("count", 1))

    def hits(self) -> bool:
        """Use up one chance, and say whether the fault happens at it."""
        if self._passes > 0:
            self._passes -= 1
            return False
        self.left -= 1
        return True
