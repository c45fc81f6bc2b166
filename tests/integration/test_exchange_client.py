"""The executor's own client of the trading API, against the simulated exchange over real sockets."""

import asyncio
import contextlib
from dataclasses import dataclass
from decimal import Decimal

import pytest
import uvloop
from pydantic import SecretStr

from common.clock import Instant
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange, ExchangeLimits
from executor.adapters.signer import Signer
from executor.adapters.typed_data import OrderTerms
from executor.adapters.venue_errors import (
    BlockedError,
    DuplicatedError,
    Mode,
    NotSentError,
    RateLimitedError,
    RefusalCode,
    RefusedError,
    RestrictedError,
    UnauthorizedError,
    UnknownError,
)
from executor.adapters.wire_account import OrderStatus, TradeStatus
from executor.adapters.wire_orders import PlacedStatus, order_body
from executor.core.amounts import amounts
from integration.official_clients import trader, wallet
from integration.outside_world import http_server
from support.trading import ALICE, a_scene
from support.waiting import eventually

TICK = Decimal("0.01")
NS_PER_S = 1_000_000_000
MICRO = 1_000_000
UNKNOWN_ID = "0x" + "77" * 32


@dataclass
class StageClock:
    """The simulated exchange's own time."""

    stage: object

    def now(self):
        return Instant(self.stage.clock())


class Desk:
    """Signs orders and posts them, each with a salt of its own."""

    def __init__(self, scene, exchange, signer, credentials):
        self.scene, self.exchange, self.signer, self.credentials = scene, exchange, signer, credentials
        self.salt = 0

    def order(
        self, price, shares, *, side="BUY", order_type="GTC", token=None, expiration_s=0, post_only=False, by=None
    ):
        self.salt += 1
        found = amounts(side, Decimal(str(price)), Decimal(str(shares)), order_type, TICK)
        signed = self.signer.sign(OrderTerms(
            salt=self.salt, token_id=token or self.scene.tokens[0], maker_amount=found.maker, taker_amount=found.taker,
            side=side, timestamp_ms=self.scene.server.stage.clock() // MICRO, protocol_version="v1", is_neg_risk=False,
        ))  # fmt: skip
        body = order_body(
            signed,
            api_key=self.credentials.api_key,
            order_type=order_type,
            expiration_s=expiration_s,
            post_only=post_only,
        )
        return (by or self.exchange).order_request(body), signed.order_id

    async def post(self, *order, **more):
        return await self.exchange.post(*self.order(*order, **more))

    async def ask(self):
        return await self.scene.best_ask(self.scene.tokens[0])

    def held(self):
        return self.scene.floor.engine.shares(self.scene.trader.wallet, self.scene.tokens[0]).available_e6

    def standing(self, order_id):
        return self.scene.floor.engine.order(order_id)


def limits(**changes):
    return ExchangeLimits(**({"order_s_max": 2.0, "cancel_s_max": 2.0, "question_s_max": 2.0} | changes))


@contextlib.asynccontextmanager
async def a_desk(*, bounds=None, **dials):
    async with a_scene(**dials) as scene:
        known = scene.trader.creds
        signer = Signer(SecretStr(ALICE))
        credentials = Credentials(
            address=signer.wallet.key_address, key=known.api_key, secret=SecretStr(known.api_secret),
            passphrase=SecretStr(known.api_passphrase),
        )  # fmt: skip
        clock = StageClock(scene.server.stage)
        exchange = Exchange(f"{scene.server.http}/clob", clock, credentials, bounds or limits())
        try:
            yield Desk(scene, exchange, signer, credentials)
        finally:
            await exchange.close()


