"""The official clients, unmodified, trade on the simulated exchange without knowing."""

import asyncio
import json
import time

import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import OrderHeartbeatMismatchError, RequestRejectedError
from polymarket.streams import CryptoTwapPriceSpec, MarketSpec, UserSpec
from py_clob_client_v2 import (
    ApiCreds,
    BalanceAllowanceParams,
    ClobClient,
    MarketOrderArgs,
    OpenOrderParams,
    OrderArgs,
    OrderMarketCancelParams,
    OrderPayload,
    OrderType,
    TradeParams,
)
from py_clob_client_v2.exceptions import PolyApiException
from py_clob_client_v2.http_helpers import helpers

from integration.official_clients import environment, tradable, trader, wallet
from integration.outside_world import simulator_process
from support.waiting import eventually

SOON_S = 20
PATIENCE_S = 30
"""Of the older client: it waits five seconds for an answer unless told, which a machine that stands still may take."""
EVENTS_MAX = 5000


def tokens_of(market):
    return market["positionIds"] if market["version"] == "v2" else json.loads(market["clobTokenIds"])


async def collected(handle, into):
    async for event in handle:
        into.append(event)
        assert len(into) < EVENTS_MAX


def kinds(events):
    return {type(event).__name__ for event in events}


@pytest.mark.parametrize(
    ("signature_type", "version"), [(3, "v1"), (2, "v1"), (1, "v1"), (0, "v1"), (3, "v2"), (0, "v2")]
)
async def test_the_unified_client_trades_with_every_kind_of_wallet(signature_type, version):
    account = trader(100 + signature_type)
    share = "1" if version == "v2" else "0"
    async with simulator_process("--allow-eoa", "--version-two", share) as outside:
        market = await tradable(outside, version=version)
        up, _ = tokens_of(market)
        client = await AsyncSecureClient.create(
            private_key=account.key.hex(), wallet=wallet(account, signature_type), environment=environment(outside)
        )
        async with client:
            assert len(await client.fetch_api_keys()) == 1
            assert await client.get_closed_only_mode() is False
            assert (await client.get_balance_allowance(asset_type="COLLATERAL")).balance == 1_000_000_000
            book = await client.get_order_book(token_id=up)
            assert max(level.price for level in book.bids) < min(level.price for level in book.asks)

            resting = await client.place_limit_order(token_id=up, price="0.02", size="10", side="BUY", post_only=True)
            assert (resting.ok, resting.status) == (True, "live")
            ending = await client.place_limit_order(
                token_id=up, price="0.03", size="5", side="BUY", expiration=int(time.time()) + 600
            )
            assert ending.ok
            listed = [order async for order in client.list_open_orders().iter_items()]
            assert {order.id for order in listed} == {resting.order_id, ending.order_id}
            assert (await client.get_order(order_id=ending.order_id)).order_type == "GTD"

            bought = await client.place_market_order(token_id=up, side="BUY", amount="20", max_price="0.95")
            assert (bought.ok, bought.status) == (True, "matched")
            assert bought.making_amount <= 20
            settled = await client.wait_for_order_fill_settlement(bought)
            assert settled
            kept = await client.get_balance_allowance(
                asset_type="CONDITIONAL-V2" if version == "v2" else "CONDITIONAL", token_id=up
            )
            assert kept.balance == int(bought.taking_amount * 1_000_000)
            sold = await client.place_market_order(token_id=up, side="SELL", shares="5", min_price="0.01")
            assert (sold.ok, sold.status) == (True, "matched")

            with pytest.raises(RequestRejectedError, match="FOK orders are fully filled or killed") as killed:
                await client.place_market_order(
                    token_id=up, side="BUY", amount="900", max_price="0.05", order_type="FOK"
                )
            assert killed.value.status == 400
            with pytest.raises(RequestRejectedError, match="post-only order: order crosses book"):
                await client.place_limit_order(token_id=up, price="0.97", size="5", side="BUY", post_only=True)

            assert (await client.cancel_order(order_id=resting.order_id)).canceled == (resting.order_id,)
            again = await client.cancel_order(order_id=resting.order_id)
            assert list(again.not_canceled) == [resting.order_id]
            assert (await client.cancel_all()).canceled == (ending.order_id,)
            trades = [trade async for trade in client.list_account_trades().iter_items()]
            assert {trade.taker_order_id for trade in trades} == {bought.order_id, sold.order_id}


