"""Dollars from outside, and how much of an account's the exchange may take."""

from simulator.matching.events import BalanceChanged, Refusal
from simulator.matching.operations import Deposit, SetAllowance
from simulator.matching.state import State


def deposit(state: State, operation: Deposit) -> None:
    """Give an account dollars. There is no such thing as a negative deposit."""
    if operation.usd_e6 <= 0:
        state.refuse(operation.account, Refusal.TOO_SMALL)
        return
    state.accounts.give(operation.account, operation.usd_e6)
    state.tell(BalanceChanged(state.now_ns, operation.account, "", operation.usd_e6))


def set_allowance(state: State, operation: SetAllowance) -> None:
    """Bound what open orders may come to from now on. Those that are open stay."""
    if operation.usd_e6 is not None and operation.usd_e6 < 0:
        state.refuse(operation.account, Refusal.ALLOWANCE)
        return
    state.accounts.reach(operation.account).allowance_e6 = operation.usd_e6
