"""A hash of the engine's whole state, by which a replay is compared with what was lived."""

from collections.abc import Iterator
from hashlib import sha256

from simulator.matching.market import Market
from simulator.matching.state import State


def digest_of(state: State) -> str:
    """Return 64 hex digits. It takes time in proportion to all that is remembered."""
    digest = sha256()
    for line in _lines(state):
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _lines(state: State) -> Iterator[str]:
    yield f"now {state.now_ns} sequence {state.sequence} given {state.accounts.given_e6}"
    for account in sorted(state.accounts.names()):
        found = state.accounts.reach(account)
        purses = sorted((token, each) for token, each in found.shares.items() if not each.is_empty)
        yield f"account {account} {found.dollars} {found.allowance_e6} {purses}"
    for market in state.markets():
        yield from _market_lines(market)
    for record in state.orders.known():
        yield f"order {record.standing()} {record.left_e6} {record.due_ns}"
    for trade in state.trades.known():
        yield f"trade {trade}"


def _market_lines(market: Market) -> Iterator[str]:
    yield f"market {market.instrument} {market.status} {market.winner} {market.locked_e6} {market.last}"
    for side in (market.bids, market.asks):
        for record in side.records():
            yield f"rests {record.order} {record.left_e6}"
    yield f"held {sorted(market.held)}"
