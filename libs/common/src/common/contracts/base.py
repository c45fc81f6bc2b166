"""What every message has in common, and the field types that keep it strict.

A message is frozen and strict: an unknown type or a field of the wrong type is refused, a boolean never travels as
text. A field that is not known is ignored, so that a message may grow while older readers run.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common import money, parsing

Price = Annotated[money.Price, Field(ge=0, le=1)]
Shares = Annotated[money.Shares, Field(ge=0)]
Usd = money.Usd
UnderlyingPrice = Annotated[money.UnderlyingPrice, Field(gt=0)]
Symbol = Annotated[parsing.Symbol, Field(pattern=r"^[A-Z]{2,5}$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
"""A text that can be one token of a subject."""

EVENT_TYPES: dict[str, type["Event"]] = {}
"""Every event by the value of its `type` field; used to play tapes back."""


class Record(BaseModel):
    """A frozen part of a message."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Event(Record):
    """Something that happened. Past tense; never changed once published."""

    may_be_shed: ClassVar[bool] = True
    """Whether a service under load may drop it unread, when it came without a need to be acknowledged."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "type" in cls.model_fields:
            EVENT_TYPES[str(cls.model_fields["type"].default)] = cls

    @property
    def identity(self) -> str:
        """The id that a second publication of the same event shares; empty for market data, which has none."""
        return str(getattr(self, "event_id", ""))

    def to_json(self) -> bytes:
        """Encode for the wire: compact JSON, decimals as strings."""
        return self.__pydantic_serializer__.to_json(self)
