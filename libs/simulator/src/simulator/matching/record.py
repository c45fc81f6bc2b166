"""An order as the engine works with it: mutable, and written down as a `Standing` only when somebody looks."""

from simulator.matching.values import E4, Order, OrderStatus, Side, Standing

OPEN = (OrderStatus.LIVE, OrderStatus.DELAYED)


class OrderRecord:
    """What has become of an order so far, and what it can still trade.

    A BUY is defined by its dollars: what it can still trade is its left dollars at its own limit. A SELL is defined
    by its shares.
    """

    __slots__ = (
        "_standing", "account", "book_e4", "due_ns", "is_bid", "is_buy", "is_quote", "left_e6", "matched_e6", "open_e6",
        "order", "placed_ns", "received_e6", "sequence", "spent_e6", "status", "trades", "words",
    )  # fmt: skip

    def __init__(self, order: Order, first_token: str, placed_ns: int, is_quote: bool = False) -> None:
        self.order = order
        self.account = order.account
        self.sequence = 0
        """Its place among all orders that were taken; 0 until it is."""
        self.placed_ns = placed_ns
        self.is_quote = is_quote
        self.is_buy = order.side is Side.BUY
        is_first = order.token == first_token
        self.is_bid = is_first == self.is_buy
        self.book_e4 = order.price_e4 if is_first else E4 - order.price_e4
        self.status = OrderStatus.LIVE
        self.due_ns = 0
        self.matched_e6 = 0
        self.spent_e6 = 0
        self.received_e6 = 0
        self.trades: list[str] = []
        self.words = ""
        self.left_e6 = order.maker_e6
        self.open_e6 = self._tradable_e6()
        self._standing: Standing | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def leave(self, left_e6: int) -> None:
        """Set what is left to give: dollars of a BUY, shares of a SELL."""
        self.left_e6 = left_e6
        self.open_e6 = self._tradable_e6()
        self._standing = None

    def take(self, shares_e6: int, usd_e6: int, trade_id: str) -> None:
        """Have a part of it matched."""
        given_e6, got_e6 = (usd_e6, shares_e6) if self.is_buy else (shares_e6, usd_e6)
        self.matched_e6 += shares_e6
        self.spent_e6 += given_e6
        self.received_e6 += got_e6
        if not self.trades or self.trades[-1] != trade_id:
            self.trades.append(trade_id)
        self.leave(self.left_e6 - given_e6)

    def become(self, status: OrderStatus, words: str = "") -> None:
        self.status = status
        self.words = words
        self._standing = None

    def standing(self) -> Standing:
        if self._standing is None:
            self._standing = Standing(
                self.order, self.status, self.placed_ns, self.matched_e6, self.spent_e6, self.received_e6,
                tuple(self.trades), self.words,
            )  # fmt: skip
        return self._standing

    def _tradable_e6(self) -> int:
        return self.left_e6 * E4 // self.order.price_e4 if self.is_buy else self.left_e6
