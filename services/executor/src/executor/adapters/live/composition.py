"""Puts live trading together: gates, checks before the start, and the gateway that they let through."""

from collections.abc import Mapping

from common.clock import Clock, Instant
from common.contracts.base import Event
from common.contracts.risk import OrderApproved
from common.runtime.core import Inbox
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
from executor.settings import Settings, WalletSettings


class LiveWay:
    """The way to the venue, closed until `prepare` has found all well. From then on it is the gateway.

    Who trades is known only then: the wallet may have to be found out, and the API key to be fetched. Raises
    SettingsError, with a line per fault, where a gate is closed.
    """

    def __init__(self, settings: Settings, clock: Clock, environment: Mapping[str, str], caps: Caps) -> None:
        keep_memory_private()
        secrets = admit(settings, environment)
        self._settings, self._clock = settings, clock
        self._wallet = WalletProcess(environment)
        self._exchange, self._checks = preflight(settings, secrets, clock, environment)
        self._gateway: LiveGateway | None = None
        self._namer: OrderNamer | None = None
        # Both have to be heard from before the first order leaves.
        self.desk = AttentiveDesk(
            OrderDesk(caps, mode="live", name_order=self._name_order, awaits=("user_stream", "heartbeat"))
        )

    async def prepare(self) -> None:
        """Check all that must hold, and open the way. Raises SettingsError and NotReadyError."""
        await self._checks.prepare()
        signer = self._checks.account.signer
        self._namer = OrderNamer(signer.wallet)
        self._gateway = LiveGateway(
            exchange=self._exchange, signer=signer, desk=self.desk, clock=self._clock,
            rules=live_rules(self._settings), derive=self._checks.derive, redeem=self._redeem,
        )  # fmt: skip

    @property
    def is_running(self) -> bool:
        """Whether reports find their way to the core."""
        return self._gateway is not None and self._gateway.is_running

    async def run(self, inbox: Inbox) -> None:
        """Be the gateway's source."""
        await self._open.run(inbox)

    async def carry_out(self, outcome: Event, now: Instant) -> None:
        await self._open.carry_out(outcome, now)

    async def react(self, event: Event, now: Instant) -> None:
        await self._open.react(event, now)

    def alarm(self, event: Event, now: Instant) -> None:
        """Pass an alarm on; before the way is open there is nothing that it could stop."""
        if self._gateway is not None:
            self._gateway.alarm(event, now)

    async def farewell(self) -> None:
        """Have everything cancelled, and hang up."""
        if self._gateway is not None:
            await self._gateway.farewell()
        else:
            await self._exchange.close()

    @property
    def _open(self) -> LiveGateway:
        assert self._gateway is not None, "expected `prepare` to have been called, found it was not"
        return self._gateway

    def _name_order(self, approval: OrderApproved) -> str:
        assert self._namer is not None, "expected `prepare` to have been called, found it was not"
        return self._namer(approval)

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
        orders_kept_max=settings.orders_kept_max,
    )  # fmt: skip
