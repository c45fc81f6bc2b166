"""The simulator's own pages about accounts: money, shares and standing given by order, and what somebody holds."""

import orjson
from aiohttp import web

from simulator.answers import answer, read_json, refusal
from simulator.exchange.account.writing import amount_text
from simulator.exchange.identity.addresses import parse_address
from simulator.exchange.identity.wallets import wallet_of, wallets_of
from simulator.matching.events import Event, RequestRefused
from simulator.matching.log import encode
from simulator.matching.operations import Deposit, Redeem, SetAllowance, Split
from simulator.matching.values import E6, Holding
from simulator.stage import STAGE, Stage
from simulator.world import Json

AMOUNT_MAX = 1_000_000_000
TOKENS_MAX = 100
FIELDS = ("address", "signature_type", "usd", "shares", "allowance", "allow_eoa", "closed_only", "banned")
SIGNATURE_TYPES = (0, 1, 2, 3)
LINES_A_WRITE = 1000


async def set_account(request: web.Request) -> web.Response:
    """Give an account what the order names, on top of what it has, and answer what it then holds.

    {"address": "0x...", "signature_type"?: 0 to 3, to name which of that key's wallets gets the money and the shares
    (0, the address itself), "usd"?: dollars to deposit, "shares"?: {token: how many more; as many of the market's
    other token come with them}, "allowance"?: dollars, null for no bound, "allow_eoa"?, "closed_only"?, "banned"?:
    true or false}
    """
    stage = request.app[STAGE]
    try:
        order = await _order(request, FIELDS)
        address = _address(order)
        _give(stage, address, wallet_of(address, _signature_type(order)), order)
    except ValueError as error:
        return refusal(str(error))
    return answer(_account(stage, address))


async def account(request: web.Request) -> web.Response:
    """Tell what an address, and whatever wallet of it was ever seen, hold."""
    try:
        address = parse_address(request.match_info["address"])
    except ValueError as error:
        return refusal(str(error))
    return answer(_account(request.app[STAGE], address))


async def redeem(request: web.Request) -> web.Response:
    """Turn what an account holds of a resolved market into dollars: {"address", "condition_id", "signature_type"?}."""
    stage = request.app[STAGE]
    try:
        order = await _order(request, ("address", "condition_id", "signature_type"))
        address, condition_id = _address(order), _condition_id(stage, order)
        wallet = wallet_of(address, _signature_type(order))
        _check(stage.floor.apply(Redeem(stage.floor.now_ns(), wallet, condition_id)))
    except ValueError as error:
        return refusal(str(error))
    return answer(_account(stage, address))


async def log(request: web.Request) -> web.StreamResponse:
    """Tell all that was done to the engine, an operation a line: replayed, it comes to the same state."""
    floor = request.app[STAGE].floor
    kept = floor.log
    if kept is None:
        return refusal("no log is kept: start the simulator with --keep-log", 404)
    if floor.log_lost:
        return refusal(f"the log is full: {len(kept)} operations are kept, {floor.log_lost} after them are not", 409)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    operations = tuple(kept)
    for start in range(0, len(operations), LINES_A_WRITE):
        lines = (orjson.dumps(encode(each)) + b"\n" for each in operations[start : start + LINES_A_WRITE])
        await response.write(b"".join(lines))
    await response.write_eof()
    return response


def _give(stage: Stage, address: str, wallet: str, order: Json) -> None:
    """Read all of an order before anything of it is done."""
    floor, keyring = stage.floor, stage.keyring
    usd_e6 = _amount_e6("usd", order.get("usd", 0))
    allowance = order.get("allowance")
    allowance_e6 = None if allowance is None else _amount_e6("allowance", allowance)
    splits = _splits(stage, order.get("shares", {}))
    named = {
        "allow_eoa": keyring.allowed_eoas, "closed_only": keyring.closed_only, "banned": keyring.banned,
    }  # fmt: skip
    for name in named:
        if not isinstance(order.get(name, False), bool):
            raise ValueError(f"{name} must be true or false, found {order[name]!r:.100}")  # noqa: TRY004 - refused, no bug
    for name, members in named.items():
        if name in order:
            (members.add if order[name] else members.discard)(address)
    floor.fund(wallet)
    given_e6 = usd_e6 + sum(splits.values())
    if given_e6:
        floor.apply(Deposit(floor.now_ns(), wallet, given_e6))
    for condition_id, shares_e6 in splits.items():
        _check(floor.apply(Split(floor.now_ns(), wallet, condition_id, shares_e6)))
    if "allowance" in order:
        floor.apply(SetAllowance(floor.now_ns(), wallet, allowance_e6))


