"""Puts live trading together: gates, checks before the start, and the gateway that they let through."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from common.clock import Clock
from common.contracts.risk import OrderApproved
from common.errors import SettingsError
from executor.adapters.exchange import Exchange
from executor.adapters.live.dry_run import DryRunGateway
from executor.adapters.live.gates import admit
from executor.adapters.live.hardening import keep_memory_private
from executor.adapters.live.start import Preflight
from executor.adapters.live.wallet_process import WalletProcess
from executor.settings import Settings, WalletSettings


@dataclass(frozen=True, slots=True)
class LiveWay:
    """The way to the venue, and what must hold before it is taken."""

    gateway: DryRunGateway
    prepare: Callable[[], Awaitable[None]]


def compose(
    settings: Settings,
    clock: Clock,
    environment: Mapping[str, str],
    *,
    approval: Callable[[str], OrderApproved | None],
) -> LiveWay:
    """Put it together. Raises SettingsError, with a line per fault, where a gate is closed."""
    keep_memory_private()
    secrets = admit(settings, environment)
    _, checks = preflight(settings, secrets, clock, environment)
    if not settings.dry_run:
        raise SettingsError("DRY_RUN: real orders are not built in this version: expected true, found false")
    gateway = DryRunGateway(approval=approval, signer=lambda: checks.account.signer)
    return LiveWay(gateway, checks.prepare)


def preflight(
    settings: Settings, secrets: WalletSettings, clock: Clock, environment: Mapping[str, str]
) -> tuple[Exchange, Preflight]:
    """Put together the checks, and the client of the venue that they ask."""
    exchange = Exchange(settings.clob_url, clock)
    discover = WalletProcess(environment).address
    return exchange, Preflight(settings, secrets, exchange, clock, discover=discover)
