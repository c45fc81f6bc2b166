"""What must hold before the first order may leave: each check is one question to the venue, and one clear sentence.

All that can be asked is asked, so that everything that is wrong is said at once. What a restart will not mend ends the
service for good (SettingsError); what it may (no connection, an unreadable answer) only ends this attempt.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from pydantic import SecretStr

from common.clock import Clock
from common.errors import PmArbError, SettingsError
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.account_checks import collateral_checks, credentials_check, may_open_check
from executor.adapters.live.check import Check, asked
from executor.adapters.live.geoblock import ask_access
from executor.adapters.live.hardening import memory_is_private
from executor.adapters.live.venue_clock import clock_offset_ms
from executor.adapters.signer import Signer
from executor.adapters.typed_data import EOA
from executor.adapters.venue_errors import RefusedError
from executor.settings import Settings, WalletSettings

ORDER_FORMAT = 2
"""The version of the venue's order format that the signer speaks."""

log = structlog.get_logger()
Discover = Callable[[], Awaitable[str]]
"""Finds out the address of the wallet that the key and the signature type mean."""


class NotReadyError(PmArbError):
    """Something did not hold at the start that may hold at the next one."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who trades, once it is known and the venue has said that it takes them."""

    signer: Signer
    credentials: Credentials


class Preflight:
    """The checks before the start. `prepare` is what the runtime calls; afterwards `account` is there."""

    def __init__(
        self, settings: Settings, wallet: WalletSettings, exchange: Exchange, clock: Clock, *, discover: Discover
    ) -> None:
        self._settings, self._wallet, self._exchange, self._clock = settings, wallet, exchange, clock
        self._discover = discover
        self._signer: Signer | None = None
        self._credentials: Credentials | None = None

    @property
    def account(self) -> Account:
        """Answer who trades; only after `prepare`."""
        assert self._signer is not None
        assert self._credentials is not None
        return Account(self._signer, self._credentials)

    async def prepare(self) -> None:
        """Ask everything, and raise one error with a line for each thing that is wrong."""
        checks = await self.checks()
        failed = [check for check in checks if not check.is_passed]
        for check in checks:
            log.info("preflight", check=check.name, passed=check.is_passed, found=check.found)
        if any(check.is_lasting for check in failed):
            raise SettingsError("\n".join(check.sentence for check in failed))
        if failed:
            raise NotReadyError("\n".join(check.sentence for check in failed))

    async def checks(self) -> tuple[Check, ...]:
        """Ask everything, and answer it in the order in which it is shown."""
        venue = await asyncio.gather(self._clock_check(), self._version_check(), self._access_check())
        wallet = await self._wallet_check()
        return (_memory_check(), *venue, wallet, *(await self._account_checks() if wallet.is_passed else ()))

    async def derive(self) -> Credentials:
        """Fetch the API key of the wallet's key, or make the first one. Raises a VenueError."""
        signer = self._signer
        assert signer is not None
        address = signer.wallet.key_address
        try:
            return await self._exchange.derive_api_key(address, signer.prove_address)
        except RefusedError:  # there is none yet
            return await self._exchange.create_api_key(address, signer.prove_address)

    async def _clock_check(self) -> Check:
        most = self._settings.venue_clock_skew_ms_max
        expected = f"this machine's clock within {most} ms of the venue's"

        async def ask() -> tuple[bool, str]:
            offset = await clock_offset_ms(self._exchange, self._clock)
            return abs(offset) <= most, f"{offset:+d} ms"

        return await asked("clock", expected, ask)

    async def _version_check(self) -> Check:
        async def ask() -> tuple[bool, str]:
            found = await self._exchange.version()
            return found == ORDER_FORMAT, f"version {found}"

        return await asked("order format", f"version {ORDER_FORMAT}", ask)

    async def _access_check(self) -> Check:
        async def ask() -> tuple[bool, str]:
            access = await ask_access(self._settings.geoblock_url)
            return not access.is_blocked, access.words

        return await asked("access", "an address from which the venue takes orders", ask)

    async def _wallet_check(self) -> Check:
        """Find out which wallet pays, and make the signer for it."""
        kind, given = self._settings.polymarket_signature_type, self._settings.polymarket_funder
        expected = f"the wallet of signature type {kind}"

        async def ask() -> tuple[bool, str]:
            funder = given or ("" if kind == EOA else await self._discover())
            try:
                self._signer = Signer(self._key, signature_type=kind, funder=funder)
            except ValueError as error:
                return False, str(error)
            return True, self._signer.wallet.funder

        return await asked("wallet", expected, ask)

    async def _account_checks(self) -> tuple[Check, ...]:
        known = await credentials_check(self._exchange, self._given_or_derived)
        if not known.is_passed:
            return (known,)
        assert self._signer is not None
        bankroll, kind = self._settings.initial_bankroll, self._signer.wallet.signature_type
        rest = await asyncio.gather(
            may_open_check(self._exchange), collateral_checks(self._exchange, kind, bankroll, self._clock)
        )
        return (known, rest[0], *rest[1])

    async def _given_or_derived(self) -> Credentials:
        wallet, signer = self._wallet, self._signer
        assert signer is not None
        key = wallet.polymarket_api_key.get_secret_value()
        if key:
            self._credentials = Credentials(
                address=signer.wallet.key_address, key=key, secret=wallet.polymarket_secret,
                passphrase=wallet.polymarket_passphrase,
            )  # fmt: skip
        else:
            self._credentials = await self.derive()
        return self._credentials

    @property
    def _key(self) -> SecretStr:
        return self._wallet.polymarket_private_key


def _memory_check() -> Check:
    is_private = memory_is_private()
    found = "switched off" if is_private else "switched on"
    return Check("core dumps", "switched off", found, is_passed=is_private, is_lasting=True)
