"""Under which lease an order is approved, and on which of the venue's exchanges it will be."""

import pytest

from builders import NOON, a_book, a_market, a_price
from common.contracts.risk import OrderApproved, RiskLeaseAcquired
from common.contracts.runtime import LeaseAcquired
from unit.risk.risk_builders import Lived


def lease(token):
    return LeaseAcquired(holder="risk-1", token=token, at=NOON)


def test_a_lease_that_begins_is_announced_with_its_token():
    announced = Lived().tell(lease(7))

    assert isinstance(announced, RiskLeaseAcquired)
    assert (announced.holder, announced.token) == ("risk-1", 7)
    assert announced.event_id == Lived().tell(lease(7)).event_id
    assert announced.event_id != Lived().tell(lease(8)).event_id


def test_every_approval_bears_the_token_of_the_lease_it_was_made_under():
    lived = Lived()

    assert lived.ask().fencing_token == 0
    lived.tell(lease(7))
    assert lived.trade("second", book_at=NOON + 1).fencing_token == 7
    lived.tell(lease(9))
    assert lived.trade("third", book_at=NOON + 2).fencing_token == 9


def test_the_lease_of_another_replica_is_not_ones_own():
    lived = Lived()
    lived.tell(RiskLeaseAcquired(event_id="l1", holder="risk-2", token=11, at=NOON))

    assert lived.ask().fencing_token == 0


@pytest.mark.parametrize("is_neg_risk", [False, True])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_approval_names_the_exchange_that_its_market_is_traded_on(version, is_neg_risk):
    lived = Lived(a_market(protocol_version=version, is_neg_risk=is_neg_risk), a_book(), a_price())

    approved = lived.ask()

    assert isinstance(approved, OrderApproved)
    assert (approved.protocol_version, approved.is_neg_risk) == (version, is_neg_risk)
