"""What the gate makes up to rehearse by: the last opportunity, as if it were found now."""

from builders import NOON, after, an_opportunity
from common.contracts.risk import OrderApproved
from unit.risk.risk_builders import Lived

MOMENTS = ("price_at", "book_at", "received_at", "found_at", "valid_until")


def test_before_the_first_opportunity_there_is_nothing_to_rehearse():
    assert Lived().gate.imagine(NOON) is None


def test_it_is_the_last_opportunity_moved_to_now_under_a_name_that_nobody_knows():
    lived, found = Lived(), an_opportunity(event_id="last")
    lived.ask(event_id="first")
    lived.tell(found)
    imagined = lived.gate.imagine(after(30, found.found_at))
    assert imagined.event_id not in {"first", "last"}
    moved = {name: after(30, getattr(found, name)) for name in MOMENTS}
    assert imagined == found.model_copy(update={"event_id": imagined.event_id, **moved})


def test_the_gate_decides_on_it_each_time_and_a_real_one_is_decided_as_before():
    lived, twin = Lived(open_orders_max=10, repeat_window_ms=0), Lived(open_orders_max=10, repeat_window_ms=0)
    assert lived.ask(event_id="one") == twin.ask(event_id="one")
    for _ in range(3):
        assert isinstance(lived.gate.decide(lived.gate.imagine(NOON), NOON), OrderApproved)
    assert lived.gate.exposure.total == twin.gate.exposure.total
    assert lived.ask(event_id="two") == twin.ask(event_id="two")
