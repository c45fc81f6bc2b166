"""Takes a snapshot of the account every so often: all that the venue says of it, or why it is not all."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from decimal import Decimal

import structlog

from common.clock import SECOND, Clock, Instant
from common.money import Shares, Usd, from_micro
from executor.adapters.exchange import Exchange
from executor.adapters.live.account_checks import least_allowance
from executor.adapters.live.history import History
from executor.adapters.live.naming import token_protocol
from executor.adapters.live.outbox import Outbox
from executor.adapters.live.rules import LiveRules
from executor.adapters.typed_data import Wallet
from executor.adapters.venue_errors import VenueError
from executor.adapters.wire_account import Listing, MakerPart, OrderRecord, TradeRecord, TradeStatus
from executor.core.inputs import VenueFill, VenueHolding, VenueOrder, VenueSnapshot

ALLOWANCE_USD_MAX = Decimal(10) ** 15
"""An allowance without bound is told as this."""
LOOK_BACK_S_MAX = 86_400
"""How far back strangers' matches are asked for after a time in which nobody looked."""

log = structlog.get_logger()


class Accountant:
    """Asks for open orders, trades, dollars and shares. Whatever it is not told makes the snapshot incomplete."""

    def __init__(
        self, exchange: Exchange, history: History, clock: Clock, rules: LiveRules, *, outbox: Outbox,
        held: Callable[[], Iterable[str]], back_to: Callable[[], Instant | None], is_ready: Callable[[], bool],
    ) -> None:  # fmt: skip
        """Take the parts. `back_to` says since when to list matches, `is_ready` whether our orders' names are known."""
        self._exchange, self._history, self._clock, self._rules = exchange, history, clock, rules
        self._outbox, self._held, self._back_to, self._is_ready = outbox, held, back_to, is_ready
        self.wallet: Wallet | None = None
        self._wanted = asyncio.Event()

    def look_now(self) -> None:
        """Take a snapshot without waiting for the next turn."""
        self._wanted.set()

    async def run(self) -> None:
        """Take snapshots for ever."""
        while True:
            self._wanted.clear()
            self._outbox.put(await self.snapshot())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rules.reconcile_s):
                    await self._wanted.wait()

    async def snapshot(self) -> VenueSnapshot:
        """Gather everything; what fails is told of in `gap`."""
        wallet = self._known_wallet()
        asked_at = self._clock.now()
        ours = (each.approval.approved_at for each in self._history.unsettled())
        since = min([asked_at, max(self._back_to() or asked_at, asked_at - LOOK_BACK_S_MAX * SECOND), *ours])
        since = Instant(since - int(self._rules.trades_overlap_s * SECOND))
        orders: Listing[OrderRecord] = Listing((), ())
        trades: Listing[TradeRecord] = Listing((), ())
        holdings: tuple[VenueHolding, ...] = ()
        collateral = allowance = None
        gap = ""
        try:
            orders = await self._exchange.open_orders()
            trades = await self._exchange.trades(since // SECOND)
            gap = "; ".join((*self._unready(), *orders.unreadable, *trades.unreadable))[:500]
            collateral, allowance = await self._dollars()
            holdings = await self._holdings(trades.rows)
        except (VenueError, ValueError) as error:
            gap = str(error) or type(error).__name__
        if gap:
            log.warning("snapshot_incomplete", gap=gap)
        return VenueSnapshot(
            gap=gap, orders=tuple(self._order(each) for each in orders.rows),
            fills=tuple(fill for each in trades.rows for fill in self._fills(each)), fills_since=since,
            failed=tuple(fill_id for each in trades.rows for fill_id in self._failed(each)),
            holdings=holdings, collateral=collateral, allowance=allowance, wallet=wallet.funder,
            signature_type=wallet.signature_type, asked_at=asked_at, at=self._clock.now(),
        )  # fmt: skip

    async def _dollars(self) -> tuple[Usd, Usd]:
        signature_type = self._known_wallet().signature_type
        await self._exchange.refresh_balance("COLLATERAL", signature_type)
        found = await self._exchange.balance("COLLATERAL", signature_type)
        return Usd(from_micro(found.balance)), Usd(min(ALLOWANCE_USD_MAX, least_allowance(found) or Decimal(0)))

    async def _holdings(self, trades: Iterable[TradeRecord]) -> tuple[VenueHolding, ...]:
        traded = (part.token_id for trade in trades for part in trade.parts_of(self._history.api_key))
        followed = (each.approval.token_id for each in self._history.unsettled())
        tokens = tuple(dict.fromkeys((*self._held(), *followed, *traded)))
        if len(tokens) > self._rules.tokens_max:
            raise ValueError(f"tokens: expected at most {self._rules.tokens_max}, found {len(tokens)}")
        found = []
        for token_id in tokens:
            kind, signature_type = token_protocol(token_id), self._known_wallet().signature_type
            await self._exchange.refresh_balance(kind, signature_type, token_id)
            balance = await self._exchange.balance(kind, signature_type, token_id)
            found.append(VenueHolding(token_id=token_id, shares=Shares(from_micro(balance.balance))))
        return tuple(found)

    def _known_wallet(self) -> Wallet:
        assert self.wallet is not None, "expected a wallet to look into, found none"
        return self.wallet

    def _order(self, record: OrderRecord) -> VenueOrder:
        return VenueOrder(
            venue_order_id=record.order_id, order_id=self._history.order_id(record.order_id),
            market_id=record.market_id, token_id=record.token_id, side=record.side, price=record.price,
            quantity=record.original_size, matched=record.size_matched,
        )  # fmt: skip

    def _unready(self) -> tuple[str, ...]:
        """Say why nobody can tell yet which orders are ours, if so."""
        return () if self._is_ready() else ("the record has not been read yet",)

    def _failed(self, trade: TradeRecord) -> list[str]:
        """Name our key's fills in a trade that came to nothing."""
        if trade.status is not TradeStatus.FAILED:
            return []
        return [History.fill_id(trade.trade_id, part.order_id) for part in trade.parts_of(self._history.api_key)]

    def _fills(self, trade: TradeRecord) -> list[VenueFill]:
        """List what our key's orders had in a trade, if it stands."""
        if trade.status is TradeStatus.FAILED:
            return []
        return [self._fill(trade, part) for part in trade.parts_of(self._history.api_key)]

    def _fill(self, trade: TradeRecord, part: MakerPart) -> VenueFill:
        return VenueFill(
            fill_id=History.fill_id(trade.trade_id, part.order_id), order_id=self._history.order_id(part.order_id),
            venue_order_id=part.order_id, market_id=trade.market_id, token_id=part.token_id, side=part.side,
            price=part.price, quantity=part.quantity, is_final=trade.status is TradeStatus.CONFIRMED,
            matched_at=trade.matched_at,
            liquidity=trade.liquidity_of(part),
        )  # fmt: skip
