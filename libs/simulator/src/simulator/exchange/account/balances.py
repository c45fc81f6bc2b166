"""What the exchange shows of a wallet's balances: a memory of the chain, not the chain itself. Pure.

A balance is looked up when it is first asked for, and again once an order or a trade of the wallet has come between,
or when the client asks for an update. Deposits, splits, merges and redemptions are not noticed by themselves.
"""

from dataclasses import dataclass
from typing import Protocol

from simulator.exchange.identity.contracts import EXCHANGE_V3, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE
from simulator.matching.events import Event, OrderEnded, OrderHeld, OrderMatched, OrderPlaced, TradeChanged
from simulator.matching.values import Holding
from simulator.world import Json

SHOWN_MAX = 10_000
UNBOUNDED = (1 << 256) - 1
NEG_RISK_ADAPTER = "0xd91E80cF2E7be2e162c6513ceD06f1dD0dA35296"
SPENDERS = (STANDARD_EXCHANGE, NEG_RISK_EXCHANGE, NEG_RISK_ADAPTER, EXCHANGE_V3)


class Holdings(Protocol):
    """What is truly held. An engine is one."""

    def dollars(self, account: str) -> Holding: ...

    def shares(self, account: str, token: str) -> Holding: ...

    def allowance(self, account: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A balance and what the exchange may take of it, in millionths."""

    balance_e6: int
    allowance_e6: int

    def written(self) -> Json:
        """Write it as `/balance-allowance` does, the allowance once for each contract and once by itself."""
        allowance = str(self.allowance_e6)
        return {
            "balance": str(self.balance_e6), "allowances": dict.fromkeys(SPENDERS, allowance), "allowance": allowance,
        }  # fmt: skip


NOTHING = Shown(0, UNBOUNDED)


class ShownBalances:
    """The balances that have been asked for, as they were when they were last looked up."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._shown: dict[str, dict[str, Shown]] = {}

    def of(self, account: str, token: str) -> Shown:
        """Tell what is shown of a token, or of the dollars where the token is empty."""
        known = self._shown.get(account, {}).get(token)
        return known if known is not None else self.update(account, token)

    def update(self, account: str, token: str) -> Shown:
        """Look a balance up anew: all of it, promised or not, but for what the chain has not mined yet."""
        held = self._holdings.shares(account, token) if token else self._holdings.dollars(account)
        bound = None if token else self._holdings.allowance(account)
        shown = Shown(held.total_e6 - held.unsettled_e6, UNBOUNDED if bound is None else bound)
        if account not in self._shown and len(self._shown) >= SHOWN_MAX:
            del self._shown[next(iter(self._shown))]
        of_account = self._shown.setdefault(account, {})
        if token not in of_account and len(of_account) >= SHOWN_MAX:
            del of_account[next(iter(of_account))]
        of_account[token] = shown
        return shown

    def hear(self, event: Event) -> None:
        """Forget the balances of everybody whose order or trade an event is about."""
        match event:
            case (
                OrderHeld(_, standing) | OrderPlaced(_, standing) | OrderMatched(_, standing) | OrderEnded(_, standing)
            ):
                self._shown.pop(standing.order.account, None)
            case TradeChanged(_, trade):
                self._shown.pop(trade.account, None)
                for fill in trade.fills:
                    self._shown.pop(fill.account, None)
            case _:
                """Nothing that the exchange would notice by itself."""
