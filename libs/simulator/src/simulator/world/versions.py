"""Which version of the protocol a market belongs to, and the ids that it has there.

A condition of version 2 is 31 bytes: the module that holds it, 16 bytes of its own, zeros. Its two positions are that
number followed by the outcome's byte, so their ids are consecutive. The catalogue writes the 31 bytes; everybody else
writes 32, the last of them zero.
"""

from dataclasses import dataclass

from simulator.world.chance import digits, stream, uniform
from simulator.world.settings import WorldSettings

FIRST, SECOND = "v1", "v2"
CARRYING_SHARE = 0.35
"""Of the markets of version 1 that carry position ids too, which nobody can trade."""
BINARY_MODULE = "01"
OWN_DIGITS = 32
CONDITION_DIGITS = 64
CATALOGUE_LENGTH = len("0x") + 62


@dataclass(frozen=True, slots=True)
class Identity:
    """A market's version and ids. `position_ids` is empty where the catalogue names none."""

    version: str
    condition_id: str
    tokens: tuple[str, str]
    position_ids: tuple[str, ...]


def identity_of(settings: WorldSettings, slug: str) -> Identity:
    """Derive a market's ids from the seed and its name."""
    name = f"{settings.seed}:{slug}"
    chance = stream(settings.seed, "version", slug)
    condition_id = BINARY_MODULE + digits(f"{name}:module", OWN_DIGITS)
    condition_id = f"0x{condition_id.ljust(CONDITION_DIGITS, '0')}"
    number = int(condition_id, 16)
    positions = (str(number), str(number + 1))
    if uniform(chance, 0) < settings.version_two_share:
        return Identity(SECOND, condition_id, positions, positions)
    carries = settings.version_two_share > 0 and uniform(chance, 1) < CARRYING_SHARE
    return Identity(
        version=FIRST,
        condition_id="0x" + digits(f"{name}:condition", CONDITION_DIGITS),
        tokens=(_token(f"{name}:up"), _token(f"{name}:down")),
        position_ids=positions if carries else (),
    )


def catalogue_condition_id(version: str, condition_id: str) -> str:
    """Write a condition id as the catalogue does."""
    return condition_id[:CATALOGUE_LENGTH] if version == SECOND else condition_id


def _token(name: str) -> str:
    return str(int(digits(name, CONDITION_DIGITS), 16))
