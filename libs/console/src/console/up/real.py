"""The gates that a run with real money stands behind. Each is the owner's own act; none has a default that opens it."""

from collections.abc import Callable, Mapping

from console.errors import EXIT_USAGE, ConsoleError

WORDS = "I UNDERSTAND"
SWITCHES = ("PAPER_TRADING", "DRY_RUN")
KEY = "POLYMARKET_PRIVATE_KEY"


def confirm(environment: Mapping[str, str], ask: Callable[[str], str] | None) -> str:
    """Answer the confirmation for the executor; `ask` is None where nobody is there to type it."""
    for name in SWITCHES:
        found = environment.get(name, "nothing")
        if found.strip().lower() != "false":
            raise ConsoleError(f"--live real: {name}: expected false in the environment, found {found}", EXIT_USAGE)
    if not (environment.get(KEY) or environment.get(f"{KEY}_FILE")):
        raise ConsoleError(f"--live real: expected {KEY}_FILE in the environment, found nothing", EXIT_USAGE)
    given = environment.get("LIVE_CONFIRMATION", "")
    if ask is not None and given != WORDS:
        given = ask(f"Orders will cost real money. Type {WORDS} to go on: ")
    if given.strip() != WORDS:
        raise ConsoleError(f"--live real: expected {WORDS} typed, or in LIVE_CONFIRMATION, found neither", EXIT_USAGE)
    return WORDS
