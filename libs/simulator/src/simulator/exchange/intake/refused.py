"""How an order is turned down."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as the exchange words it."""

    status: int
    words: str
    order_id: str = ""
    """Of an order that was killed, which alone are answered with their id."""