async def test_the_unified_client_places_batches_beats_and_listens():
    account = trader(7)
    async with simulator_process() as outside:
        market = await tradable(outside)
        up, down = tokens_of(market)
        client = await AsyncSecureClient.create(
            private_key=account.key.hex(), wallet=wallet(account, 3), environment=environment(outside)
        )
        async with client:
            books, own, prices = [], [], []
            listening = [
                asyncio.create_task(collected(await client.subscribe(spec), into))
                for spec, into in (
                    (MarketSpec(token_ids=[up, down], custom_feature_enabled=True), books),
                    (UserSpec(), own),
                    (CryptoTwapPriceSpec(symbols=["btcusd"]), prices),
                )
            ]
            await eventually(lambda: "MarketBookEvent" in kinds(books), within_s=SOON_S, why="a book")
            await eventually(lambda: len(prices) >= 2, within_s=SOON_S, why="prices")

            drafts = [
                await client.create_limit_order(token_id=up, price=f"0.0{n}", size="5", side="BUY") for n in range(1, 6)
            ]
            answers = await client.post_orders(drafts)
            assert [answer.ok for answer in answers] == [True] * 5
            bought = await client.place_market_order(token_id=down, side="BUY", amount="10", max_price="0.95")
            assert bought.ok
            await eventually(
                lambda: {"UserOrderEvent", "UserTradeEvent"} <= kinds(own), within_s=SOON_S, why="own events"
            )
            await eventually(
                lambda: any(getattr(e.payload, "status", "") == "CONFIRMED" for e in own),
                within_s=SOON_S,
                why="confirmed",
            )
            assert {"MarketPriceChangeEvent", "MarketLastTradePriceEvent"} <= kinds(books)

            beat = await client.send_order_heartbeat()
            following = await client.send_order_heartbeat(heartbeat_id=beat.heartbeat_id)
            with pytest.raises(OrderHeartbeatMismatchError) as refused:
                await client.send_order_heartbeat(heartbeat_id=beat.heartbeat_id)
            assert refused.value.heartbeat_id == following.heartbeat_id
            await eventually(
                lambda: sum(getattr(e.payload, "status", "").startswith("CANCELED") for e in own) >= 5,
                within_s=SOON_S + 10, why="the dead man's switch cancels what is open",
            )  # fmt: skip
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)


@pytest.fixture
def patient():
    client = helpers._http_client
    usual, client.timeout = client.timeout, PATIENCE_S
    yield
    client.timeout = usual


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("signature_type", [0, 1, 2, 3])
async def test_the_older_client_trades_with_every_kind_of_wallet(signature_type):
    account = trader(200 + signature_type)
    async with simulator_process("--allow-eoa") as outside:
        market = await tradable(outside)
        beats = await asyncio.to_thread(traded_with_the_older_client, outside, account, signature_type, market)
        assert len(set(beats)) == 2, "heartbeat ids rotate"


def traded_with_the_older_client(outside, account, signature_type, market):
    up, _ = tokens_of(market)
    client = ClobClient(
        f"{outside.http}/clob",
        137,
        key=account.key.hex(),
        signature_type=signature_type,
        funder=wallet(account, signature_type),
    )
    assert client.get_ok() == "OK"
    assert client.get_version() == 2
    created = client.create_or_derive_api_key()
    assert isinstance(created, ApiCreds)
    assert client.derive_api_key() == created
    client.set_api_creds(created)
    assert created.api_key in str(client.get_api_keys())
    assert client.get_tick_size(up) in ("0.01", "0.001")
    assert client.get_neg_risk(up) is False
    assert 0 < float(client.get_midpoint(up)["mid"]) < 1
    assert client.get_balance_allowance(BalanceAllowanceParams(asset_type="COLLATERAL"))["balance"] == "1000000000"

    resting = client.create_and_post_order(OrderArgs(token_id=up, price=0.02, size=10, side="BUY"), post_only=True)
    assert (resting["success"], resting["status"]) == (True, "live")
    ending = client.create_and_post_order(
        OrderArgs(token_id=up, price=0.03, size=10, side="BUY", expiration=int(time.time()) + 600),
        order_type=OrderType.GTD,
    )
    assert ending["status"] == "live"
    assert {order["id"] for order in client.get_open_orders(OpenOrderParams())} == {
        resting["orderID"],
        ending["orderID"],
    }
    assert client.get_order(ending["orderID"])["order_type"] == "GTD"

    bought = client.create_and_post_market_order(
        MarketOrderArgs(token_id=up, amount=20, side="BUY", price=0.95, order_type=OrderType.FAK),
        order_type=OrderType.FAK,
    )
    assert bought["status"] == "matched"
    assert bought["transactionsHashes"], "the client waits for its trades to be mined"
    sold = client.create_and_post_market_order(
        MarketOrderArgs(token_id=up, amount=5, side="SELL", price=0.01, order_type=OrderType.FOK),
        order_type=OrderType.FOK,
    )
    assert sold["status"] == "matched"
    with pytest.raises(PolyApiException) as killed:
        client.create_and_post_market_order(
            MarketOrderArgs(token_id=up, amount=500, side="BUY", price=0.05, order_type=OrderType.FOK),
            order_type=OrderType.FOK,
        )
    assert killed.value.status_code == 400
    assert "FOK orders are fully filled or killed" in str(killed.value.error_msg)

    assert client.cancel_order(OrderPayload(orderID=resting["orderID"]))["canceled"] == [resting["orderID"]]
    assert client.cancel_market_orders(OrderMarketCancelParams(asset_id=up))["canceled"] == [ending["orderID"]]
    assert client.cancel_all()["canceled"] == []
    trades = client.get_trades(TradeParams())
    assert {trade["taker_order_id"] for trade in trades} == {bought["orderID"], sold["orderID"]}
    beat = client.post_heartbeat("")["heartbeat_id"]
    return beat, client.post_heartbeat(beat)["heartbeat_id"]
