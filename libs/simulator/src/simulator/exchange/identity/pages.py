"""API keys over HTTP: making them, fetching them again, listing and deleting them, and what their owner may do.

A key gives access and nothing else: no wallet is funded before its first order.
"""

from aiohttp import web

from simulator.answers import answer, refusal
from simulator.exchange.identity.caller import NS_PER_S, authenticated
from simulator.exchange.identity.keyring import Credentials
from simulator.exchange.identity.proof import Caller, Claimant, UnauthorizedError, level_one
from simulator.stage import STAGE
from simulator.world import Json

NOT_CREATED = "Could not create api key"
NOT_DERIVED = "Could not derive api key!"
NOT_DELETED = "Could not delete API key"


async def create(request: web.Request) -> web.Response:
    """Make the key of an address and a nonce."""
    try:
        claimant = _claimant(request)
    except UnauthorizedError as error:
        return refusal(str(error), 401)
    made = request.app[STAGE].keyring.create(claimant.address, claimant.nonce)
    return refusal(NOT_CREATED) if made is None else answer(_written(made))


async def derive(request: web.Request) -> web.Response:
    """Answer for a key that was made before."""
    try:
        claimant = _claimant(request)
    except UnauthorizedError as error:
        return refusal(str(error), 401)
    found = request.app[STAGE].keyring.derive(claimant.address, claimant.nonce)
    return refusal(NOT_DERIVED) if found is None else answer(_written(found))


async def listed(request: web.Request, caller: Caller) -> web.Response:
    found = request.app[STAGE].keyring.listed(caller.address)
    return answer({"apiKeys": [credentials.key for credentials in found]})


async def delete(request: web.Request, caller: Caller) -> web.Response:
    """Delete the key that the request was signed with."""
    is_gone = request.app[STAGE].keyring.delete(caller.key)
    return answer("OK") if is_gone else refusal(NOT_DELETED, 500)


async def closed_only(_: web.Request, caller: Caller) -> web.Response:
    return answer({"closed_only": caller.is_closed_only})


def _claimant(request: web.Request) -> Claimant:
    stage = request.app[STAGE]
    return level_one(request.headers, stage.clock() // NS_PER_S, stage.exchange.timestamp_skew_s_max)


def _written(credentials: Credentials) -> Json:
    return {"apiKey": credentials.key, "secret": credentials.secret, "passphrase": credentials.passphrase}


def routes() -> list[web.RouteDef]:
    return [
        web.post("/clob/auth/api-key", create),
        web.get("/clob/auth/derive-api-key", derive),
        web.get("/clob/auth/api-keys", authenticated(listed)),
        web.delete("/clob/auth/api-key", authenticated(delete)),
        web.get("/clob/auth/ban-status/closed-only", authenticated(closed_only)),
    ]
