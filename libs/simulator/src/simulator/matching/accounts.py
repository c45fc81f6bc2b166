"""Who has what: dollars and shares, of each all that there is, what of it is promised, and what is not settled yet."""

from dataclasses import dataclass, field

from simulator.matching.values import Holding

NOTHING = Holding(0, 0, 0)


@dataclass(slots=True)
class Purse:
    """What an account has of one thing, in millionths."""

    total_e6: int = 0
    reserved_e6: int = 0
    unsettled_e6: int = 0

    @property
    def available_e6(self) -> int:
        return self.total_e6 - self.reserved_e6 - self.unsettled_e6

    @property
    def is_empty(self) -> bool:
        return not (self.total_e6 or self.reserved_e6 or self.unsettled_e6)

    def holding(self) -> Holding:
        return Holding(self.total_e6, self.reserved_e6, self.unsettled_e6)


@dataclass(slots=True)
class Account:
    """All purses of one account."""

    dollars: Purse = field(default_factory=Purse)
    shares: dict[str, Purse] = field(default_factory=dict)
    allowance_e6: int | None = None


class Accounts:
    """Every account that was ever seen. Purses come into being when they are first reached for."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self.given_e6 = 0
        """All dollars that ever came from outside: deposits, and what the endless accounts needed."""

    def names(self) -> tuple[str, ...]:
        return tuple(self._accounts)

    def find(self, account: str) -> Account | None:
        return self._accounts.get(account)

    def reach(self, account: str) -> Account:
        found = self._accounts.get(account)
        if found is None:
            found = self._accounts[account] = Account()
        return found

    def dollars(self, account: str) -> Purse:
        return self.reach(account).dollars

    def shares(self, account: str, token: str) -> Purse:
        purses = self.reach(account).shares
        found = purses.get(token)
        if found is None:
            found = purses[token] = Purse()
        return found

    def purse(self, account: str, token: str) -> Purse:
        """Reach for a token's shares, or for the dollars where the token is empty."""
        return self.shares(account, token) if token else self.dollars(account)

    def give(self, account: str, usd_e6: int) -> None:
        """Bring dollars in from outside."""
        self.dollars(account).total_e6 += usd_e6
        self.given_e6 += usd_e6

    def holds(self, token: str) -> bool:
        """Tell whether anybody has anything of a token."""
        return any(token in each.shares and not each.shares[token].is_empty for each in self._accounts.values())

    def forget(self, token: str) -> None:
        for each in self._accounts.values():
            each.shares.pop(token, None)

    def dollars_held(self, account: str) -> Holding:
        found = self._accounts.get(account)
        return found.dollars.holding() if found else NOTHING

    def shares_held(self, account: str, token: str) -> Holding:
        found = self._accounts.get(account)
        purse = found.shares.get(token) if found else None
        return purse.holding() if purse else NOTHING
