"""A live executor in this process: the desk in the runtime's own loop, its gateway, and the simulated exchange."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import SecretStr

from builders import FEE, a_heartbeat, a_market, an_approval
from common.bus.memory import MemoryBroker, MemoryBus
from common.clock import SECOND, Instant, later
from common.contracts.control import HaltRequested, ResumeRequested
from common.contracts.runtime import Tick, WentLive
from common.contracts.subjects import subject_of
from common.money import Usd
from common.runtime.inbox import Inbox
from common.runtime.loop import Loop
from common.telemetry.traces import Off
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange, ExchangeLimits
from executor.adapters.live.gateway import LiveGateway
from executor.adapters.live.naming import OrderNamer
from executor.adapters.live.rules import LiveRules
from executor.adapters.signer import Signer
from executor.core import Caps, OrderDesk, OrderState
from executor.core.amounts import amounts
from executor.core.states import OVER
from support.trading import ALICE, BOB, Trader, a_scene
from support.waiting import eventually

TICK = Decimal("0.01")
MICRO = 1_000_000
RULES = {
    "poll_ms": 50, "reconcile_s": 60.0, "heartbeat_s": 0.3, "heartbeat_patience_s": 0.8, "arrival_s_max": 1.0,
    "user_ping_s": 0.3, "user_pong_s_max": 0.5, "user_lag_s_max": 0.6, "user_backoff_s_min": 0.05,
    "user_backoff_s_max": 0.2, "cancel_retry_s_min": 0.05, "cancel_retry_s_max": 0.2, "farewell_s_max": 3.0,
}  # fmt: skip
SETTLED = OVER - {OrderState.MATCHED}


@dataclass
class StageClock:
    """The simulated exchange's own time."""

    stage: object

    def now(self):
        return Instant(self.stage.clock())


@dataclass
class LiveExecutor:
    """What a test holds of it. `record` is the journal as it was published."""

    scene: object
    clock: StageClock
    broker: MemoryBroker
    desk: OrderDesk
    gateway: LiveGateway
    exchange: Exchange
    signer: Signer
    credentials: Credentials
    inbox: Inbox
    heard: list = field(default_factory=list)
    tasks: list = field(default_factory=list)
    count: int = 0

    def approval(self, price="0.02", shares=100, *, side="BUY", order_type="GTC", **changes):
        self.count += 1
        price, shares, now = Decimal(str(price)), Decimal(str(shares)), self.clock.now()
        found = amounts(side, price, shares, order_type, TICK)
        given = found.taker if side == "BUY" else found.maker
        fields = {
            "event_id": f"d{self.count}", "order_id": f"order{self.count}", "opportunity_id": f"o{self.count}",
            "market_id": self.scene.condition, "token_id": self.scene.tokens[0], "side": side,
            "order_type": order_type, "limit": price, "quantity": Decimal(given) / MICRO,
            "maker_amount": found.maker, "taker_amount": found.taker, "salt": self.count, "fee": FEE,
            "cost_max": Usd(Decimal(1)), "timestamp_ms": now // MICRO, "valid_until": later(now, ms=6000),
            "received_at": now, "approved_at": now,
        }  # fmt: skip
        return an_approval(**(fields | changes))

    def approve(self, *order, **more):
        """Put an approval into the inbox and answer its order's name."""
        approval = self.approval(*order, **more)
        self.broker.take(subject_of(type(approval)), approval, {})
        self.inbox.put(approval)
        return approval.order_id

    def order(self, order_id):
        return self.desk.orders.get(order_id)

    def state(self, order_id):
        order = self.order(order_id)
        return order.state if order else None

    async def becomes(self, order_id, *states, within_s=20.0):
        """Wait until an order is in one of the states, and answer in which."""

        def found():
            return self.state(order_id) if self.state(order_id) in states else None

        try:
            return await eventually(found, within_s=within_s)
        except AssertionError:
            raise AssertionError(
                f"{order_id}: expected {states}, found {self.state(order_id)}: {self.types()} {self.events('order_rejected')}"
            ) from None

    async def settles(self, order_id):
        """Wait until an order is over and each of its fills is final."""
        await eventually(
            lambda: self.order(order_id) and self.order(order_id).is_settled, within_s=20.0,
            why=lambda: f"{order_id} is settled: {self.state(order_id)} {self.types()}",
        )  # fmt: skip
        return self.state(order_id)

    async def well(self):
        await eventually(lambda: not self.desk.halted_by, why="everything is well")

    async def ask(self):
        return await self.scene.best_ask(self.scene.tokens[0])

    def types(self):
        return [message.event.type for message in self.broker.streams["JOURNAL"]]

    def events(self, kind):
        return [m.event for m in self.broker.streams["JOURNAL"] if m.event.type == kind]

    def held(self, n=0):
        """Shares as the exchange truly has them."""
        holding = self.scene.floor.engine.shares(self.scene.trader.wallet, self.scene.tokens[n])
        return Decimal(holding.total_e6) / MICRO

    def booked(self):
        return sum((p.up.shares for p in self.desk.positions), Decimal(0))

    def dollars(self):
        return Decimal(self.scene.floor.engine.dollars(self.scene.trader.wallet).total_e6) / MICRO

    def standing(self, order_id):
        """What the exchange truly has of an order."""
        followed = self.gateway.history.of_order(order_id)
        return self.scene.floor.engine.order(followed.venue_order_id) if followed else None

    def posted(self):
        """Count the orders that the exchange has ever had of us."""
        return len({m.event.order_id for m in self.broker.streams["JOURNAL"] if m.event.type == "order_submitted"})

    async def fault(self, name, **fields):
        """Order a fault as an operator of the simulator does."""
        async with self.scene.http.post("/sim/faults", json={"name": name, **fields}) as response:
            assert response.status == 200, await response.text()

    def hits(self, name):
        """Count how often a fault was hit."""
        return sum(each["hit"] for each in self.scene.server.stage.faults.report() if each["name"] == name)

    async def others_sell(self, price, shares):
        """Have somebody else sell at a price, whoever buys."""
        other = Trader(self.scene.server, self.scene.http, BOB)
        given = {"address": other.wallet, "shares": {self.scene.tokens[0]: shares}}
        async with self.scene.http.post("/sim/accounts", json=given) as response:
            assert response.status == 200, await response.text()
        await other.post(self.scene.tokens[0], float(price), shares, side="SELL", order_type="GTC")

    async def die(self):
        """End as a process that is killed: without a farewell."""
        await stop(self)

    def set_mode(self, mode, seconds=60):
        modes = self.scene.floor.modes
        modes.set(type(modes.now())(mode), self.scene.floor.now_ns() + seconds * SECOND)

    def halt(self):
        """Halt as the runtime does: the alarm first, then the inbox."""
        event = HaltRequested(reason="test", at=self.clock.now())
        self.gateway.alarm(event, self.clock.now())
        self.inbox.put(event)

    def resume(self):
        self.inbox.put(ResumeRequested(reason="test", at=self.clock.now()))


