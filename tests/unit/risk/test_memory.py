"""How many orders were approved within a minute, whatever order their moments come in."""

from hypothesis import given
from hypothesis import strategies as st

from builders import after, an_approval
from risk.core.memory import MINUTE, Memory
from unit.risk.risk_builders import limits

KEPT = 5


@given(approvals=st.lists(st.tuples(st.integers(1, 8), st.integers(0, 200)), max_size=20), now_s=st.integers(0, 260))
def test_the_orders_of_the_last_minute_are_counted_as_if_each_were_looked_at(approvals, now_s):
    memory, kept = Memory(limits(orders_per_minute_max=KEPT)), {}
    for number, at_s in approvals:
        memory.observe(an_approval(order_id=f"o{number}", approved_at=after(at_s)))
        kept.pop(number, None)
        kept = dict([*kept.items(), (number, after(at_s))][-KEPT:])

    now = after(now_s)
    assert memory.approvals_in_the_last_minute(now) == sum(1 for at in kept.values() if now - at < MINUTE)
