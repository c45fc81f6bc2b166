"""One history of our orders, made of what the post's answer, the user channel and the polls say, in whatever order.

Pure. A fact may come once, often, late or before what it follows from: each report comes out once, an order's stage
only grows, a trade's end is final, and a trade that ended is told of as matched before. The venue is asked again by
forgetting what was said of an order: then it is said again, and the desk, which knows each fill by its id, counts none
twice.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from common import ids
from common.clock import SECOND, Instant, since
from common.contracts.risk import OrderApproved
from common.money import ZERO_SHARES
from executor.adapters.live.news import OrderNews, Stage
from executor.adapters.wire_account import MakerPart, TradeRecord, TradeStatus
from executor.adapters.wire_orders import Placed, PlacedStatus
from executor.core.inputs import (
    GatewayAccepted,
    GatewayCancelled,
    GatewayCompleted,
    GatewayFillConfirmed,
    GatewayFilled,
    GatewayFillFailed,
    GatewayFillRetried,
    GatewayNotFound,
    GatewayRejected,
    GatewayReport,
)

VENUE_CLOCK_STEP_S = 2
"""The venue tells moments in whole seconds: what was matched just now is told by our own clock."""
FINAL = frozenset({TradeStatus.CONFIRMED, TradeStatus.FAILED})


@dataclass(slots=True)
class Followed:
    """One order of ours at the venue: what is known of it, and what was said."""

    approval: OrderApproved
    venue_order_id: str
    arrives_by: Instant
    """Until when the venue may still work off what it was given."""
    stage: Stage = Stage.UNHEARD
    is_checked: bool = False
    """Whether its end stands by what the venue answered when it was asked for the order."""
    has_got: bool = False
    """Whether it is said to have got something, whichever trade it was."""
    is_asked: bool = False
    """Whether the desk wants to know, and must be told even that there is nothing."""
    trade_ids: set[str] = field(default_factory=set)
    """Of all trades that it is said to have a part in."""
    said: set[tuple[str, str]] = field(default_factory=set)
    final: set[str] = field(default_factory=set)
    """Its trades that are final."""

    @property
    def order_id(self) -> str:
        return self.approval.order_id

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can be heard of it."""
        is_told = bool(self.trade_ids) or not self.has_got
        return self.stage is Stage.OVER and self.is_checked and is_told and self.trade_ids <= self.final


