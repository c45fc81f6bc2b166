"""Runs the service: `python -m alerter`. Sends one alert to see that it arrives: `python -m alerter test`."""

import argparse
import asyncio
import sys

from alerter.adapters.channel import Channel
from alerter.adapters.trial import a_trial
from alerter.service import assemble, channel_of
from alerter.settings import Settings
from common.clock import SystemClock
from common.errors import PmArbError, SettingsError
from common.runtime.service import EXIT_SETTINGS, main
from common.settings import load


def test() -> int:
    """Send it, and say in one line what came of it; answer the exit code."""
    try:
        taken_by = asyncio.run(_deliver(channel_of(load(Settings))))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    except PmArbError as error:
        sys.stderr.write(f"alerter test: expected the channel to take it, found {error}\n")
        return 1
    sys.stdout.write(f"A test alert was taken by {taken_by}.\n")
    return 0


async def _deliver(channel: Channel) -> str:
    if channel.result != "accepted":
        raise SettingsError("PUSHOVER_USER_KEY and PUSHOVER_API_TOKEN: expected both, found one or none")
    try:
        await channel.deliver(a_trial(SystemClock().now()))
    finally:
        await channel.close()
    return channel.name


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m alerter", description="Tells people what they must know.")
    commands = parser.add_subparsers(dest="command", title="commands", description="Without one, the service runs.")
    commands.add_parser("test", help="send one alert, to see that it arrives")
    return parser.parse_args()


if __name__ == "__main__":
    if _arguments().command == "test":
        raise SystemExit(test())
    main(Settings, assemble)
