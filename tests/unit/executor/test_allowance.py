"""The least that the venue's exchanges may take: what an order needs, whichever of them it goes to."""

from decimal import Decimal

import pytest

from executor.adapters.live.account_checks import EXCHANGES, least_allowance
from executor.adapters.wire_access import Balance

DOLLAR = 1_000_000
ALL = dict.fromkeys(EXCHANGES, 200 * DOLLAR)
ONE = min(EXCHANGES)


@pytest.mark.parametrize(
    ("allowances", "expected"),
    [
        (ALL, 200), (ALL | {ONE: 3 * DOLLAR}, 3), ({each: n for each, n in ALL.items() if each != ONE}, 0),
        ({each.upper().replace("0X", "0x"): n for each, n in ALL.items()}, 200), (ALL | {"0xelse": 0}, 200),
        ({"": 7 * DOLLAR}, 7), ({"0xelse": 5 * DOLLAR}, None), ({}, None),
    ],
    ids=["all", "one of less", "one left out", "in capitals", "another contract", "one for all", "none of them", "none"],
)  # fmt: skip
def test_it_is_that_of_the_exchange_that_may_take_least_and_nothing_where_one_is_left_out(allowances, expected):
    found = least_allowance(Balance(DOLLAR, tuple(allowances.items())))

    assert found == (None if expected is None else Decimal(expected))
