"""What a fault can be told, field by field, and how an order's value is read: within bounds, or refused in words."""

from dataclasses import dataclass
from enum import StrEnum

Value = str | int | float | bool | None
TEXT_LENGTH_MAX = 200


class Kind(StrEnum):
    """What a field holds."""

    NUMBER = "number"
    WHOLE = "whole number"
    FLAG = "true or false"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a fault: what it means, what it is when it is left out, and its bounds."""

    name: str
    kind: Kind
    means: str
    default: Value = None
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    is_required: bool = False

    def read(self, found: object) -> Value:
        """Read a value. Raises ValueError that names what was expected and found."""
        if found is None and not self.is_required:
            return self.default
        match self.kind:
            case Kind.NUMBER | Kind.WHOLE:
                return self._number(found)
            case Kind.FLAG:
                if not isinstance(found, bool):
                    raise ValueError(f"{self.name} must be true or false, found {found!r}")  # noqa: TRY004 - refused
                return found
            case Kind.TEXT:
                return self._text(found)

    def described(self) -> dict[str, object]:
        """Describe the field for whoever asks what there is."""
        told: dict[str, object] = {"kind": self.kind.value, "means": self.means}
        if self.kind in (Kind.NUMBER, Kind.WHOLE):
            told |= {"from": self.low, "to": self.high}
        if self.choices:
            told["choices"] = list(self.choices)
        return told | ({"required": True} if self.is_required else {"default": self.default})

    def _number(self, found: object) -> int | float:
        if isinstance(found, bool) or not isinstance(found, int if self.kind is Kind.WHOLE else int | float):
            raise ValueError(f"{self.name} must be a {self.kind.value}, found {found!r}")  # noqa: TRY004 - refused
        if not self.low <= found <= self.high:
            raise ValueError(f"{self.name} must lie between {self.low:g} and {self.high:g}, found {found}")
        return found

    def _text(self, found: object) -> str:
        if not isinstance(found, str) or len(found) > TEXT_LENGTH_MAX:
            raise ValueError(f"{self.name} must be a text of at most {TEXT_LENGTH_MAX} characters, found {found!r}")
        if self.choices and found not in self.choices:
            raise ValueError(f"{self.name} must be one of {', '.join(self.choices)}, found {found!r}")
        if self.is_required and not found:
            raise ValueError(f"{self.name} must not be empty")
        return found
