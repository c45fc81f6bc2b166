"""Runs the service: `python -m executor`. Looks after its wallet: `python -m executor wallet check|derive|...`."""

import argparse

from common.runtime.service import main
from executor.service import assemble
from executor.settings import Settings

WALLET_COMMANDS = {
    "check": "ask all that live trading asks before it starts",
    "derive": "fetch or make the API key, and write it into files in a folder",
    "address": "say which wallet pays",
    "approvals": "say what the venue's contracts may not take yet",
    "approve": "approve what is missing, on the chain",
    "redeem": "have the winnings of a resolved market paid out, given its condition id",
}
ARGUMENTS = {"derive": "folder", "redeem": "condition"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m executor", description="Trades what risk has approved.")
    commands = parser.add_subparsers(dest="command", title="commands", description="Without one, the service runs.")
    wallet = commands.add_parser("wallet", help="look after the wallet").add_subparsers(dest="action", required=True)
    for action, words in WALLET_COMMANDS.items():
        command = wallet.add_parser(action, help=words)
        if action in ARGUMENTS:
            command.add_argument("argument", metavar=ARGUMENTS[action])
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    if arguments.command == "wallet":
        from executor.adapters.wallet_commands import run

        raise SystemExit(run(arguments.action, getattr(arguments, "argument", "")))
    main(Settings, assemble)
