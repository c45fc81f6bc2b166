"""The exchange's words for why it does not take an order. Clients tell refusals apart by these alone."""

from simulator.exchange.account.writing import amount_text, price_text
from simulator.exchange.identity.contracts import spender_of
from simulator.exchange.intake.refused import Refused
from simulator.matching.events import OrderRefused, Refusal
from simulator.matching.values import Instrument

INVALID_PAYLOAD = "Invalid order payload"
VERSION_MISMATCH = "order_version_mismatch"
NOT_OWNER = "the order owner has to be the owner of the API KEY"
NOT_SIGNER = "the order signer address has to be the address of the API KEY"
NOT_ALLOWED = "maker address not allowed, please use the deposit wallet flow"
INVALID_SIGNATURE = "invalid signature"
INVALID_EXPIRATION = "invalid expiration"
CROSSES = "invalid post-only order: order crosses book"
NO_POST_ONLY = "invalid post-only order: only GTC and GTD orders can be post-only"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED = "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
BALANCE = "not enough balance / allowance"
MIN_NOTIONAL = "$1"


FIXED = {Refusal.CROSSES: CROSSES, Refusal.EXPIRED: INVALID_EXPIRATION}
KILLED = {Refusal.FOK_NOT_FILLED: FOK_KILLED, Refusal.FAK_NOT_FILLED: FAK_KILLED}


def words(refused: OrderRefused, instrument: Instrument | None) -> Refused:
    """Word what the matching engine says of an order that it did not take.

    Raises ValueError for a refusal that is not about placing an order.
    """
    if refused.refusal in KILLED:
        return Refused(400, KILLED[refused.refusal], refused.order.order_id)
    return Refused(400, FIXED.get(refused.refusal) or _of_market(refused, instrument) or _of_amounts(refused))


def no_book(token: str) -> str:
    return f"the orderbook {token} does not exist"


def banned(address: str) -> str:
    return f"'{address}' address banned"


def closed_only(address: str) -> str:
    return f"'{address}' address in closed only mode"


def off_tick(order_id: str, price: str, tick_e4: int) -> str:
    return f"order {order_id} is invalid. Price ({price}) breaks minimum tick size rule: {price_text(tick_e4)}"


def imprecise(kind: str, maker_decimals: int, taker_decimals: int) -> str:
    return (
        f"invalid amounts, the {kind} orders maker amount supports a max accuracy of {maker_decimals} decimals, "
        f"taker amount a max of {taker_decimals} decimals"
    )


def ratio(usd_e6: int, shares_e6: int) -> str:
    """Write the price that two amounts make, with as many digits as a double has."""
    return f"{usd_e6 / shares_e6:.16f}".rstrip("0").rstrip(".")


def _of_market(refused: OrderRefused, instrument: Instrument | None) -> str:
    """Word what a market's own rules were against. One that is not known any more has no book."""
    order = refused.order
    match refused.refusal:
        case Refusal.OFF_TICK if instrument is not None:
            return off_tick(order.order_id, price_text(order.price_e4), instrument.tick_e4)
        case Refusal.TOO_SMALL if instrument is not None:
            size, least = amount_text(order.shares_e6), amount_text(instrument.min_size_e6)
            return f"order {order.order_id} is invalid. Size ({size}) lower than the minimum: {least}"
        case Refusal.UNKNOWN_MARKET | Refusal.NOT_ACCEPTING | Refusal.OFF_TICK | Refusal.TOO_SMALL:
            return no_book(order.token)
        case _:
            return ""


def _of_amounts(refused: OrderRefused) -> str:
    """Word what was wrong with an order's id or with what it needs."""
    order = refused.order
    match refused.refusal:
        case Refusal.DUPLICATE:
            return f"order {order.order_id} is invalid. Duplicated."
        case Refusal.TOO_LITTLE_NOTIONAL:
            usd = amount_text(order.maker_e6)
            return f"invalid amount for a marketable BUY order (${usd}), min size: {MIN_NOTIONAL}"
        case Refusal.BALANCE:
            found, needed = refused.found_e6, refused.needed_e6
            return f"{BALANCE}: the balance is not enough -> balance: {found}, order amount: {needed}"
        case Refusal.ALLOWANCE:
            bound = f"spender: {spender_of(order.token)}, allowance: {refused.found_e6}"
            return f"{BALANCE}: the allowance is not enough -> {bound}, order amount: {refused.needed_e6}"
        case other:
            raise ValueError(f"expected a refusal of placing an order, found {other}")
