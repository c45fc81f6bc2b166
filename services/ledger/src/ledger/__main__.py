"""Runs the service: `python -m ledger`. Makes its tables anew from the journal: `python -m ledger rebuild`."""

import argparse
import asyncio
import sys

import asyncpg

from common.errors import PmArbError, SettingsError
from common.runtime.service import EXIT_SETTINGS, main
from common.settings import load
from ledger.service import assemble, rebuild_from_journal
from ledger.settings import Settings

FAILURES = (PmArbError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def rebuild(*, forget_older: bool) -> int:
    """Rebuild, and say what came of it in one line; answer the exit code."""
    try:
        count = asyncio.run(rebuild_from_journal(load(Settings), forget_older=forget_older))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    except FAILURES as error:
        sys.stderr.write(f"ledger rebuild: {type(error).__name__}: {error}\n")
        return 1
    sys.stdout.write(f"ledger rebuild: {count} events stored\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ledger", description="Writes down in Postgres what happened.")
    commands = parser.add_subparsers(dest="command", title="commands", description="Without one, the service runs.")
    command = commands.add_parser("rebuild", help="drop the tables and make them anew from the journal")
    command.add_argument(
        "--forget-older", action="store_true", help="even if the journal no longer holds all that the tables do"
    )
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    if arguments.command == "rebuild":
        raise SystemExit(rebuild(forget_older=arguments.forget_older))
    main(Settings, assemble)
