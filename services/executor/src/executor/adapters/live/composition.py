"""Puts live trading together: gates, checks before the start, and the gateway that they let through."""

from collections.abc import Mapping

from common.clock import Clock
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.exchange import Exchange
from executor.adapters.live.gates import admit
from executor.adapters.live.gateway import LiveGateway
from executor.adapters.live.hardening import keep_memory_private
from executor.adapters.live.naming import OrderNamer
from executor.adapters.live.rules import LiveRules
from executor.adapters.live.start import Preflight
from executor.adapters.live.wallet_process import WalletProcess
from executor.core import Caps, OrderDesk
from executor.core.inputs import RedemptionAsked
from executor.core.tolerances import Tolerances
from executor.settings import Settings, WalletSettings


class LiveWay:
    """The way to the venue: the desk, the gateway, and what must hold before it is opened.

    Who trades is known only then: the wallet may have to be found out, and the API key to be fetched. Raises
    SettingsError, with a line per fault, where a gate to real money is closed.
    """

    def __init__(self, settings: Settings, clock: Clock, environment: Mapping[str, str], caps: Caps) -> None:
        keep_memory_private()
        secrets = admit(settings, environment)
        self._wallet = WalletProcess(environment)
        exchange, self._checks = preflight(settings, secrets, clock, environment)
        namer = OrderNamer()
        # The stream and the heartbeat have to be heard from before the first order leaves.
        self.desk = AttentiveDesk(OrderDesk(
            caps, mode="live", name_order=namer, awaits=("user_stream", "heartbeat"),
            tolerances=Tolerances(interval_ms=round(settings.reconcile_interval_s * 1000)),
        ))  # fmt: skip
        self.gateway = LiveGateway(
            exchange=exchange, desk=self.desk, namer=namer, clock=clock, rules=live_rules(settings),
            derive=self._checks.derive, redeem=self._redeem,
        )  # fmt: skip

    async def prepare(self) -> None:
        """Check all that must hold, and open the way. Raises SettingsError and NotReadyError."""
        await self._checks.prepare()
        account = self._checks.account
        self.gateway.open(account.signer, account.credentials)

    async def _redeem(self, asked: RedemptionAsked) -> None:
        await self._wallet.redeem(asked.market_id)


def preflight(
    settings: Settings, secrets: WalletSettings, clock: Clock, environment: Mapping[str, str]
) -> tuple[Exchange, Preflight]:
    """Put together the checks, and the client of the venue that they ask."""
    exchange = Exchange(settings.clob_url, clock)
    discover = WalletProcess(environment).address
    return exchange, Preflight(settings, secrets, exchange, clock, discover=discover)


def live_rules(settings: Settings) -> LiveRules:
    """Read the live gateway's rules from the settings."""
    return LiveRules(
        user_url=settings.clob_user_ws_url, is_dry_run=settings.dry_run, poll_ms=settings.order_poll_ms,
        reconcile_s=settings.reconcile_interval_s, heartbeat_s=settings.venue_heartbeat_s,
        arrival_s_max=settings.order_arrival_s, orders_kept_max=settings.orders_kept_max,
    )  # fmt: skip
