"""A simulated exchange, a bus, a risk that approves what a test says, and executors that trade live on it.

The exchange runs in the test's own process, so that a test can look into its engine and arm its faults; executors run
in this process too, or as processes of their own where they are to be killed.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import aiohttp
import orjson
from pydantic import SecretStr

from builders import FEE, a_market, an_approval
from common.clock import SECOND, SystemClock, later
from common.contracts.control import HeartbeatSent
from common.contracts.risk import OrderApproved, RiskLeaseAcquired
from common.runtime.service import Service
from common.settings import load
from executor.adapters.signer import Signer
from executor.adapters.typed_data import OrderTerms
from executor.core.amounts import amounts
from executor.service import assemble
from executor.settings import Settings
from risk.service import assemble as assemble_risk
from risk.settings import Settings as RiskSettings
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.operations import Place
from simulator.matching.values import E6, TradeStatus
from simulator.server import running
from simulator.wall import wall_ns
from simulator.world import SeededWorld, WorldSettings
from support.nats_server import NatsServer, free_port
from support.trading import ALICE
from support.waiting import eventually

CLOCK = SystemClock()
QUARTER_S = 900
BANKROLL = Decimal(500)
DEPOSIT_WALLET = 3
TICK = Decimal("0.01")
ENDS = ("order_refused", "order_rejected", "order_cancelled", "order_filled")
CENT = Decimal("0.005")
BEAT_S = 0.1
DELAY_MS = 30


@asynccontextmanager
async def a_live_world(**dials):
    """Everything but the executor. `dials` are the exchange's."""
    dials = {
        "deposit_usd": 0.0, "taker_delay_ms": DELAY_MS, "mined_after_ms": 100, "confirmed_after_ms": 200,
        "limits_rates": False,
    } | dials  # fmt: skip
    nats = NatsServer()
    folder = Path(tempfile.mkdtemp(prefix="pm-arb-live-"))
    try:
        nats.start()
        await nats.bootstrap()
        async with (
            running(SeededWorld(WorldSettings()), exchange=ExchangeSettings(**dials), keeps_log=True) as exchange,
            aiohttp.ClientSession(exchange.http) as http,
        ):
            world = LiveWorld(nats, exchange, http, folder)
            await world.open()
            try:
                yield world
            finally:
                await world.close()
    finally:
        nats.remove()
        shutil.rmtree(folder, ignore_errors=True)


