"""Asks `python -m executor wallet ...`: the venue's own client works in a process of its own, away from the trading."""

import asyncio
import contextlib
import sys
from collections.abc import Mapping

import orjson

from common.errors import PmArbError, SettingsError
from common.runtime.service import EXIT_SETTINGS

ANSWER_S_MAX = 90.0
REDEMPTION_S_MAX = 300.0
"""The relayer is asked for as long as 200 seconds what became of a transaction."""
WORDS_MAX = 500


class WalletProcessError(PmArbError):
    """The process did not do what it was asked; it said why in one line."""


class WalletProcess:
    """Runs one command at a time in a process of its own, with the environment that this one was started with."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    async def address(self) -> str:
        """Find out which wallet pays. Raises WalletProcessError and SettingsError."""
        return await self._ask("address", "", "address", ANSWER_S_MAX)

    async def redeem(self, condition_id: str) -> str:
        """Have a resolved market's winnings paid out; answer the transaction's hash. Raises WalletProcessError."""
        return await self._ask("redeem", condition_id, "transaction_hash", REDEMPTION_S_MAX)

    async def _ask(self, command: str, argument: str, field: str, within_s: float) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "executor", "wallet", command, *([argument] if argument else []),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )  # fmt: skip
        try:
            async with asyncio.timeout(within_s):
                out, errors = await process.communicate()
        except TimeoutError:
            raise WalletProcessError(
                f"wallet {command}: expected an answer within {within_s:g} s, found none"
            ) from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        words = errors.decode(errors="replace").strip()[-WORDS_MAX:]
        if process.returncode == EXIT_SETTINGS:
            raise SettingsError(words)
        try:
            return str(orjson.loads(out)[field])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise WalletProcessError(f"wallet {command}: {words or 'no answer that can be read'}") from None
