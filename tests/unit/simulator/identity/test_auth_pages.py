"""The pages of authentication, as both official clients read them."""

import asyncio
from types import SimpleNamespace

import orjson
import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from polymarket._internal.actions.account import parse_closed_only_mode
from polymarket._internal.actions.auth import parse_api_key_creds, parse_api_keys_response

from simulator.exchange.identity import pages as auth_pages
from simulator.exchange.identity.caller import authenticated
from simulator.exchange.identity.keyring import KeyRing
from simulator.exchange.settings import ExchangeSettings
from simulator.stage import STAGE
from unit.simulator.identity.signing import NOW_NS, NOW_S, OWNER
from unit.simulator.identity.test_proof import ADDRESS, deprecated_level_one, unified_level_one, unified_level_two

PAGES = {(route.method, route.path): route.handler for route in auth_pages.routes()}


def an_application():
    app = web.Application()
    app[STAGE] = SimpleNamespace(clock=lambda: NOW_NS, exchange=ExchangeSettings(), keyring=KeyRing(1))
    return app


async def asked(app, method, path, headers=None, handler=None):
    """Ask a page, without any socket, and return the status and what was said."""
    request = make_mocked_request(method, f"/clob{path}", headers=headers or {}, app=app)
    handler = handler or PAGES[method, f"/clob{path}"]
    response = await handler(request)
    return response.status, orjson.loads(response.body)


async def a_key(app):
    status, said = await asked(app, "POST", "/auth/api-key", unified_level_one())
    assert status == 200
    return app[STAGE].keyring.of(said["apiKey"])


def shown(known, method, path):
    return unified_level_two(known, method, path, b"")


@pytest.mark.parametrize("sign", [deprecated_level_one, unified_level_one])
async def test_a_key_is_created_once_and_then_derived(sign):
    app = an_application()
    assert await asked(app, "GET", "/auth/derive-api-key", sign()) == (400, {"error": "Could not derive api key!"})
    status, created = await asked(app, "POST", "/auth/api-key", sign())
    assert (status, set(created)) == (200, {"apiKey", "secret", "passphrase"})
    assert parse_api_key_creds(created).key == created["apiKey"]
    assert await asked(app, "POST", "/auth/api-key", sign()) == (400, {"error": "Could not create api key"})
    assert await asked(app, "GET", "/auth/derive-api-key", sign()) == (200, created)
    assert await asked(app, "POST", "/auth/api-key", sign(1)) != (200, created)


@pytest.mark.parametrize(("method", "path"), [("POST", "/auth/api-key"), ("GET", "/auth/derive-api-key")])
async def test_without_a_signature_there_is_no_key(method, path):
    app = an_application()
    stale = unified_level_one(timestamp=NOW_S - 301)
    for headers in ({}, unified_level_one() | {"POLY_NONCE": "3"}, stale):
        assert await asked(app, method, path, headers) == (401, {"error": "Invalid L1 Request headers"})
    assert app[STAGE].keyring.listed(ADDRESS) == ()


async def test_keys_are_listed_and_deleted_by_their_owner():
    app = an_application()
    first = await a_key(app)
    _, second = await asked(app, "POST", "/auth/api-key", unified_level_one(1))

    _, said = await asked(app, "GET", "/auth/api-keys", shown(first, "GET", "/auth/api-keys"))
    assert parse_api_keys_response(said) == (first.key, second["apiKey"])
    assert await asked(app, "DELETE", "/auth/api-key", shown(first, "DELETE", "/auth/api-key")) == (200, "OK")
    again = await asked(app, "GET", "/auth/api-keys", shown(first, "GET", "/auth/api-keys"))
    assert again == (401, {"error": "Unauthorized/Invalid api key"})
    assert app[STAGE].keyring.of(second["apiKey"]) is not None


async def test_an_account_can_be_in_closed_only_mode():
    app = an_application()
    known, path = await a_key(app), "/auth/ban-status/closed-only"
    assert await asked(app, "GET", path, shown(known, "GET", path)) == (200, {"closed_only": False})
    app[STAGE].keyring.closed_only.add(OWNER.address.lower())
    _, said = await asked(app, "GET", path, shown(known, "GET", path))
    assert parse_closed_only_mode(said) is True


@pytest.mark.parametrize(
    ("method", "path"), sorted(key for key in PAGES if "api-key" not in key[1] or "keys" in key[1])
)
async def test_every_other_page_asks_for_a_key(method, path):
    said = await asked(an_application(), method, path.removeprefix("/clob"))
    assert said == (401, {"error": "Unauthorized/Invalid api key"})


async def test_a_handler_is_told_who_asks_and_the_query_is_no_part_of_what_was_signed():
    app = an_application()
    known = await a_key(app)

    async def handler(request, caller):
        return web.json_response([caller.address, caller.key, request.query["id"]])

    headers = shown(known, "GET", "/data/orders")
    said = await asked(app, "GET", "/data/orders?id=7", headers, authenticated(handler))
    assert said == (200, [ADDRESS, known.key, "7"])


async def test_a_body_beyond_the_servers_bound_is_refused():
    loop = asyncio.get_running_loop()
    payload = StreamReader(BaseProtocol(loop), 1 << 16, loop=loop)
    payload.feed_data(b"x" * 8193)
    payload.feed_eof()

    async def handler(request, caller):
        raise AssertionError("nobody may come this far")

    request = make_mocked_request("POST", "/clob/order", app=an_application(), payload=payload, client_max_size=8192)
    response = await authenticated(handler)(request)
    assert (response.status, orjson.loads(response.body)) == (413, {"error": "Request body too large"})
