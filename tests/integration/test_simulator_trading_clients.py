"""The official clients trade on the simulated exchange without knowing."""

import asyncio
import dataclasses
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient
from polymarket import environments as official
from polymarket.errors import OrderHeartbeatMismatchError, RequestRejectedError
from polymarket.models import ApiKeyCreds
from py_clob_client_v2.clob_types import CreateOrderOptions, OrderArgsV2, OrderPayload

from simulator.exchange.modes import Mode
from support.trading import a_scene, wall_clock_scene

NS_PER_S = 1_000_000_000
UNKNOWN = "0x" + "77" * 32
GONE = "order can't be found - already canceled or matched"


@asynccontextmanager
async def the_official_client(scene):
    """The unified client, pointed at the simulator, with the trader's key."""
    trader, ws = scene.trader, f"{scene.server.ws}/ws"
    config = dataclasses.replace(
        official.PRODUCTION._config,
        clob_url=f"{scene.server.http}/clob", gamma_url=f"{scene.server.http}/gamma",
        data_url=f"{scene.server.http}/data-api", relayer_url=scene.server.http, rpc_url=scene.server.http,
        clob_market_ws_url=f"{ws}/market", clob_user_ws_url=f"{ws}/user", realtime_ws_url=f"{scene.server.ws}/rtds",
    )  # fmt: skip
    client = await AsyncSecureClient.create(
        private_key=trader.private_key,
        wallet=trader.official.get_address(),
        environment=official._create_environment(name="simulator", config=config),
        credentials=ApiKeyCreds(
            key=trader.creds.api_key, secret=trader.creds.api_secret, passphrase=trader.creds.api_passphrase
        ),
    )
    try:
        yield client
    finally:
        await client.close()


async def test_the_official_client_trades_and_waits_for_settlement():
    async with wall_clock_scene() as scene, the_official_client(scene) as client:
        up = scene.tokens[0]
        resting = await client.place_limit_order(token_id=up, price="0.02", size="100", side="BUY", post_only=True)
        assert (resting.ok, resting.status) == (True, "live")
        price = await scene.best_ask(up) + Decimal("0.05")
        taken = await client.place_limit_order(token_id=up, price=price, size="5", side="BUY")
        assert (taken.ok, taken.status) == (True, "matched")
        assert taken.taking_amount >= 5
        assert len(await client.wait_for_order_fill_settlement(taken)) >= 1
        signed = [
            await client.create_limit_order(token_id=up, price="0.03", size=size, side="BUY") for size in ("10", "2")
        ]
        batch = await client.post_orders(signed)
        assert [response.ok for response in batch] == [True, False]
        cancelled = await client.cancel_orders(order_ids=[resting.order_id, UNKNOWN])
        assert (cancelled.canceled, dict(cancelled.not_canceled)) == ((resting.order_id,), {UNKNOWN: GONE})
        assert (await client.cancel_market_orders(market=scene.condition)).canceled == (batch[0].order_id,)
        assert (await client.cancel_all()).canceled == ()


async def test_the_official_client_beats_and_reads_what_an_exchange_in_trouble_says():
    async with wall_clock_scene() as scene, the_official_client(scene) as client:
        beat = await client.send_order_heartbeat()
        await client.send_order_heartbeat(heartbeat_id=beat.heartbeat_id)
        with pytest.raises(OrderHeartbeatMismatchError) as mismatch:
            await client.send_order_heartbeat(heartbeat_id=beat.heartbeat_id)
        await client.send_order_heartbeat(heartbeat_id=mismatch.value.heartbeat_id)
        until_ns = scene.floor.now_ns() + 60 * NS_PER_S
        order = {"token_id": scene.tokens[0], "price": "0.02", "size": "10", "side": "BUY"}
        for mode, status, restriction in [
            (Mode.POST_ONLY, 503, "post_only"), (Mode.CANCEL_ONLY, 503, "cancel_only"), (Mode.RESTARTING, 425, "restarting"),
        ]:  # fmt: skip
            scene.floor.modes.set(mode, until_ns)
            with pytest.raises(RequestRejectedError) as refused:
                await client.place_limit_order(**order)
            assert (refused.value.status, refused.value.restriction) == (status, restriction)


async def test_the_other_official_client_places_and_cancels():
    async with a_scene() as scene:
        client = scene.trader.official
        signed = client.builder.build_order(
            OrderArgsV2(scene.tokens[0], price=0.02, size=10, side="BUY"),
            CreateOrderOptions("0.01", neg_risk=False),
            version=2,
        )
        posted = await asyncio.to_thread(client.post_order, signed)
        assert posted["status"] == "live"
        cancelled = await asyncio.to_thread(client.cancel_order, OrderPayload(posted["orderID"]))
        assert cancelled["canceled"] == [posted["orderID"]]
        beat = await asyncio.to_thread(client.post_heartbeat)
        assert len(beat["heartbeat_id"]) == 36
        assert await asyncio.to_thread(client.cancel_all) == {"canceled": [], "not_canceled": {}}
