"""What clients read of their own: orders, trades and balances, each seen by the API key that asks."""

import re
from collections.abc import Callable, Mapping

from aiohttp import web

from simulator.answers import answer, refusal, whole
from simulator.exchange.account.balances import NOTHING, ShownBalances
from simulator.exchange.account.paging import offset_of, page, part
from simulator.exchange.account.writing import rest_order, rest_trade
from simulator.exchange.floor import Floor
from simulator.exchange.identity.caller import Caller, authenticated
from simulator.exchange.identity.wallets import wallets_of
from simulator.matching.values import NS_PER_S, Standing, Trade
from simulator.stage import STAGE, Stage

SECONDS_MAX = 10**11
ORDER_ID = re.compile("0x[0-9a-fA-F]{64}")
CONDITION = re.compile("0x[0-9a-fA-F]{62,64}")
TOKEN = re.compile("[0-9]{1,78}")
TRADE_ID = re.compile("[0-9a-zA-Z-]{1,64}")
ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
INVALID_ORDER_ID = "Invalid orderID"
NO_ORDER = "Order not found"
INVALID_ORDERS = "invalid order params payload"
INVALID_TRADES = "Invalid trade params payload"
INVALID_ASSET_TYPE = "GetBalanceAndAllowance invalid params: assetAddress invalid hex address "
INVALID_TOKEN = "GetBalanceAndAllowance invalid params: assetId invalid value -1, as this is a erc1155 operation"  # noqa: S105 - words
INVALID_SIGNATURE_TYPE = "GetBalanceAndAllowance invalid params: signature_type invalid value"
COLLATERAL = "COLLATERAL"
CONDITIONAL = {"CONDITIONAL": "v1", "CONDITIONAL-V2": "v2"}
"""Which protocol's shares each kind of asset speaks of."""


async def order(request: web.Request, caller: Caller) -> web.Response:
    """Answer for one order of the caller's, whatever became of it."""
    floor, order_id = request.app[STAGE].floor, request.match_info["order_id"]
    if not ORDER_ID.fullmatch(order_id):
        return refusal(INVALID_ORDER_ID)
    found = _own(floor, order_id, caller)
    if found is None:
        return refusal(NO_ORDER, 404)
    return answer(rest_order(found, floor.engine.instrument(found.order.condition_id)))


async def orders(request: web.Request, caller: Caller) -> web.Response:
    """List the caller's open orders, the oldest first; by id also those that are over."""
    floor, query = request.app[STAGE].floor, request.query
    try:
        _check(query, {"id": ORDER_ID, "market": CONDITION, "asset_id": TOKEN})
        offset = offset_of(query.get("next_cursor"))
    except ValueError:
        return refusal(INVALID_ORDERS)
    if query.get("id"):
        own = _own(floor, query["id"], caller)
        found = [own] if own else []
    else:
        found = list(floor.engine.open_orders(caller.key))
    kept = [each for each in found if _is_wanted(query, each.order.condition_id, each.order.token)]
    shown, next_offset = part(kept, offset)
    written = [rest_order(each, floor.engine.instrument(each.order.condition_id)) for each in shown]
    return answer(page(written, next_offset))


async def trades(request: web.Request, caller: Caller) -> web.Response:
    """List the trades in which the caller took or made, the newest first.

    A filter by asset looks at the taker's asset alone, so that fills on the other token stay hidden.
    """
    floor, query = request.app[STAGE].floor, request.query
    try:
        is_kept, offset = _trade_filter(query), offset_of(query.get("next_cursor"))
    except ValueError:
        return refusal(INVALID_TRADES)
    shown, next_offset = part([trade for trade in floor.engine.trades(caller.key) if is_kept(trade)], offset)
    written = [rest_trade(trade, caller.key, floor.engine.instrument(trade.condition_id)) for trade in shown]
    return answer(page(written, next_offset))