class History:
    """The orders of one API key. Each method answers the reports that a fact gives rise to, none where it is old."""

    def __init__(self, kept_max: int) -> None:
        self.api_key = ""
        """Whose orders these are."""
        self._kept_max = kept_max
        self._by_hash: OrderedDict[str, Followed] = OrderedDict()
        self._by_id: dict[str, Followed] = {}
        self._names: OrderedDict[str, str] = OrderedDict()

    # --- what may be asked of it ---

    def of_hash(self, venue_order_id: str) -> Followed | None:
        return self._by_hash.get(venue_order_id.lower())

    def of_order(self, order_id: str) -> Followed | None:
        return self._by_id.get(order_id)

    def order_id(self, venue_order_id: str) -> str:
        """Answer our own name of an order, empty where nobody here placed it."""
        followed = self.of_hash(venue_order_id)
        return followed.order_id if followed else self._names.get(venue_order_id.lower(), "")

    def unsettled(self) -> Iterator[Followed]:
        """List the orders of which something is still to be heard, oldest first."""
        return (followed for followed in self._by_hash.values() if not followed.is_settled)

    def may_be_open(self) -> tuple[str, ...]:
        """List, by the venue's names, the orders of which nothing says that they are over."""
        return tuple(name for name, followed in self._by_hash.items() if followed.stage is not Stage.OVER)

    @property
    def asked_count(self) -> int:
        """Count the orders that the desk has asked for and that nothing was heard of since."""
        return sum(1 for followed in self._by_hash.values() if followed.is_asked)

    # --- what it is told ---

    def remember(self, venue_order_id: str, order_id: str) -> None:
        """Know an order by its hash, whether or not anything is still to be heard of it."""
        self._names[venue_order_id.lower()] = order_id
        while len(self._names) > self._kept_max:
            self._names.popitem(last=False)

    def follow(self, approval: OrderApproved, venue_order_id: str, arrives_by: Instant) -> Followed:
        """Begin to follow an order, once."""
        known = self._by_id.get(approval.order_id)
        if known is not None:
            return known
        followed = Followed(approval, venue_order_id.lower(), arrives_by)
        self.remember(venue_order_id, approval.order_id)
        self._by_hash[followed.venue_order_id] = self._by_id[approval.order_id] = followed
        self._forget_the_oldest()
        return followed

    def ask(self, followed: Followed) -> None:
        """Forget what was said of an order, so that all that is heard is said again."""
        followed.is_asked, followed.is_checked = True, False
        followed.stage = Stage.UNHEARD
        followed.said.clear()
        followed.final.clear()

    def ask_for_fill(self, followed: Followed, fill_id: str) -> None:
        """Forget what was said of one fill."""
        followed.said = {(what, about) for what, about in followed.said if about != fill_id}
        followed.final = {each for each in followed.final if self.fill_id(each, followed.venue_order_id) != fill_id}

    def placed(self, followed: Followed, placed: Placed, at: Instant) -> list[GatewayReport]:
        """Take the answer to a post that the venue took. What it got is told by its trades alone."""
        followed.trade_ids.update(placed.trade_ids)
        match placed.status:
            case PlacedStatus.DELAYED:
                return self._reached(followed, Stage.DELAYED, "delayed", at)
            case PlacedStatus.MATCHED:
                return self._reached(followed, Stage.LIVE, "matched", at)
            case PlacedStatus.LIVE:
                return self._reached(followed, Stage.LIVE, "live", at)
            case PlacedStatus.UNMATCHED:
                return []

    def rejected(self, followed: Followed, code: str, detail: str, at: Instant) -> list[GatewayReport]:
        """Take a refusal after which nothing is there."""
        followed.is_checked = True
        return self._over(followed, GatewayRejected(order_id=followed.order_id, code=code, detail=detail, at=at))

    def killed(self, followed: Followed, reason: str, at: Instant) -> list[GatewayReport]:
        """Take the end of an order that was taken and found nothing."""
        report = GatewayCancelled(order_id=followed.order_id, filled=ZERO_SHARES, reason=reason, at=at)
        return self._over(followed, report)

    def looked_up(self, news: OrderNews) -> list[GatewayReport]:
        """Take what the venue answers when it is asked for an order."""
        followed = self.of_hash(news.venue_order_id)
        if followed is not None and news.stage is Stage.OVER:
            followed.is_checked = True
        return self.order(news)

    def order(self, news: OrderNews) -> list[GatewayReport]:
        """Take what a channel says of an order; nothing follows from one that is not ours."""
        followed = self.of_hash(news.venue_order_id)
        if followed is None:
            return []
        followed.trade_ids.update(news.trade_ids)
        followed.has_got = followed.has_got or news.filled > 0
        order_id = followed.order_id
        match news.end:
            case "completed":
                return self._over(followed, GatewayCompleted(order_id=order_id, filled=news.filled, at=news.at))
            case "cancelled" | "expired":
                return self._over(followed, GatewayCancelled(
                    order_id=order_id, filled=news.filled, reason=news.words, kind=news.end, at=news.at,
                ))  # fmt: skip
            case _:
                return self._reached(
                    followed, news.stage, "delayed" if news.stage is Stage.DELAYED else "live", news.at
                )

    def missing(self, followed: Followed, at: Instant) -> list[GatewayReport]:
        """Take it that the venue does not know an order: it counts once the order cannot be on its way any more."""
        followed.is_checked = followed.is_checked or followed.stage is Stage.OVER
        if not followed.is_asked or at < followed.arrives_by:
            return []
        followed.is_checked = True
        return self._over(followed, GatewayNotFound(order_id=followed.order_id, at=at))

    def trade(self, trade: TradeRecord, now: Instant) -> list[GatewayReport]:
        """Take a trade, as some channel knows it now, for each of our orders that had a part in it."""
        reports: list[GatewayReport] = []
        for part in trade.parts_of(self.api_key):
            followed = self.of_hash(part.order_id)
            if followed is not None:
                followed.trade_ids.add(trade.trade_id)
                reports += self._part(followed, trade, part, now)
        return reports

    @staticmethod
    def fill_id(trade_id: str, venue_order_id: str) -> str:
        """Name a fill: one trade may touch several of our orders, and one order has many trades."""
        return ids.derive("venue_fill", trade_id, venue_order_id.lower())

    # --- how ---

    def _reached(
        self, followed: Followed, stage: Stage, status: Literal["live", "delayed", "matched"], at: Instant
    ) -> list[GatewayReport]:
        if stage <= followed.stage:
            return []
        followed.stage, followed.is_asked = stage, False
        return [GatewayAccepted(
            order_id=followed.order_id, venue_order_id=followed.venue_order_id, status=status, at=at
        )]  # fmt: skip

    def _over(self, followed: Followed, report: GatewayReport) -> list[GatewayReport]:
        if followed.stage is Stage.OVER:
            return []
        followed.stage, followed.is_asked = Stage.OVER, False
        return [report]

    def _part(self, followed: Followed, trade: TradeRecord, part: MakerPart, now: Instant) -> list[GatewayReport]:
        fill_id, order_id = self.fill_id(trade.trade_id, followed.venue_order_id), followed.order_id
        reports: list[GatewayReport] = []
        if self._is_news(followed, "filled", fill_id):
            reports.append(self._filled(followed, trade, part, fill_id, now))
        if trade.trade_id in followed.final:
            return reports
        match trade.status:
            case TradeStatus.CONFIRMED:
                reports.append(GatewayFillConfirmed(order_id=order_id, fill_id=fill_id, at=now))
            case TradeStatus.FAILED:
                reason = f"the venue could not settle trade {trade.trade_id}"
                reports.append(GatewayFillFailed(order_id=order_id, fill_id=fill_id, reason=reason, at=now))
            case TradeStatus.RETRYING if self._is_news(followed, "retried", fill_id):
                reports.append(GatewayFillRetried(order_id=order_id, fill_id=fill_id, at=now))
            case _:
                pass
        if trade.status in FINAL:
            followed.final.add(trade.trade_id)
        return reports

    def _filled(
        self, followed: Followed, trade: TradeRecord, part: MakerPart, fill_id: str, now: Instant
    ) -> GatewayFilled:
        liquidity = trade.liquidity_of(part)
        is_recent = since(now, trade.matched_at) < VENUE_CLOCK_STEP_S * SECOND
        return GatewayFilled(
            order_id=followed.order_id, fill_id=fill_id, price=part.price, quantity=part.quantity,
            fee=followed.approval.fee.of(part.price, part.quantity, liquidity), liquidity=liquidity,
            at=now if is_recent else trade.matched_at,
        )  # fmt: skip

    def _is_news(self, followed: Followed, what: str, about: str) -> bool:
        if (what, about) in followed.said:
            return False
        followed.said.add((what, about))
        return True

    def _forget_the_oldest(self) -> None:
        if len(self._by_hash) <= self._kept_max:
            return
        for venue_order_id, followed in self._by_hash.items():
            if followed.is_settled:
                del self._by_hash[venue_order_id]
                del self._by_id[followed.order_id]
                return