async def test_every_order_type_is_placed_and_becomes_what_it_should():
    async with a_desk() as desk:
        price = await desk.ask() + Decimal("0.05")
        ends_s = desk.scene.server.stage.clock() // NS_PER_S + 600
        resting = await desk.post("0.02", 100, post_only=True)
        ending = await desk.post("0.03", 50, order_type="GTD", expiration_s=ends_s)
        killed_or_filled = await desk.post(price, 10, order_type="FAK")
        whole = await desk.post(price, 10, order_type="FOK")
        await eventually(lambda: desk.held() >= 5 * MICRO, why="the shares are there to sell")
        sold = await desk.post("0.01", 5, side="SELL", order_type="FAK")

        assert (resting.status, ending.status) == (PlacedStatus.LIVE, PlacedStatus.LIVE)
        for taken in (killed_or_filled, whole, sold):
            assert taken.status is PlacedStatus.MATCHED
            assert taken.trade_ids
        assert killed_or_filled.making <= price * 10
        assert killed_or_filled.taking >= 10
        assert sold.making == 5
        assert {desk.standing(each.order_id).status.value for each in (resting, ending)} == {"LIVE"}


@pytest.mark.parametrize("signature_type", [0, 1, 2, 3])
async def test_every_kind_of_wallet_trades_with_a_key_that_it_made_itself(signature_type):
    account = trader(300 + signature_type)
    async with a_scene() as scene:
        funder = wallet(account, signature_type)
        signer = Signer(SecretStr(account.key.hex()), signature_type=signature_type, funder=funder)
        clock = StageClock(scene.server.stage)
        anonymous = Exchange(f"{scene.server.http}/clob", clock)
        made = await anonymous.create_api_key(account.address, signer.prove_address)
        with pytest.raises(RefusedError, match="Could not create api key"):
            await anonymous.create_api_key(account.address, signer.prove_address)
        derived = await anonymous.derive_api_key(account.address, signer.prove_address)
        assert derived.revealed() == made.revealed()
        with pytest.raises(RefusedError, match="Could not derive"):
            await anonymous.derive_api_key(account.address, signer.prove_address, nonce=7)
        with pytest.raises(ValueError, match="expected credentials, found none"):
            await anonymous.cancel_all()
        await anonymous.close()

        exchange = Exchange(f"{scene.server.http}/clob", clock, made, limits())
        desk = Desk(scene, exchange, signer, made)
        assert (await exchange.balance("COLLATERAL", signature_type)).balance == 10_000_000_000
        placed = await desk.post("0.02", 100)
        taken = await desk.post(await desk.ask() + Decimal("0.05"), 10, order_type="FAK")
        assert (placed.status, taken.status) == (PlacedStatus.LIVE, PlacedStatus.MATCHED)
        await exchange.close()


async def test_the_same_bytes_again_are_a_duplicate_and_nothing_is_doubled():
    async with a_desk() as desk:
        resting, taking = desk.order("0.02", 100), desk.order(await desk.ask() + Decimal("0.05"), 10, order_type="FAK")
        for order in (resting, taking):
            await desk.exchange.post(*order)
            for _ in range(3):
                with pytest.raises(DuplicatedError, match="Duplicated"):
                    await desk.exchange.post(*order)

        assert [each.order_id for each in (await desk.exchange.open_orders()).rows] == [resting[1]]
        assert {each.taker_order_id for each in (await desk.exchange.trades()).rows} == {taking[1]}


async def test_an_order_that_was_posted_twice_at_once_is_placed_once():
    async with a_desk() as desk:
        order = desk.order("0.02", 100)
        found = await asyncio.gather(*(desk.exchange.post(*order) for _ in range(6)), return_exceptions=True)

        assert sum(not isinstance(each, Exception) for each in found) == 1
        assert sum(isinstance(each, DuplicatedError) for each in found) == 5