def caps(**changes):
    fields = {
        "trade_usd_max": Usd(Decimal(1000)), "order_shares_max": Decimal(5000), "orders_per_minute_max": 100,
        "clock_skew_ms_max": 500, "order_timeout_ms": 3000, "risk_silence_ms_max": 10**9, "orders_kept_max": 1000, "markets_kept_max": 100,
    }  # fmt: skip
    return Caps(**(fields | changes))


async def never_redeem(asked):
    raise AssertionError(f"expected no redemption, found {asked.market_id}")


@contextlib.asynccontextmanager
async def a_live_executor(
    *, scene=None, broker=None, is_well=True, order_s_max=1.0, dials=None, redeem=never_redeem, tolerances=None,
    tick_s=0.05, order_timeout_ms=3000, **rules
):  # fmt: skip
    """Run one until the block is over; with `scene` and `broker` of another, it is the next process of the same."""
    async with contextlib.AsyncExitStack() as stack:
        scene = scene or await stack.enter_async_context(a_scene(**(dials or {})))
        live = put_together(
            scene, broker, order_s_max=order_s_max, redeem=redeem, tolerances=tolerances,
            order_timeout_ms=order_timeout_ms, **rules,
        )  # fmt: skip
        start(live, tick_s)
        try:
            if is_well:
                await live.well()
            yield live
        finally:
            await stop(live)


def put_together(
    scene, broker=None, *, order_s_max=1.0, redeem=never_redeem, tolerances=None, order_timeout_ms=3000, **rules
):
    clock, known = StageClock(scene.server.stage), scene.trader.creds
    broker = broker or MemoryBroker(clock)
    signer = Signer(SecretStr(ALICE))
    credentials = Credentials(
        address=signer.wallet.key_address, key=known.api_key, secret=SecretStr(known.api_secret),
        passphrase=SecretStr(known.api_passphrase),
    )  # fmt: skip
    limits = ExchangeLimits(order_s_max=order_s_max, cancel_s_max=1.0, question_s_max=1.0, heartbeat_s_max=0.5)
    exchange = Exchange(f"{scene.server.http}/clob", clock, credentials, limits)
    namer = OrderNamer()
    desk = OrderDesk(
        caps(order_timeout_ms=order_timeout_ms), mode="live", name_order=namer, awaits=("user_stream", "heartbeat"), tolerances=tolerances
    )  # fmt: skip
    attentive = AttentiveDesk(desk)

    async def derive():
        return await exchange.derive_api_key(signer.wallet.key_address, signer.prove_address)

    gateway = LiveGateway(
        exchange=exchange, desk=attentive, namer=namer, clock=clock, derive=derive, redeem=redeem,
        rules=LiveRules(user_url=f"{scene.server.ws}/ws/user", **(RULES | rules)),
    )  # fmt: skip
    gateway.open(signer, credentials)
    inbox = Inbox("executor", 10_000)
    return LiveExecutor(scene, clock, broker, desk, gateway, exchange, signer, credentials, inbox)


def start(live, tick_s=0.05):
    """Recover from the record, then go live, as the runtime does."""
    for message in live.broker.streams["JOURNAL"]:
        live.desk.observe(message.event)
    live.desk.observe(the_market(live))
    bus = MemoryBus(live.broker)
    loop = Loop(
        name="executor", core=live.gateway._desk, bus=bus, clock=live.clock, inbox=live.inbox,
        tracer=Off(), gateway=live.gateway,
    )  # fmt: skip
    live.inbox.put(WentLive(at=live.clock.now()))
    live.inbox.put(a_heartbeat())
    live.tasks = [
        asyncio.create_task(each) for each in (loop.run(), ticking(live, tick_s), live.gateway.run(live.inbox))
    ]


def the_market(live):
    now, scene = live.clock.now(), live.scene
    return a_market(
        market_id=scene.condition, up_token_id=scene.tokens[0], down_token_id=scene.tokens[1], starts_at=now,
        ends_at=Instant(now + 600 * SECOND), observed_at=now,
    )  # fmt: skip


async def ticking(live, tick_s):
    while True:
        await asyncio.sleep(tick_s)
        live.inbox.put_latest("tick", Tick(at=live.clock.now()))


async def stop(live):
    """End as a process that is killed ends: without a farewell."""
    for task in live.tasks:
        task.cancel()
    found = await asyncio.gather(*live.tasks, return_exceptions=True)
    await live.gateway.close()
    for each in found:
        if isinstance(each, Exception):
            raise each
