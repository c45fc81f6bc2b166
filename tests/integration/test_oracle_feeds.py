"""The oracle over real sockets: it hears every feed, and survives silence, garbage, cuts and half-dead feeds."""

import asyncio
import contextlib

import orjson
from websockets.asyncio.server import serve

from common.clock import SystemClock
from common.contracts.oracle import PriceUpdated, SettlementPriceObserved, SourceStatusChanged
from common.settings import load
from integration.outside_world import Shell, counted, simulator_process
from oracle.adapters.binance import binance
from oracle.adapters.rtds import rtds
from oracle.adapters.socket import SocketLimits
from oracle.core import SettlementTick, SourceTick
from oracle.service import assemble, build_core
from oracle.settings import Settings
from support.waiting import eventually

QUICK = {"BACKOFF_S_MIN": "0.05", "BACKOFF_S_MAX": "0.5"}
LIMITS = SocketLimits(silence_s=0.5, backoff_s_min=0.05, backoff_s_max=0.2)
CLOCK = SystemClock()


@contextlib.asynccontextmanager
async def an_oracle(outside, **changes):
    shell = Shell(assemble(load(Settings, outside.oracle(**(QUICK | changes)))), CLOCK)
    async with shell.live():
        yield shell


def is_status(source, status, **wanted):
    return lambda o: (
        isinstance(o, SourceStatusChanged)
        and (o.source, o.status) == (source, status)
        and all(getattr(o, name) == value for name, value in wanted.items())
    )


async def test_it_hears_every_feed_and_becomes_ready():
    async with simulator_process() as outside, an_oracle(outside) as shell:
        assert "no exchange is believed" in shell.not_ready()
        await shell.ready()
        price = await shell.until(
            lambda o: isinstance(o, PriceUpdated) and o.symbol == "ETH" and len(o.sources) == 2, "both exchanges"
        )
        values = [o for o in shell.outcomes if isinstance(o, SettlementPriceObserved)]

    assert price.sources == ("binance", "coinbase")
    assert {(v.symbol, v.kind, v.window_s) for v in values} == {
        (symbol, kind, window) for symbol in ("BTC", "ETH") for kind, window in (("spot", 0), ("twap", 60))
    }
    assert len(values) > 150, "the backlogs"
    keys = [(v.symbol, v.kind, v.source_at) for v in values]
    assert len(keys) == len(set(keys)), "none said twice"


async def test_what_it_makes_up_to_rehearse_by_is_what_an_exchange_said_last_as_if_it_came_now():
    assert assemble(load(Settings, {})).imagine(CLOCK.now()) is None
    async with simulator_process() as outside, an_oracle(outside, EXCHANGES="coinbase") as shell:
        await shell.ready()
        now = CLOCK.now()
        imagined = shell.assembly.imagine(now)
        assert (imagined.source_at, imagined.received_at) == (now, now)
        assert isinstance(shell.assembly.core.decide(imagined, now), PriceUpdated)

        def is_as_it_came(tick):
            if not isinstance(tick, SourceTick):
                return False
            moments = {"source_at": tick.source_at, "received_at": tick.received_at}
            return imagined.model_copy(update=moments) == tick

        await eventually(lambda: any(map(is_as_it_came, shell.inputs)), why="it was said before")


async def test_a_tape_of_what_it_was_told_gives_the_same_outcomes_to_the_byte(tmp_path):
    async with simulator_process() as outside, an_oracle(outside) as shell:
        await shell.ready()
        await eventually(lambda: sum(isinstance(o, PriceUpdated) for o in shell.outcomes) > 50, why="prices")

    assert shell.played_back(build_core(shell.assembly.settings), tmp_path) == (len(shell.told), None)


async def test_garbage_is_counted_by_name_and_costs_nothing_else():
    counters = [
        {"source": source, "code": code}
        for source in ("binance", "coinbase", "rtds")
        for code in ("not_json", "not_finite", "empty_number")
    ]
    before = [counted("pm_arb_frames_refused_total", **labels) for labels in counters]
    async with simulator_process() as outside, an_oracle(outside) as shell:
        await shell.ready()
        for channel in ("binance", "coinbase", "rtds"):
            await outside.fault("malformed", channel=channel, count=9)
        await eventually(
            lambda: sum(counted("pm_arb_frames_refused_total", **labels) for labels in counters) - sum(before) >= 20,
            within_s=30, why="refused frames",
        )  # fmt: skip
        told = len(shell.outcomes)
        await eventually(lambda: len(shell.outcomes) > told + 20, why="prices go on")
        assert shell.not_ready() == ""


async def test_a_feed_that_answers_pings_and_says_nothing_is_silent_and_dialled_again():
    async with (
        simulator_process() as outside,
        an_oracle(outside, EXCHANGE_SILENCE_S="1", SOURCE_AGE_MS_MAX="1000") as shell,
    ):
        await shell.until(is_status("binance", "fresh", symbol="BTC"), "binance heard")
        before = counted("pm_arb_feed_redials_total", source="binance", why="silent")
        await outside.fault("silence", channel="binance", seconds=4)
        await shell.until(is_status("binance", "silent"), "binance silent")
        await eventually(
            lambda: counted("pm_arb_feed_redials_total", source="binance", why="silent") > before, why="redialled"
        )
        assert shell.not_ready() == "", "the other exchange is enough"
        count = len(shell.outcomes)
        await eventually(
            lambda: next(filter(is_status("binance", "fresh"), shell.outcomes[count:]), None), why="binance back"
        )