@pytest.mark.parametrize(
    ("fault", "error", "is_there"),
    [
        ({"name": "drop_answer"}, UnknownError, True),
        ({"name": "late_answer", "seconds": 5.0}, UnknownError, True),
        ({"name": "order_timed_out", "placed": True}, UnknownError, True),
        ({"name": "order_timed_out", "placed": False}, UnknownError, False),
        ({"name": "cloudflare"}, BlockedError, False),
        ({"name": "unauthorized"}, UnauthorizedError, False),
        ({"name": "too_many_requests", "retry_after": 3.0}, RateLimitedError, False),
        ({"name": "too_many_requests", "body": "plain"}, RateLimitedError, False),
        ({"name": "empty_order_id"}, RefusedError, False),
        ({"name": "geoblock"}, BlockedError, False),
        ({"name": "trading_disabled"}, RestrictedError, False),
        ({"name": "cancel_only"}, RestrictedError, False),
    ],
    ids=str,
)
async def test_an_order_that_fails_is_told_by_whether_it_can_be_there(fault, error, is_there):
    async with a_desk(bounds=limits(order_s_max=0.5)) as desk:
        await desk.exchange.warm()
        order = desk.order("0.02", 100)
        if fault["name"] in ("trading_disabled", "cancel_only"):
            mode = Mode.DISABLED if fault["name"] == "trading_disabled" else Mode.CANCEL_ONLY
            set_mode(desk, mode.value)
        else:
            desk.scene.arm(**fault)
        with pytest.raises(error) as raised:
            await desk.exchange.post(*order)

        assert type(raised.value) is error
        assert getattr(raised.value, "retry_after_s", None) == fault.get("retry_after")
        assert (desk.standing(order[1]) is not None) == is_there
        asked = await desk.exchange.order(order[1])
        assert (asked is not None) == is_there
        assert asked is None or asked.status is OrderStatus.LIVE


def set_mode(desk, mode):
    modes = desk.scene.floor.modes
    kind = type(modes.now())
    modes.set(kind(mode), desk.scene.floor.now_ns() + 60 * NS_PER_S)


@pytest.mark.parametrize(("mode", "has_end"), [("restarting", True), ("post_only", True), ("disabled", False)])
async def test_the_modes_of_the_venue_stop_what_they_stop(mode, has_end):
    async with a_desk() as desk:
        resting = await desk.post("0.02", 100)
        set_mode(desk, mode)
        with pytest.raises(RestrictedError) as raised:
            await desk.post("0.03", 100)
        assert raised.value.mode == mode
        assert (raised.value.retry_after_s is not None) == has_end
        if mode == "restarting":
            with pytest.raises(RestrictedError):
                await desk.exchange.cancel((resting.order_id,))
        else:
            assert (await desk.exchange.cancel((resting.order_id,))).canceled == (resting.order_id,)
        if mode == "post_only":
            assert (await desk.post("0.02", 100, post_only=True)).status is PlacedStatus.LIVE


async def test_kills_and_refusals_come_in_the_venues_words():
    async with a_desk() as desk:
        price = await desk.ask() + Decimal("0.05")
        desk.scene.arm("empty_fak")
        order = desk.order(price, 10, order_type="FAK")
        with pytest.raises(RefusedError) as killed:
            await desk.exchange.post(*order)
        assert (killed.value.code, killed.value.status, killed.value.order_id) == (RefusalCode.KILLED, 400, order[1])

        for found, code in [
            (desk.order("0.02", 900, order_type="FOK"), RefusalCode.KILLED),
            (desk.order("0.02", 100, order_type="FAK"), RefusalCode.KILLED),
            (desk.order("0.97", 10, post_only=True), RefusalCode.CROSSES),
            (desk.order("0.50", 2), RefusalCode.SIZE),
            (desk.order("0.50", 100_000), RefusalCode.BALANCE),
            (desk.order("0.50", 100, order_type="GTD", expiration_s=1_700_000_000), RefusalCode.EXPIRATION),
            (desk.order("0.02", 100, token="12345" * 12), RefusalCode.NO_BOOK),
        ]:
            with pytest.raises(RefusedError) as refused:
                await desk.exchange.post(*found)
            assert refused.value.code is code, refused.value


async def test_cancels_are_told_one_by_one_and_a_declined_one_stays():
    async with a_desk() as desk:
        first, second, third = [(await desk.post("0.02", 100 + n)).order_id for n in range(3)]
        desk.scene.arm("declined_cancel")
        declined = await desk.exchange.cancel((first,))
        assert (declined.canceled, [each for each, _ in declined.not_canceled]) == ((), [first])
        assert desk.standing(first).status.value == "LIVE"

        found = await desk.exchange.cancel((first, UNKNOWN_ID))
        assert found.canceled == (first,)
        assert [each for each, _ in found.not_canceled] == [UNKNOWN_ID]
        assert found.unmentioned == ()
        assert set((await desk.exchange.cancel_all()).canceled) == {second, third}
        assert (await desk.exchange.open_orders()).rows == ()
        cancelled = await desk.exchange.order(first)
        assert (cancelled.status, cancelled.size_matched) == (OrderStatus.CANCELED, 0)
        assert await desk.exchange.order(UNKNOWN_ID) is None