def _splits(stage: Stage, wanted: object) -> dict[str, int]:
    """Return by market how many pairs it takes for every token to come to as many shares as were asked for."""
    if not isinstance(wanted, dict) or len(wanted) > TOKENS_MAX:
        raise ValueError(f"shares must be an object of at most {TOKENS_MAX} tokens, found {wanted!r:.100}")
    found: dict[str, int] = {}
    for token, amount in wanted.items():
        instrument = stage.floor.instrument_of(token)
        if instrument is None:
            raise ValueError(f"shares must name tokens of markets, found {token!r:.100}")
        shares_e6 = _amount_e6(f"shares of {token}", amount)
        found[instrument.condition_id] = max(found.get(instrument.condition_id, 0), shares_e6)
    return {condition_id: shares_e6 for condition_id, shares_e6 in found.items() if shares_e6}


def _account(stage: Stage, address: str) -> Json:
    seen = {address, *stage.floor.engine.accounts()}
    wallets = {wallet: kind for wallet, kind in wallets_of(address).items() if wallet in seen}
    return {
        "address": address, "allow_eoa": address in stage.keyring.allowed_eoas,
        "closed_only": address in stage.keyring.closed_only, "banned": address in stage.keyring.banned,
        "wallets": {
            wallet: {"signature_type": kind} | _holdings(stage, wallet) for wallet, kind in wallets.items()
        },
    }  # fmt: skip


def _holdings(stage: Stage, wallet: str) -> Json:
    """Write what a wallet holds, amounts as decimal text. No allowance is one without bound."""
    engine = stage.floor.engine
    allowance_e6 = engine.allowance(wallet)
    return {
        "usd": _written(engine.dollars(wallet)),
        "allowance": None if allowance_e6 is None else amount_text(allowance_e6),
        "shares": {token: _written(holding) for token, holding in engine.positions(wallet).items()},
    }


def _written(holding: Holding) -> dict[str, str]:
    return {
        "total": amount_text(holding.total_e6), "available": amount_text(holding.available_e6),
        "reserved": amount_text(holding.reserved_e6), "unsettled": amount_text(holding.unsettled_e6),
    }  # fmt: skip


async def _order(request: web.Request, fields: tuple[str, ...]) -> Json:
    order = await read_json(request)
    if not isinstance(order, dict):
        raise ValueError(f"expected an object, found {order!r:.100}")  # noqa: TRY004 - it is refused, not a bug
    for name in order:
        if name not in fields:
            raise ValueError(f"expected {', '.join(fields)}, found {name!r:.100}")
    return order


def _address(order: Json) -> str:
    return parse_address(str(order.get("address", "")))


def _condition_id(stage: Stage, order: Json) -> str:
    found = order.get("condition_id")
    if not isinstance(found, str) or stage.floor.instrument(found) is None:
        raise ValueError(f"condition_id must be that of a market, found {found!r:.100}")
    return found


def _signature_type(order: Json) -> int:
    found = order.get("signature_type", 0)
    if isinstance(found, bool) or found not in SIGNATURE_TYPES:
        raise ValueError(f"signature_type must be 0, 1, 2 or 3, found {found!r:.100}")
    return int(found)


def _amount_e6(name: str, found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= AMOUNT_MAX:
        raise ValueError(f"{name} must lie between 0 and {AMOUNT_MAX}, found {found!r:.100}")
    return round(found * E6)


def _check(events: tuple[Event, ...]) -> None:
    """Raise ValueError where the engine would not do it."""
    for event in events:
        if isinstance(event, RequestRefused):
            raise ValueError(f"the engine refused it: {event.refusal.value}")  # noqa: TRY004 - refused, no bug


def routes() -> list[web.RouteDef]:
    return [
        web.post("/sim/accounts", set_account),
        web.get("/sim/accounts/{address}", account),
        web.post("/sim/redeem", redeem),
        web.get("/sim/log", log),
    ]
