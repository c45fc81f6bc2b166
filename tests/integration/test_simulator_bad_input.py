"""What clients get wrong, over HTTP: each is answered with the exchange's status and words, and nothing comes of it."""

import orjson
import pytest
from py_clob_client_v2.clob_types import RequestArgs
from py_clob_client_v2.headers.headers import create_level_1_headers, create_level_2_headers

from support.trading import BOB, NS_PER_S, Trader, a_scene

FLIPPED = str.maketrans("0123456789abcdef", "123456789abcdef0")


def changed(payload, **fields):
    return payload | {"order": payload["order"] | fields}


def with_another_signature(payload):
    signature = payload["order"]["signature"]
    return changed(payload, signature=signature[:10] + signature[10:12].translate(FLIPPED) + signature[12:])


def of_the_first_version(payload):
    order = {
        name: value for name, value in payload["order"].items() if name not in ("timestamp", "metadata", "builder")
    }
    return payload | {"order": order | {"taker": "0x" + "0" * 40, "nonce": "0", "feeRateBps": "1000"}}


ORDERS = {
    "another signature": (with_another_signature, "invalid signature"),
    "an amount that was not signed": (lambda p: changed(p, makerAmount="150000"), "invalid signature"),
    "an unknown token": (lambda p: changed(p, tokenId="12345"), "the orderbook 12345 does not exist"),
    "a price off the tick": (lambda p: changed(p, makerAmount="115000"), "breaks minimum tick size rule: 0.01"),
    "amounts too fine": (lambda p: changed(p, takerAmount="5000001"), "max accuracy of 4 decimals"),
    "the first version's fields": (of_the_first_version, "order_version_mismatch"),
    "another's API key": (lambda p: p | {"owner": "0" * 36}, "the order owner has to be the owner of the API KEY"),
    "another signer": (
        lambda p: changed(p, signer="0x" + "1" * 40), "the order signer address has to be the address of the API KEY",
    ),
    "another's wallet": (lambda p: changed(p, maker="0x" + "1" * 40), "invalid signature"),
    "an end without GTD": (lambda p: changed(p, expiration="1999999999"), "invalid expiration"),
    "a GTD that has ended": (lambda p: changed(p, expiration="1000") | {"orderType": "GTD"}, "invalid expiration"),
    "a post-only FAK": (lambda p: p | {"orderType": "FAK", "postOnly": True}, "only GTC and GTD orders can be post-only"),
    "a type that there is not": (lambda p: p | {"orderType": "IOC"}, "Invalid order payload"),
    "a salt as text": (lambda p: changed(p, salt="1"), "Invalid order payload"),
    "an amount that is a number": (lambda p: changed(p, makerAmount=100000), "Invalid order payload"),
    "an amount below nothing": (lambda p: changed(p, makerAmount="-1"), "Invalid order payload"),
    "a side that there is not": (lambda p: changed(p, side="HOLD"), "Invalid order payload"),
    "no order": (lambda _: {}, "Invalid order payload"),
    "a list": (lambda p: [p], "Invalid order payload"),
}  # fmt: skip


@pytest.mark.parametrize("what", ORDERS)
async def test_an_order_that_is_wrong_is_refused_with_words_and_leaves_nothing_behind(what):
    spoil, words = ORDERS[what]
    async with a_scene() as scene:
        status, body = await scene.trader.send("POST", "/order", spoil(scene.trader.order(scene.tokens[0], 0.02, 5)))
        assert status == 400
        assert words in body["error"]
        assert scene.trader.open_ids() == []
        assert scene.floor.engine.dollars(scene.trader.wallet).reserved_e6 == 0


@pytest.mark.parametrize("body", ["", "{", "nonsense", "null", "[]", '{"order":'])
async def test_a_body_that_is_no_json_object_is_refused(body):
    async with a_scene() as scene:
        headers = signed_headers(scene.trader, "POST", "/order", body)
        async with scene.http.post("/clob/order", data=body, headers=headers) as response:
            assert (response.status, await response.json()) == (400, {"error": "Invalid order payload"})