async def test_a_cancel_does_not_wait_for_an_order_that_hangs():
    async with a_desk(bounds=limits(order_s_max=5.0)) as desk:
        resting = await desk.post("0.02", 100)
        desk.scene.arm("late_answer", seconds=30.0, path="/order", method="POST")
        hanging = asyncio.create_task(desk.post("0.03", 100))
        await eventually(lambda: len(desk.scene.trader.open_ids()) == 2, why="the order is there, unanswered")

        async with asyncio.timeout(1):
            assert resting.order_id in (await desk.exchange.cancel_all()).canceled
        assert not hanging.done()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert (await desk.post("0.02", 50)).status is PlacedStatus.LIVE


def test_orders_are_placed_on_the_event_loop_that_the_service_runs_on():
    async def placed():
        async with a_desk() as desk:
            await desk.exchange.warm()
            order_id = (await desk.post("0.02", 100)).order_id
            desk.scene.arm("drop_answer")
            with pytest.raises(UnknownError):
                await desk.post("0.03", 100)
            return order_id, await desk.exchange.cancel_all()

    order_id, cancelled = uvloop.run(placed())
    assert (len(cancelled.canceled), cancelled.canceled[0]) == (2, order_id)


async def test_heartbeats_rotate_their_ids_and_a_stale_one_is_told_the_expected_one():
    async with a_desk() as desk:
        first = await desk.exchange.heartbeat("")
        second = await desk.exchange.heartbeat(first.heartbeat_id)
        stale = await desk.exchange.heartbeat(first.heartbeat_id)
        assert (first.is_accepted, second.is_accepted, stale.is_accepted) == (True, True, False)
        assert stale.heartbeat_id == second.heartbeat_id != first.heartbeat_id
        desk.scene.arm("heartbeat_lost")
        lost = await desk.exchange.heartbeat(second.heartbeat_id)
        assert not lost.is_accepted
        assert (await desk.exchange.heartbeat(lost.heartbeat_id)).is_accepted
        desk.scene.arm("unauthorized")
        with pytest.raises(UnauthorizedError):
            await desk.exchange.heartbeat("")
        with pytest.raises(ValueError, match="id: expected letters"):
            await desk.exchange.heartbeat('"}')


async def test_lists_are_read_to_their_last_page_or_not_at_all():
    async with a_desk(limits_rates=False) as desk:
        placed = [(await desk.post("0.02", 10 + n)).order_id for n in range(205)]
        found = await desk.exchange.open_orders()
        assert ([each.order_id for each in found.rows], found.unreadable) == (placed, ())

        bounded = Exchange(
            f"{desk.scene.server.http}/clob", StageClock(desk.scene.server.stage), desk.credentials, limits(pages_max=2)
        )
        with pytest.raises(UnknownError, match="at most 2 pages"):
            await bounded.open_orders()
        await bounded.close()
        desk.scene.arm("drop_answer", path="/data/orders", after=1)
        with pytest.raises(UnknownError):
            await desk.exchange.open_orders()