class LiveWorld:
    """One market that has not begun, near a half, so that its book stands still; one wallet; one risk."""

    def __init__(self, nats, exchange, http, folder):
        self.nats, self.exchange, self.http = nats, exchange, http
        self.stage, self.floor = exchange.stage, exchange.stage.floor
        self.key_file = folder / "key"
        self.key_file.write_text(ALICE)
        self.key_file.chmod(0o600)
        self.approved = {}
        self.token_of_lease = 1
        self._beating = None
        self._executors, self._processes = [], []

    async def open(self):
        address = Signer(SecretStr(ALICE)).wallet.key_address.lower()
        order = {"address": address, "signature_type": DEPOSIT_WALLET, "usd": float(BANKROLL)}
        async with self.http.post("/sim/accounts", json=order) as response:
            wallets = (await response.json())["wallets"]
        self.funder = next(wallet for wallet, held in wallets.items() if held["signature_type"] == DEPOSIT_WALLET)
        self.signer = Signer(SecretStr(ALICE), signature_type=DEPOSIT_WALLET, funder=self.funder)
        await self._find_market()
        self.risk, self.venue = await self.nats.bus("risk"), await self.nats.bus("venue")
        self.console = await self.nats.bus("console")
        await self.list_market()
        await self.take_lease(1)
        self._beating = asyncio.create_task(self._beat())

    async def close(self):
        for executor in self._executors:
            await executor.stop()
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait(10)
        self._beating.cancel()
        await asyncio.gather(self._beating, return_exceptions=True)
        for bus in (self.risk, self.venue, self.console):
            with contextlib.suppress(Exception):  # the server may be gone, which is what some tests are about
                await bus.close()

    # --- what stands around the executor ---

    async def _find_market(self):
        self.slug = f"btc-updown-15m-{wall_ns() // SECOND // QUARTER_S * QUARTER_S + QUARTER_S}"
        async with self.http.get(f"/gamma/events?slug={self.slug}") as response:
            market = (await response.json())[0]["markets"][0]
        self.condition, self.tokens = market["conditionId"], orjson.loads(market["clobTokenIds"])
        self.floor.instrument(self.condition)

    async def list_market(self, **changes):
        now = CLOCK.now()
        starts_at = int(self.slug.rpartition("-")[2]) * SECOND
        fields = {
            "event_id": f"m{now}", "market_id": self.condition, "slug": self.slug, "up_token_id": self.tokens[0],
            "down_token_id": self.tokens[1], "taker_delay_ms": DELAY_MS, "starts_at": starts_at,
            "ends_at": starts_at + QUARTER_S * SECOND, "observed_at": now,
        }  # fmt: skip
        await self.venue.publish(a_market(**(fields | changes)))

    async def take_lease(self, token):
        self.token_of_lease = token
        now = CLOCK.now()
        await self.risk.publish(RiskLeaseAcquired(event_id=f"lease{token}", holder="risk-1", token=token, at=now))

    async def _beat(self):
        """Be heard as risk, without which no order leaves."""
        sequence, began = 0, CLOCK.now()
        while True:
            sequence += 1
            beat = HeartbeatSent(
                service="risk", state="live", ready=True, detail="", started_at=began, sequence=sequence, figures={},
                at=CLOCK.now(),
            )  # fmt: skip
            with contextlib.suppress(Exception):  # the server may be away
                await self.risk.publish(beat)
            await asyncio.sleep(BEAT_S)

    async def arm(self, name, **fields):
        """Have something go wrong, as anybody may ask of the exchange."""
        async with self.http.post("/sim/faults", json={"name": name, **fields}) as response:
            assert response.status == 200, await response.text()

    def price(self, *, ticks=3):
        """Answer a price at which a purchase finds all that it wants."""
        _, asks = self.floor.engine.book(self.tokens[0])
        return min(Decimal(asks[0].price_e4) / 10_000 + ticks * TICK, Decimal("0.99"))

    async def approve(self, name, *, shares=5, price=None, order_type="FAK", valid_ms=6000, fencing_token=None, **more):
        """Approve an order as risk does; answer the approval."""
        now = CLOCK.now()
        limit = self.price() if price is None else Decimal(str(price))
        found = amounts("BUY", limit, Decimal(shares), order_type, TICK)
        quantity = Decimal(found.taker) / E6
        fee = quantity * FEE.rate * limit * (1 - limit)
        fields = {
            "event_id": f"d-{name}", "opportunity_id": f"o-{name}", "order_id": name, "market_id": self.condition,
            "slug": self.slug, "token_id": self.tokens[0], "order_type": order_type, "limit": limit,
            "quantity": quantity, "maker_amount": found.maker, "taker_amount": found.taker,
            "cost_max": Decimal(found.maker) / E6 + fee.quantize(Decimal("0.00001")) + Decimal("0.0001"),
            "salt": 1_000_000 + len(self.approved), "timestamp_ms": now // 1_000_000, "approved_at": now,
            "received_at": now, "valid_until": later(now, ms=valid_ms),
            "fencing_token": self.token_of_lease if fencing_token is None else fencing_token,
        }  # fmt: skip
        approval = an_approval(**(fields | more))
        self.approved[name] = approval
        await self.risk.publish(approval)
        return approval

    async def resting(self, name, **more):
        """Approve an order that rests until it is cancelled."""
        return await self.approve(name, price="0.02", order_type="GTC", shares=50, **more)

    # --- executors ---

    def environment(self, **settings):
        url, ws = self.exchange.http, self.exchange.ws
        return {
            "NATS_URL": self.nats.url, "NATS_PASSWORD": self.nats.passwords["executor"], "HEARTBEAT_MS": "100",
            "TICK_MS": "20", "LOG_LEVEL": "error", "LEASE_MS": "1000", "ORDER_TIMEOUT_MS": "1500",
            "PAPER_TRADING": "false", "DRY_RUN": "false", "LIVE_CONFIRMATION": "I UNDERSTAND",
            "INITIAL_BANKROLL": str(BANKROLL), "MAX_TRADE_SIZE": "50", "ORDERS_PER_MINUTE_MAX": "1000",
            "POLYMARKET_PRIVATE_KEY_FILE": str(self.key_file), "POLYMARKET_FUNDER": self.funder,
            "POLYMARKET_SIGNATURE_TYPE": str(DEPOSIT_WALLET), "CLOB_URL": f"{url}/clob",
            "CLOB_USER_WS_URL": f"{ws}/ws/user", "GEOBLOCK_URL": f"{url}/geoblock", "GAMMA_URL": f"{url}/gamma",
            "RELAYER_URL": f"{url}/relayer", "POLYGON_RPC_URL": f"{url}/no-chain-here", "RECONCILE_INTERVAL_S": "1",
            "ORDER_POLL_MS": "200", "VENUE_HEARTBEAT_S": "1", "ORDER_ARRIVAL_S": "3",
        } | settings  # fmt: skip

    async def start(self, **settings):
        """Start an executor in this process, and wait until it trades."""
        executor = Executor(self.environment(**settings))
        self._executors.append(executor)
        await executor.ready()
        return executor

    def spawn(self, replica="a", **settings):
        """Start an executor as a process of its own; its `port` is where it says how it is."""
        port = free_port()
        environment = os.environ | self.environment(REPLICA=replica, HTTP_PORT=str(port), **settings)
        process = subprocess.Popen([sys.executable, "-m", "executor"], env=environment, cwd=self.key_file.parent)
        process.port = port
        self._processes.append(process)
        return process

    async def standing_by(self, process):
        """Wait until an executor says that another one acts."""
        await eventually(lambda: self._stands_by(process), within_s=20, why="a replica stands by")

    async def _stands_by(self, process):
        with contextlib.suppress(aiohttp.ClientError):
            async with self.http.get(f"http://127.0.0.1:{process.port}/ready") as response:
                return "standing by" in await response.text()

    def running(self):
        """List the executors that have not ended, the one that was started first first."""
        return [process for process in self._processes if process.poll() is None]

    async def alive(self, *, within_s=20.0):
        """Wait until an executor says, from now on, that it trades. One that has ended by itself is started again."""
        since, beats = CLOCK.now(), []
        await self.console.subscribe("heartbeat.executor", lambda message: beats.append(message.event))

        def is_alive():
            if self._processes and self._processes[-1].poll() is not None:
                self.spawn("again")
            return [b for b in beats if b.ready and b.at > since and not b.figures["latched"]]

        await eventually(is_alive, within_s=within_s, why="an executor trades")

    # --- what can be seen ---

    async def journal(self):
        return [message.event async for message in self.console.replay("JOURNAL")]

    async def told(self, order_id=None):
        events = [event for event in await self.journal() if not isinstance(event, OrderApproved)]
        return [event for event in events if order_id is None or getattr(event, "order_id", None) == order_id]

    async def types(self, order_id=None):
        return [event.type for event in await self.told(order_id)]

    async def has(self, order_id, *kinds):
        return set(kinds) <= set(await self.types(order_id))

    async def ended(self, *order_ids):
        """Say whether these orders are all over, and each of their fills is final."""
        told = await self.told()
        over = {event.order_id for event in told if event.type in ENDS}
        matched = {event.fill_id for event in told if event.type == "fill_matched"}
        final = {event.fill_id for event in told if event.type in {"fill_confirmed", "fill_failed"}}
        return set(order_ids) <= over and matched <= final

    async def end(self, *order_ids, within_s=20.0):
        names = order_ids or tuple(self.approved)
        try:
            await eventually(lambda: self.ended(*names), within_s=within_s, why=f"{names} are over and final")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await self.story()}") from None

    async def story(self):
        """Tell everything that was said, for whoever reads a failure."""
        lines = [
            " ".join(
                str(getattr(event, name, "")) for name in ("type", "order_id", "fill_id", "detail", "reason", "filled")
            )
            for event in await self.told()
        ]
        at_venue = [
            f"{record.order.order_id[:10]} {record.status} {record.matched_e6}"
            for record in self.venue_orders().values()
        ]
        return "\n".join(["journal:", *lines, "venue:", *at_venue])

    def hash_of(self, approval):
        """Work out what the venue calls the order of an approval, from the record alone."""
        return self.signer.hashes(OrderTerms(
            salt=approval.salt, token_id=approval.token_id, maker_amount=approval.maker_amount,
            taker_amount=approval.taker_amount, side=approval.side, timestamp_ms=approval.timestamp_ms,
            protocol_version=approval.protocol_version, is_neg_risk=approval.is_neg_risk,
        )).order_id  # fmt: skip

    def venue_orders(self):
        """Answer every order of the wallet that the exchange knows, by its id."""
        known = self.floor.engine._state.orders.known()
        return {record.order.order_id: record for record in known if record.account == self.funder}

    def at_venue(self, name):
        return self.venue_orders().get(self.hash_of(self.approved[name]))

    def open_at_venue(self):
        return [order_id for order_id, record in self.venue_orders().items() if record.is_open]

    def placements(self):
        """Count how often each order reached the engine, refused duplicates too."""
        placed = [operation.order for operation in self.floor.log if isinstance(operation, Place)]
        return Counter(order.order_id for order in placed if order.account == self.funder)

    def shares_by_order(self):
        """Answer what the exchange's trades that stand come to, by order: shares, and dollars with the fee."""
        shares, dollars = defaultdict(Decimal), defaultdict(Decimal)
        for trade in self.floor.engine.trades_of_account(self.funder):
            if trade.status is TradeStatus.FAILED:
                continue
            if trade.account == self.funder:
                shares[trade.order_id] += Decimal(trade.shares_e6) / E6
                dollars[trade.order_id] += Decimal(trade.usd_e6 + trade.fee_e6) / E6
            for fill in trade.fills:
                if fill.account == self.funder:
                    shares[fill.order_id] += Decimal(fill.shares_e6) / E6
                    dollars[fill.order_id] += Decimal(fill.usd_e6) / E6
        return shares, dollars

    # --- what must hold, whatever went wrong ---

    async def check(self):
        """Hold the journal, the venue and risk against one another; everything here is a purchase."""
        journal = await self.journal()
        names = {self.hash_of(event): event.order_id for event in journal if isinstance(event, OrderApproved)}
        self._check_orders(names)
        self._check_fills(journal, names)
        self._check_ends(journal)
        self._check_risk(journal)

    def _check_orders(self, names):
        orders = self.venue_orders()
        assert set(orders) <= set(names), "every order at the venue is the one of an approval"
        twice = {names.get(order_id, order_id): count for order_id, count in self.placements().items() if count > 1}
        assert not twice, f"placed more than once: {twice}"

    def _check_fills(self, journal, names):
        void = {event.fill_id for event in journal if event.type == "fill_failed"}
        fills = [event for event in journal if event.type == "fill_matched"]
        assert len({event.fill_id for event in fills}) == len(fills), "no fill is told of twice"
        shares, dollars = self.shares_by_order()
        for order_id, name in names.items():
            mine = [event for event in fills if event.order_id == name and event.fill_id not in void]
            told = sum((event.quantity for event in mine), Decimal(0))
            paid = sum((event.price * event.quantity + event.fee for event in mine), Decimal(0))
            assert abs(told - shares[order_id]) < Decimal("0.00001"), f"{name}: told {told}, traded {shares[order_id]}"
            assert abs(paid - dollars[order_id]) < CENT, f"{name}: told {paid} USD, traded {dollars[order_id]}"
        held = Decimal(self.floor.engine.shares(self.funder, self.tokens[0]).total_e6) / E6
        cash = Decimal(self.floor.engine.dollars(self.funder).total_e6) / E6
        assert held == sum(shares.values()), "the wallet holds what its trades come to"
        assert abs(BANKROLL - sum(dollars.values()) - cash) < CENT

    def _check_ends(self, journal):
        """Check that every order has ended, once, or is unknown."""
        for name in {event.order_id for event in journal if isinstance(event, OrderApproved)}:
            told = [event.type for event in journal if getattr(event, "order_id", None) == name]
            ends = [kind for kind in told if kind in ENDS]
            assert len(ends) <= 1, f"{name} has {ends}"
            assert ends or "order_unknown" in told or self.is_open(name), f"{name} is lost: {told}"

    def is_open(self, name):
        record = self.at_venue(name)
        return record is not None and record.is_open

    def _check_risk(self, journal):
        """Check that risk, told of all that, has reserved what may yet be spent, and no more than its limits."""
        gate = assemble_risk(load(RiskSettings, {"INITIAL_BANKROLL": str(BANKROLL)})).core
        for event in journal:
            gate.observe(event)
        now = CLOCK.now()
        over = {event.order_id for event in journal if event.type in ENDS}
        reserved = {reservation.order.order_id for reservation in gate.exposure.reservations}
        approved = {event.order_id for event in journal if isinstance(event, OrderApproved)}
        assert approved - over <= reserved, "what is not over is reserved"
        for name in approved - over:
            limit = next(
                event.cost_max for event in journal if isinstance(event, OrderApproved) and event.order_id == name
            )
            left = next(r.remaining for r in gate.exposure.reservations if r.order.order_id == name)
            assert left <= limit + CENT
        cash = Decimal(self.floor.engine.dollars(self.funder).total_e6) / E6
        assert abs(gate.state("check", now, now).cash - cash) < CENT, "risk's cash is the venue's"


class Executor:
    """The real executor in this process."""

    def __init__(self, environment):
        assembly = assemble(load(Settings, environment), environment=environment)
        self._imagine, self._get_ready = assembly.imagine, assembly.get_ready
        self.imagined, self.foretold = [], []
        self.assembly = replace(assembly, imagine=self._rehearse, get_ready=self._foretell)
        self.service = Service(self.assembly)
        self.task = asyncio.create_task(self.service.run())

    def _rehearse(self, now):
        self.imagined.append(self._imagine(now))
        return self.imagined[-1]

    def _foretell(self, event):
        self.foretold.append(event)
        self._get_ready(event)

    async def ready(self):
        await eventually(self._is_ready, within_s=20, why="the executor is ready")

    def _is_ready(self):
        if self.task.done():
            self.task.result()
        return not self.service._not_ready() and not self.assembly.core.desk.halted_by

    async def stop(self):
        self.service.stop()
        await asyncio.wait_for(asyncio.gather(self.task, return_exceptions=True), 20)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(10)
