"""Balances as the exchange remembers them."""

from polymarket.models.clob.account import BalanceAllowance

from simulator.exchange.account.balances import SPENDERS, UNBOUNDED, ShownBalances
from simulator.matching.events import BalanceChanged, OrderPlaced, TradeChanged
from support.account_records import (
    AT_NS,
    CONDITION,
    MAKER_WALLET,
    TAKER_WALLET,
    UP,
    a_holding,
    a_standing,
    a_trade,
)


class Chain:
    def __init__(self):
        self.held = {}
        self.bound = None

    def dollars(self, account):
        return self.held.get((account, ""), a_holding())

    def shares(self, account, token):
        return self.held.get((account, token), a_holding())

    def allowance(self, account):
        return self.bound


def a_chain(usd_e6=1_000_000_000):
    chain = Chain()
    chain.held[TAKER_WALLET, ""] = a_holding(usd_e6)
    return chain, ShownBalances(chain)


def test_what_is_promised_is_shown_and_what_is_not_mined_is_not():
    chain, shown = a_chain()
    chain.held[TAKER_WALLET, ""] = a_holding(1_000_000, reserved_e6=300_000, unsettled_e6=200_000)
    assert shown.of(TAKER_WALLET, "").balance_e6 == 800_000


def test_a_deposit_is_not_noticed_until_an_update_is_asked_for():
    chain, shown = a_chain(0)
    assert shown.of(TAKER_WALLET, "").balance_e6 == 0

    chain.held[TAKER_WALLET, ""] = a_holding(5_000_000)
    shown.hear(BalanceChanged(AT_NS, TAKER_WALLET, "", 5_000_000))
    assert shown.of(TAKER_WALLET, "").balance_e6 == 0

    shown.update(TAKER_WALLET, "")
    assert shown.of(TAKER_WALLET, "").balance_e6 == 5_000_000


def test_an_order_or_a_trade_of_a_wallet_refreshes_all_that_is_shown_of_it():
    chain, shown = a_chain()
    for account in (TAKER_WALLET, MAKER_WALLET):
        shown.of(account, UP)
        chain.held[account, UP] = a_holding(7_000_000)

    shown.hear(OrderPlaced(AT_NS, a_standing()))
    assert shown.of(TAKER_WALLET, UP).balance_e6 == 7_000_000
    assert shown.of(MAKER_WALLET, UP).balance_e6 == 0

    shown.hear(TradeChanged(AT_NS, a_trade()))
    assert shown.of(MAKER_WALLET, UP).balance_e6 == 7_000_000


def test_the_official_client_reads_a_balance_and_what_each_contract_may_take():
    chain, shown = a_chain()
    read = BalanceAllowance.parse_response(shown.of(TAKER_WALLET, "").written())
    assert (read.balance, read.allowances) == (1_000_000_000, dict.fromkeys(SPENDERS, UNBOUNDED))

    chain.bound = 25_000_000
    shown.update(TAKER_WALLET, "")
    assert shown.of(TAKER_WALLET, "").written()["allowance"] == "25000000"
    assert shown.of(TAKER_WALLET, UP).allowance_e6 == UNBOUNDED, f"{CONDITION}: shares are approved as a whole or not"
