"""Rows of the Data API: positions and trades as an indexer of the chain writes them, with doubles for numbers."""

from dataclasses import dataclass

from simulator.exchange.account.writing import address_text, outcome_of
from simulator.exchange.data.portfolio import Basis
from simulator.matching.values import E4, E6, NS_PER_S, Instrument, Side, Trade
from simulator.world import Json

PERCENT = 100
UNKNOWN_INDEX = 999


@dataclass(frozen=True, slots=True)
class Described:
    """A market in words. Nothing but empty texts where it is not known any more."""

    title: str = ""
    slug: str = ""
    icon: str = ""
    event_slug: str = ""
    event_id: str = ""
    end_date: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A position: what is held of a token, and everything that its row says of it."""

    account: str
    token: str
    instrument: Instrument
    described: Described
    basis: Basis
    price_e6: int
    """Of a share: the middle of the book, or what it pays once the market is resolved."""
    is_resolved: bool
    is_mergeable: bool
    is_neg_risk: bool

    @property
    def size_e6(self) -> int:
        return self.basis.held_e6

    @property
    def value_e6(self) -> int:
        return self.basis.held_e6 * self.price_e6 // E6

    @property
    def unrealized_e6(self) -> int:
        return self.value_e6 - self.basis.cost_e6

    @property
    def total_pnl_e6(self) -> int:
        return self.unrealized_e6 + self.basis.realized_e6

    @property
    def is_lost(self) -> bool:
        return self.is_resolved and self.price_e6 == 0

    @property
    def status(self) -> str:
        """A lost position is redeemable, and a mergeable one open: those only narrow a listing."""
        if not self.basis.held_e6:
            return "CLOSED"
        return "REDEEMABLE" if self.is_resolved else "OPEN"


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a trade: the taker's, or a maker's."""

    identity: str
    trade: Trade
    account: str
    token: str
    side: Side
    price_e4: int
    shares_e6: int
    usd_e6: int


def parts_of(trade: Trade, takers_only: bool) -> list[Part]:
    """Take a trade apart, the taker's side first."""
    taker = Part(
        f"{trade.trade_id}:taker", trade, trade.account, trade.token, trade.side, trade.price_e4, trade.shares_e6,
        trade.usd_e6,
    )  # fmt: skip
    if takers_only:
        return [taker]
    makers = [
        Part(
            f"{trade.trade_id}:{fill.order_id}", trade, fill.account, fill.token, fill.side, fill.price_e4,
            fill.shares_e6, fill.usd_e6,
        )
        for fill in trade.fills
    ]  # fmt: skip
    return [taker, *makers]


def trade_row(part: Part, instrument: Instrument | None, described: Described) -> Json:
    return {
        "proxy_wallet": address_text(part.account).lower(), "side": part.side.value, "token_id": part.token,
        "condition_id": part.trade.condition_id, "size": part.shares_e6 / E6, "price": part.price_e4 / E4,
        "timestamp": part.trade.at_ns // NS_PER_S, "title": described.title, "slug": described.slug,
        "icon": described.icon, "event_slug": described.event_slug,
        "outcome": outcome_of(instrument, part.token), "outcome_index": _index(instrument, part.token),
        "name": "", "pseudonym": "", "bio": "", "profile_image": "", "profile_image_optimized": "",
        "transaction_hash": part.trade.transaction_hash,
    }  # fmt: skip


def position_row(held: Held) -> Json:
    basis, index = held.basis, _index(held.instrument, held.token)
    described, other = held.described, 1 - index
    return {
        "proxy_wallet": held.account, "token_id": held.token, "condition_id": held.instrument.condition_id,
        "current_size": basis.held_e6 / E6, "avg_price": basis.average_e6 / E6,
        "entry_cost_usdc": basis.cost_e6 / E6, "entry_fees_usdc": basis.fees_e6 / E6,
        "total_cost_usdc": (basis.cost_e6 + basis.fees_e6) / E6, "current_price": held.price_e6 / E6,
        "current_value": held.value_e6 / E6, "total_size": basis.bought_e6 / E6,
        "realized_pnl": basis.realized_e6 / E6, "unrealized_pnl": held.unrealized_e6 / E6,
        "total_pnl": held.total_pnl_e6 / E6, "percent_pnl": _percent(held.total_pnl_e6, basis.spent_e6),
        "percent_realized_pnl": _percent(basis.realized_e6, basis.spent_e6), "status": held.status,
        "redeemable": held.is_resolved and basis.held_e6 > 0, "mergeable": held.is_mergeable,
        "negative_risk": held.is_neg_risk, "archived": False, "verified": False, "title": described.title,
        "slug": described.slug, "icon": described.icon, "event_slug": described.event_slug,
        "event_id": described.event_id, "outcome": held.instrument.outcomes[index], "outcome_index": index,
        "opposite_outcome": held.instrument.outcomes[other], "opposite_token_id": held.instrument.tokens[other],
        "end_date": described.end_date, "name": "", "profile_image": "",
        "first_entry_at": basis.first_ns // NS_PER_S or None, "last_event_at": basis.last_ns // NS_PER_S or None,
    }  # fmt: skip


def _index(instrument: Instrument | None, token: str) -> int:
    if instrument is None or token not in instrument.tokens:
        return UNKNOWN_INDEX
    return instrument.tokens.index(token)


def _percent(part_e6: int, whole_e6: int) -> float:
    return PERCENT * part_e6 / whole_e6 if whole_e6 else 0.0