class BalancePages:
    """The pages about balances, and what they remember. One for each server."""

    def __init__(self) -> None:
        self._shown: ShownBalances | None = None

    async def balance(self, request: web.Request, caller: Caller) -> web.Response:
        """Tell a balance as the exchange remembers it: nothing of a token that belongs to the other protocol."""
        stage = request.app[STAGE]
        try:
            account, token = _asset(stage, caller, request.query)
        except ValueError as error:
            return refusal(str(error))
        if token and CONDITIONAL[request.query["asset_type"]] != _version(stage.floor, token):
            return answer(NOTHING.written())
        return answer(self._remembered(stage.floor).of(account, token).written())

    async def update(self, request: web.Request, caller: Caller) -> web.Response:
        """Look a balance up anew. The answer is empty; what was found is told when it is next asked for."""
        stage = request.app[STAGE]
        try:
            account, token = _asset(stage, caller, request.query)
        except ValueError as error:
            return refusal(str(error))
        self._remembered(stage.floor).update(account, token)
        return web.Response()

    def _remembered(self, floor: Floor) -> ShownBalances:
        """Begin to remember when first asked, and hear what happens from then on."""
        if self._shown is None:
            self._shown = ShownBalances(floor.engine)
            floor.watch(self._shown.hear)
        return self._shown


def wallet_for(stage: Stage, caller: Caller, signature_type: int) -> str:
    """Name the wallet that a signature type means for a caller, and give it its deposit if it is the first one seen.

    A wallet beside one that is already in use gets none, and neither does an EOA that may not trade, so that a wrong
    type shows a balance of nothing.
    """
    wallets, known = wallets_of(caller.address), frozenset(stage.floor.engine.accounts())
    meant = [wallet for wallet, kind in wallets.items() if kind == signature_type]
    chosen = next((wallet for wallet in meant if wallet in known), meant[0])
    may_trade = chosen != caller.address or stage.exchange.allows_eoa or caller.is_allowed_eoa
    if may_trade and not known.intersection(wallets):
        stage.floor.fund(chosen)
    return chosen


def _own(floor: Floor, order_id: str, caller: Caller) -> Standing | None:
    found = floor.engine.order(order_id.lower())
    return found if found is not None and found.order.owner == caller.key else None


def _check(query: Mapping[str, str], shapes: Mapping[str, re.Pattern[str]]) -> None:
    for name, shape in shapes.items():
        if query.get(name) and not shape.fullmatch(query[name]):
            raise ValueError(f"{name}: found {query[name]!r}")


def _is_wanted(query: Mapping[str, str], condition_id: str, token: str) -> bool:
    market, asset = query.get("market", ""), query.get("asset_id", "")
    return (not market or market.lower() == condition_id.lower()) and (not asset or asset == token)


def _trade_filter(query: Mapping[str, str]) -> Callable[[Trade], bool]:
    """Read the filters of a query. Raises ValueError for one that cannot be read."""
    _check(query, {"id": TRADE_ID, "market": CONDITION, "asset_id": TOKEN, "maker_address": ADDRESS})
    wallet, trade_id = query.get("maker_address", "").lower(), query.get("id", "")
    after_s = whole(query.get("after") or None, -1, 0, SECONDS_MAX)
    before_s = whole(query.get("before") or None, SECONDS_MAX, 0, SECONDS_MAX)

    def is_kept(trade: Trade) -> bool:
        return (
            (not trade_id or trade.trade_id == trade_id)
            and _is_wanted(query, trade.condition_id, trade.token)
            and (not wallet or wallet == trade.account or any(wallet == fill.account for fill in trade.fills))
            and after_s < trade.at_ns // NS_PER_S < before_s
        )

    return is_kept


def _asset(stage: Stage, caller: Caller, query: Mapping[str, str]) -> tuple[str, str]:
    """Read whose balance of what is asked for. Raises ValueError with the exchange's words."""
    kind, token = query.get("asset_type", ""), query.get("token_id", "")
    if kind != COLLATERAL and kind not in CONDITIONAL:
        raise ValueError(INVALID_ASSET_TYPE)
    if kind in CONDITIONAL and not TOKEN.fullmatch(token):
        raise ValueError(INVALID_TOKEN)
    try:
        signature_type = whole(query.get("signature_type"), 0, 0, 3)
    except ValueError as error:
        raise ValueError(INVALID_SIGNATURE_TYPE) from error
    return wallet_for(stage, caller, signature_type), "" if kind == COLLATERAL else token


def _version(floor: Floor, token: str) -> str:
    instrument = floor.instrument_of(token)
    return floor.protocol_version(instrument.condition_id) if instrument is not None else "v1"


def routes() -> list[web.RouteDef]:
    pages = BalancePages()
    return [
        web.get("/clob/data/order/{order_id}", authenticated(order)),
        web.get("/clob/data/orders", authenticated(orders)),
        web.get("/clob/data/trades", authenticated(trades)),
        web.get("/clob/balance-allowance", authenticated(pages.balance)),
        web.get("/clob/balance-allowance/update", authenticated(pages.update)),
    ]
