"""Errors that say what was expected and what was found."""


class PmArbError(Exception):
    """The base of every error that this project raises on purpose."""


class ParseError(PmArbError):
    """Something from outside did not have the form that was expected.

    `code` names the kind of defect and is what is counted: it never contains the data itself.
    """

    def __init__(self, code: str, *, expected: str, found: object, where: str = "") -> None:
        self.code = code
        self.expected = expected
        self.found = _shorten(repr(found))
        self.where = where
        place = f" in {where}" if where else ""
        super().__init__(f"{code}{place}: expected {expected}, found {self.found}")


class SettingsError(PmArbError):
    """A setting was missing or wrong; the message has one line a variable."""


class BusError(PmArbError):
    """The bus could not do what was asked of it."""


class LeaseError(PmArbError):
    """Another replica has the lease: this one must end, or stand by."""


class MessageRefusedError(PmArbError):
    """A message on the bus was not one of the subject's own."""

    def __init__(self, subject: str, code: str, detail: str) -> None:
        self.subject = subject
        self.code = code
        super().__init__(f"{subject}: {code}: {detail}")


FOUND_CHARACTERS_MAX = 120


def _shorten(text: str) -> str:
    return text if len(text) <= FOUND_CHARACTERS_MAX else text[: FOUND_CHARACTERS_MAX - 1] + "…"