async def test_trades_tell_our_part_and_become_final():
    async with a_desk() as desk:
        taken = await desk.post(await desk.ask() + Decimal("0.05"), 10, order_type="FAK")
        [trade, *_] = (await desk.exchange.trades()).rows

        part = trade.parts_of(desk.credentials.api_key)[0]
        assert (part.order_id, part.side, trade.is_taker) == (taken.order_id, "BUY", True)
        assert trade.trade_id in taken.trade_ids

        async def is_final():
            rows = (await desk.exchange.trades()).rows
            return all(each.status is TradeStatus.CONFIRMED and each.transaction_hash for each in rows)

        await eventually(is_final, why="confirmed")
        assert (await desk.exchange.trades(after_s=desk.scene.server.stage.clock() // NS_PER_S + 60)).rows == ()
        shares = await desk.exchange.balance("CONDITIONAL", 0, desk.scene.tokens[0])
        assert shares.balance == int(taken.taking * MICRO)


async def test_what_is_public_and_what_the_account_may_do_can_be_asked():
    async with a_desk() as desk:
        stage = desk.scene.server.stage
        assert abs(await desk.exchange.time() - stage.clock() // NS_PER_S) <= 1
        assert await desk.exchange.version() == 2
        assert await desk.exchange.closed_only() is False
        stage.keyring.closed_only.add(desk.scene.trader.wallet)
        assert await desk.exchange.closed_only() is True
        with pytest.raises(RefusedError) as refused:
            await desk.post("0.02", 100)
        assert refused.value.code is RefusalCode.CLOSED_ONLY


async def test_without_a_connection_nothing_has_left():
    async with a_desk() as desk:
        order = desk.order("0.02", 100)
        nobody = Exchange("http://127.0.0.1:9", StageClock(desk.scene.server.stage), desk.credentials, limits())
        with pytest.raises(NotSentError):
            await nobody.post(*order)
        await nobody.close()
        assert (await desk.exchange.post(*order)).status is PlacedStatus.LIVE


class Peer:
    """A venue that says what the test wants, byte for byte, and counts what it was asked."""

    def __init__(self, *raw):
        self.raw, self.connections, self.requests = list(raw), 0, []

    @contextlib.asynccontextmanager
    async def exchange(self, desk, **bounds):
        async with http_server(self._answer) as url:
            client = Exchange(url, StageClock(desk.scene.server.stage), desk.credentials, limits(**bounds))
            try:
                yield client
            finally:
                await client.close()

    async def _answer(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while self.raw:
                head = await reader.readuntil(b"\r\n\r\n")
                length = (
                    int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) if b"ontent-Length" in head else 0
                )
                self.requests.append((head, await reader.readexactly(length)))
                writer.write(self.raw.pop(0))
                await writer.drain()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success":',
        b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nnothing says how long",
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
    ],
)
async def test_an_answer_that_is_none_is_unknown_and_the_request_was_sent_once(raw):
    async with a_desk() as desk:
        peer = Peer(raw)
        async with peer.exchange(desk, order_s_max=0.3) as client:
            with pytest.raises(UnknownError):
                await client.post(*desk.order("0.02", 100, by=client))
        assert len(peer.requests) == 1


async def test_one_connection_is_kept_and_a_closed_one_is_noticed_before_anything_is_sent():
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n%b\r\n1795240560"
    async with a_desk() as desk:
        peer = Peer(body % b"", body % b"", body % b"Connection: close\r\n", body % b"")
        async with peer.exchange(desk) as client:
            for _ in range(4):
                assert await client.time() == 1_795_240_560
        assert (peer.connections, len(peer.requests)) == (2, 4)


async def test_a_request_carries_what_the_venue_wants_to_see():
    async with a_desk() as desk:
        peer = Peer(b"")
        async with peer.exchange(desk) as client:
            request, order_id = desk.order("0.02", 100, by=client)
            with pytest.raises(UnknownError):
                await client.post(request, order_id)
        [(head, sent)] = peer.requests
        assert head + sent == request
        assert sent.startswith(b'{"deferExec":false,"order":{')
        assert head.startswith(b"POST /order HTTP/1.1\r\nHost: 127.0.0.1:")
        for name in (b"User-Agent: pm-arb/", b"Content-Type: application/json", b"POLY_SIGNATURE: ", b"POLY_API_KEY: "):
            assert head.count(name) == 1
        assert b"Accept-Encoding" not in head


@pytest.mark.parametrize("url", ["ftp://x", "http://", "clob", "http://u:p@x", "https://x/?a=1"])
def test_a_url_that_leads_nowhere_is_refused(url):
    with pytest.raises(ValueError, match="URL of the venue: expected"):
        Exchange(url, StageClock(None))
