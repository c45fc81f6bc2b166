"""The one question to the relayer that trading clients begin with: whether a wallet has been deployed on the chain.

There is no chain here, and nothing is relayed: a wallet counts as deployed once its owner has an API key, or once it
holds anything. The older form of deposit wallet counts only in the latter case, so that clients choose today's.
"""

from aiohttp import web

from simulator.answers import answer, refusal
from simulator.exchange.identity.addresses import parse_address
from simulator.stage import STAGE

TYPES = ("WALLET", "PROXY", "SAFE")
NOT_RELAYED = "nothing is relayed here: there is no chain behind this exchange"


async def deployed(request: web.Request) -> web.Response:
    stage, kind = request.app[STAGE], request.query.get("type")
    try:
        wallet = parse_address(request.query.get("address", ""))
    except ValueError as error:
        return refusal(f"invalid address: {error}")
    if kind is not None and kind not in TYPES:
        return refusal(f"invalid type: expected one of {', '.join(TYPES)}, found {kind!r}")
    engine = stage.floor.engine
    holds = bool(engine.dollars(wallet).total_e6 or engine.positions(wallet))
    return answer({"deployed": holds or stage.keyring.has_wallet(wallet)})


async def not_relayed(request: web.Request) -> web.Response:  # noqa: ARG001 - aiohttp's signature
    return refusal(NOT_RELAYED, 501)


def routes() -> list[web.RouteDef]:
    return [web.get("/relayer/deployed", deployed), web.route("*", "/relayer/{rest:.*}", not_relayed)]