def signed_headers(trader, method, path, body, skew_s=0):
    now_s = trader.stage.clock() // NS_PER_S
    return create_level_2_headers(
        trader.official.signer, trader.creds, RequestArgs(method, path, serialized_body=body), now_s + skew_s
    )


async def sent(scene, headers, body="{}"):
    async with scene.http.delete("/clob/cancel-all", data=body, headers=headers) as response:
        return response.status, orjson.loads(await response.read())


async def test_credentials_that_are_wrong_in_any_part_are_unauthorized():
    unauthorized = (401, {"error": "Unauthorized/Invalid api key"})
    async with a_scene() as scene:
        right = signed_headers(scene.trader, "DELETE", "/cancel-all", "{}")
        assert (await sent(scene, right))[0] == 200
        for stale_s in (-3600, 3600):
            assert (
                await sent(scene, signed_headers(scene.trader, "DELETE", "/cancel-all", "{}", stale_s)) == unauthorized
            )
        for name in right:
            assert await sent(scene, {n: v for n, v in right.items() if n != name}) == unauthorized
            assert await sent(scene, right | {name: right[name][:-2] + "00"}) == unauthorized
        assert await sent(scene, right, body='{"another":"body"}') == unauthorized


async def test_a_key_is_made_only_with_the_signature_of_its_address():
    async with a_scene() as scene:
        bob = Trader(scene.server, scene.http, BOB)
        now_s = scene.server.stage.clock() // NS_PER_S
        right = create_level_1_headers(bob.official.signer, 1, now_s)
        stale = create_level_1_headers(bob.official.signer, 1, now_s - 3600)
        wrong = {"error": "Invalid L1 Request headers"}
        for headers, expected in [
            (right | {"POLY_ADDRESS": scene.trader.official.get_address()}, (401, wrong)),
            (right | {"POLY_NONCE": "2"}, (401, wrong)),
            (stale, (401, wrong)),
            ({}, (401, wrong)),
        ]:
            async with scene.http.post("/clob/auth/api-key", headers=headers) as response:
                assert (response.status, await response.json()) == expected
        async with scene.http.post("/clob/auth/api-key", headers=right) as response:
            assert response.status == 200
        async with scene.http.post("/clob/auth/api-key", headers=right) as response:
            assert (response.status, await response.json()) == (400, {"error": "Could not create api key"})


async def test_a_bare_key_may_not_trade_unless_it_is_allowed_to():
    async with a_scene(allows_eoa=False) as scene:
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 5)
        assert (status, body["error"]) == (400, "maker address not allowed, please use the deposit wallet flow")
        scene.server.stage.keyring.allowed_eoas.add(scene.trader.wallet)
        assert (await scene.trader.post(scene.tokens[0], 0.02, 5))[0] == 200


async def test_reads_that_make_no_sense_are_refused():
    async with a_scene() as scene:
        for path, status, words in [
            ("/clob/book", 400, "Invalid token id"),
            ("/clob/book?token_id=12345", 404, "No orderbook exists for the requested token id"),
            ("/clob/clob-markets/0x12", 404, "market not found"),
            ("/clob/markets-by-token/12345", 404, "market not found"),
        ]:
            async with scene.http.get(path) as response:
                assert (response.status, (await response.json())["error"]) == (status, words)


async def test_what_was_signed_for_the_other_protocol_is_a_wrong_signature():
    async with a_scene() as scene:
        listing = scene.floor.listing
        scene.floor.listing = Versions(listing)
        status, body = await scene.trader.post(scene.tokens[0], 0.02, 5)
        assert (status, body["error"]) == (400, "invalid signature")


class Versions:
    """A listing in which every market is of the protocol's second version."""

    def __init__(self, listing):
        self._listing = listing

    def __getattr__(self, name):
        return getattr(self._listing, name)

    def protocol_version(self, condition_id):
        return "v2"