async def test_a_silent_settling_feed_is_named_topic_by_topic_and_nothing_is_said_twice_after_it():
    async with simulator_process() as outside, an_oracle(
        outside, SETTLEMENT_AGE_MS_MAX="3000", SETTLEMENT_SILENCE_S="3"
    ) as shell:  # fmt: skip
        await shell.ready()
        await outside.fault("silence", channel="rtds", seconds=5)
        await eventually(lambda: shell.not_ready().count("silent (age_ms=") == 4, why="four topics silent")
        assert "crypto_prices_twap_sixty ETH silent" in shell.not_ready()
        await shell.ready()
        keys = [
            (o.symbol, o.kind, o.source_at) for o in shell.outcomes if isinstance(o, SettlementPriceObserved)
        ]  # fmt: skip

    assert len(keys) == len(set(keys))


async def test_a_cut_connection_is_dialled_again():
    async with simulator_process() as outside, an_oracle(outside) as shell:
        await shell.ready()
        for channel in ("binance", "coinbase", "rtds"):
            await outside.fault("drop", channel=channel)
        count = len(shell.inputs)
        for source in ("binance", "coinbase"):
            await eventually(
                lambda source=source: any(
                    isinstance(e, SourceTick) and e.source == source for e in shell.inputs[count:]
                ), why=f"{source} again",
            )  # fmt: skip
        await eventually(lambda: any(isinstance(e, SettlementTick) for e in shell.inputs[count:]), why="rtds again")


class Peer:
    """A feed of the test's own making."""

    def __init__(self, say):
        self._say, self.dialled, self.heard = say, 0, []

    @contextlib.asynccontextmanager
    async def serving(self):
        async with serve(self._serve, "127.0.0.1", 0) as server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, socket):
        self.dialled += 1
        saying = asyncio.create_task(self._say(socket))
        try:
            async for text in socket:
                self.heard.append(text)
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)


class Nobody:
    """An inbox that keeps what it is given."""

    def __init__(self):
        self.events = []

    def put(self, event):
        self.events.append(event)


@contextlib.asynccontextmanager
async def run(source):
    inbox = Nobody()
    task = asyncio.create_task(source.run(inbox))
    try:
        yield inbox
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def say_spot_only(socket):
    while True:
        now_ms = CLOCK.now() // 1_000_000
        payload = {"symbol": "btc/usd", "timestamp": now_ms, "value": 65000.0}
        await socket.send(
            orjson.dumps({"topic": "crypto_prices_chainlink", "type": "update", "payload": payload}).decode()
        )
        await asyncio.sleep(0.05)


async def test_a_live_topic_does_not_keep_a_connection_whose_other_topic_is_silent():
    peer = Peer(say_spot_only)
    topics = ("crypto_prices_chainlink", "crypto_prices_twap_sixty")
    async with peer.serving() as url, run(rtds(url, ("BTC",), topics, LIMITS, CLOCK)) as inbox:
        await eventually(lambda: peer.dialled >= 2, why="dialled again")

    assert inbox.events
    assert [orjson.loads(text)["subscriptions"][0]["topic"] for text in peer.heard[:2]] == list(topics)
    assert all(len(orjson.loads(text)["subscriptions"]) == 1 for text in peer.heard if text != "PING")


async def say_a_trade_then_too_much(socket):
    trade = {"e": "trade", "s": "BTCUSDT", "p": "65000", "T": CLOCK.now() // 1_000_000}
    await socket.send(orjson.dumps(trade).decode())
    await socket.send("x" * 5000)


async def test_a_frame_beyond_the_bound_ends_the_connection_and_not_the_service():
    before = counted("pm_arb_feed_redials_total", source="binance", why="too_big")
    limits = SocketLimits(frame_bytes_max=2048, backoff_s_min=0.05, backoff_s_max=0.2)
    peer = Peer(say_a_trade_then_too_much)
    async with peer.serving() as url, run(binance(url, ("BTC",), limits, CLOCK)) as inbox:
        await eventually(lambda: peer.dialled >= 3, why="dialled again")

    assert len(inbox.events) >= 2
    assert counted("pm_arb_feed_redials_total", source="binance", why="too_big") >= before + 2


async def test_a_feed_that_is_not_there_is_tried_for_ever():
    before = counted("pm_arb_feed_redials_total", source="binance", why="not_reached")
    async with run(binance("ws://127.0.0.1:9", ("BTC",), LIMITS, CLOCK)):
        await eventually(
            lambda: counted("pm_arb_feed_redials_total", source="binance", why="not_reached") >= before + 3, why="tries"
        )
