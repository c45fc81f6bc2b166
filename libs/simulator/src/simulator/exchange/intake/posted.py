"""From the body of `POST /order` to an order for the engine: all that can be judged without looking at the book."""

from dataclasses import dataclass
from typing import Protocol

from simulator.exchange.identity.addresses import checksum
from simulator.exchange.identity.proof import Caller
from simulator.exchange.identity.signatures import is_of_session, is_signed
from simulator.exchange.identity.signed_order import SignedOrder
from simulator.exchange.identity.typed_data import OrderHashes, exchange_domain, order_hashes
from simulator.exchange.identity.wallets import DEPOSIT, EOA, owns
from simulator.exchange.intake import words
from simulator.exchange.intake.amounts import priced
from simulator.exchange.intake.payload import Payload, UnreadableError, read_payload
from simulator.exchange.intake.refused import Refused
from simulator.exchange.settings import ExchangeSettings
from simulator.matching.values import NS_PER_S, Instrument, Order, OrderType, Side

SAFETY_S = 60
"""A GTD ends so long before the instant that it states."""
AHEAD_S_MIN = 180
"""So far ahead, in whole seconds, the instant must lie that a GTD states."""


class Floor(Protocol):
    """What an order is judged against. The exchange's floor is one."""

    def now_ns(self) -> int: ...

    def instrument_of(self, token: str) -> Instrument | None: ...

    def protocol_version(self, condition_id: str) -> str: ...

    def is_neg_risk(self, condition_id: str) -> bool: ...

    def fund(self, account: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Posted:
    """An order that may be placed, and what was posted for it."""

    order: Order
    wire: SignedOrder
    defer_exec: bool


def read_order(payload: object, caller: Caller, floor: Floor, settings: ExchangeSettings) -> Posted | Refused:
    """Judge a posted order. The wallet of one that is rightly signed is funded when it is first seen."""
    try:
        read = read_payload(payload)
    except UnreadableError as error:
        return Refused(400, str(error))
    complaint = _misuse(read) or _wrong_party(read, caller) or _restriction(read.order, caller, settings)
    complaint = complaint or _wrong_expiration(read, floor.now_ns())
    instrument = floor.instrument_of(read.order.token) if not complaint else None
    if instrument is None:
        return Refused(400, complaint or words.no_book(read.order.token))
    condition_id = instrument.condition_id
    domain = exchange_domain(floor.protocol_version(condition_id), floor.is_neg_risk(condition_id))
    hashes = order_hashes(read.order, domain)
    price = priced(read.order, read.order_type, instrument.tick_e4, hashes.order_id)
    if price.words:
        return Refused(400, price.words)
    if not is_signed(read.order, hashes, caller.address):
        return Refused(400, words.INVALID_SIGNATURE)
    floor.fund(read.order.maker)
    order = _for_engine(read, caller, instrument, hashes, price.price_e4)
    return Posted(order, read.order, read.defer_exec)


def _misuse(read: Payload) -> str:
    return words.NO_POST_ONLY if read.post_only and read.order_type.is_market else ""


def _wrong_party(read: Payload, caller: Caller) -> str:
    """Say whether the order is another's: its API key, or whose signature it claims to carry.

    A deposit wallet must be one of the caller's own, but for a session key's, which only the chain could tell.
    """
    order = read.order
    if read.owner != caller.key:
        return words.NOT_OWNER
    if order.signature_type == DEPOSIT:
        is_callers = is_of_session(order) or owns(caller.address, order.signer, DEPOSIT)
    else:
        is_callers = order.signer == caller.address
    return "" if is_callers else words.NOT_SIGNER


def _restriction(order: SignedOrder, caller: Caller, settings: ExchangeSettings) -> str:
    if caller.is_banned:
        return words.banned(checksum(caller.address))
    if caller.is_closed_only and order.side is Side.BUY:
        return words.closed_only(checksum(caller.address))
    if order.signature_type == EOA and not (settings.allows_eoa or caller.is_allowed_eoa):
        return words.NOT_ALLOWED
    return ""


def _wrong_expiration(read: Payload, now_ns: int) -> str:
    """Check that a GTD states an end that is far enough ahead, and that any other order states none."""
    stated_s = read.order.expiration_s
    is_right = stated_s - now_ns // NS_PER_S >= AHEAD_S_MIN if read.order_type is OrderType.GTD else stated_s == 0
    return "" if is_right else words.INVALID_EXPIRATION


def _end_ns(read: Payload) -> int:
    return (read.order.expiration_s - SAFETY_S) * NS_PER_S


def _for_engine(read: Payload, caller: Caller, instrument: Instrument, hashes: OrderHashes, price_e4: int) -> Order:
    wire = read.order
    return Order(
        order_id=hashes.order_id,
        account=wire.maker,
        owner=caller.key,
        condition_id=instrument.condition_id,
        token=wire.token,
        side=wire.side,
        maker_e6=wire.maker_e6,
        taker_e6=wire.taker_e6,
        price_e4=price_e4,
        order_type=read.order_type,
        post_only=read.post_only,
        expires_ns=_end_ns(read) if read.order_type is OrderType.GTD else 0,
    )
