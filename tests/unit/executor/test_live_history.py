"""One history of what the post's answer, the user channel and the polls say, whatever their order."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import FEE, NOON, after, an_approval
from executor.core import OrderState
from executor.core.inputs import GatewayFilled
from unit.executor.desk_builders import Lived
from unit.executor.live_builders import HASH, a_history, a_maker, a_trade, made, news, placed


def types(reports):
    return [report.type.removeprefix("gateway_") for report in reports]


def test_an_answer_and_the_channels_that_repeat_it_come_out_once():
    history = a_history()
    followed = history.of_hash(HASH)

    told = [
        history.placed(followed, placed("live"), NOON), history.order(news(2)), history.looked_up(news(2)),
        history.placed(followed, placed("live"), NOON),
    ]  # fmt: skip

    assert [types(each) for each in told] == [["accepted"], [], [], []]


def test_a_stage_only_grows():
    history = a_history()

    told = [
        history.order(each) for each in (news(1), news(2), news(1), news(3, "cancelled"), news(2), news(3, "completed"))
    ]

    assert [types(each) for each in told] == [["accepted"], ["accepted"], [], ["cancelled"], [], []]
    assert [told[0][0].status, told[1][0].status] == ["delayed", "live"]


@pytest.mark.parametrize(("status", "said"), [("live", "live"), ("delayed", "delayed"), ("matched", "matched")])
def test_an_answer_says_where_the_order_stands_and_nothing_of_what_it_got(status, said):
    history = a_history()

    (report,) = history.placed(history.of_hash(HASH), placed(status, "trade1"), NOON)

    assert (report.type, report.status) == ("gateway_accepted", said)


def test_an_order_that_is_neither_matched_nor_resting_is_asked_for():
    history = a_history()

    assert history.placed(history.of_hash(HASH), placed("unmatched"), NOON) == []
    assert list(history.unsettled()) == [history.of_hash(HASH)]


def test_a_fill_is_what_was_matched_not_what_was_asked_for_and_its_fee_is_floored_to_five_decimals():
    (fill,) = a_history().trade(a_trade(quantity="7.042251", price="0.49"), NOON)

    assert isinstance(fill, GatewayFilled)
    assert (fill.price, fill.quantity, fill.liquidity) == (Decimal("0.49"), Decimal("7.042251"), "taker")
    assert fill.fee == FEE.taker(Decimal("0.49"), Decimal("7.042251")) == Decimal("0.12319")


def test_a_makers_fill_is_its_own_part_and_free():
    (fill,) = a_history().trade(made("MATCHED", a_maker(quantity=3), quantity=9), NOON)

    assert (fill.quantity, fill.fee, fill.liquidity) == (3, 0, "maker")


def test_one_trade_that_touches_several_of_our_orders_is_a_fill_of_each():
    history = a_history(an_approval(), an_approval(order_id="order2", opportunity_id="o2"))

    fills = history.trade(made("MATCHED", a_maker(), a_maker(f"0x{1:064x}")), NOON)

    assert [fill.order_id for fill in fills] == ["order1", "order2"]
    assert len({fill.fill_id for fill in fills}) == 2


def test_a_trade_of_others_and_an_order_of_others_are_nothing_of_ours():
    history = a_history()

    assert history.trade(made("MATCHED", a_maker(f"0x{9:064x}")), NOON) == []
    assert history.trade(made("MATCHED", a_maker(owner="somebody")), NOON) == []
    assert history.order(news(2, order=f"0x{9:064x}")) == []


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["MATCHED", "MINED", "CONFIRMED", "CONFIRMED"], ["filled", "fill_confirmed"]),
        (["CONFIRMED", "MATCHED", "MINED"], ["filled", "fill_confirmed"]),
        (["MATCHED", "RETRYING", "RETRYING", "FAILED"], ["filled", "fill_retried", "fill_failed"]),
        (["FAILED", "RETRYING", "MATCHED"], ["filled", "fill_failed"]),
        (["MATCHED_NOT_BROADCASTED", "MATCHED"], ["filled"]),
        (["CONFIRMED", "FAILED"], ["filled", "fill_confirmed"]),
    ],
)
def test_a_trade_is_matched_before_it_ends_and_ends_once(statuses, told):
    history = a_history()

    assert types(r for each in statuses for r in history.trade(a_trade(each), NOON)) == told


def test_an_order_is_settled_when_it_is_over_by_the_venues_answer_and_all_its_trades_are_final():
    history = a_history()
    followed = history.of_hash(HASH)
    steps = [
        lambda: history.order(news(3, "completed", filled=4, trade_ids=["trade1"])),
        lambda: history.looked_up(news(3, "completed", filled=4, trade_ids=["trade1"])),
        lambda: history.trade(a_trade("MATCHED"), NOON),
        lambda: history.trade(a_trade("CONFIRMED"), NOON),
    ]

    found = []
    for step in steps:
        step()
        found.append(followed.is_settled)

    assert found == [False, False, False, True]


def test_an_order_that_got_something_in_no_trade_that_is_known_is_not_settled():
    history = a_history()
    history.looked_up(news(3, "completed", filled=4))

    assert not history.of_hash(HASH).is_settled


def test_an_order_is_missing_only_if_it_was_asked_for_and_cannot_arrive_any_more():
    history = a_history(arrives_by=after(30))
    followed = history.of_hash(HASH)

    before = history.missing(followed, after(31))
    history.ask(followed)
    early, late, again = (history.missing(followed, after(s)) for s in (29.9, 30, 31))

    assert [types(each) for each in (before, early, late, again)] == [[], [], ["not_found"], []]


def test_what_is_asked_for_is_said_again():
    history = a_history()
    followed = history.of_hash(HASH)
    for tell in (lambda: history.looked_up(news(2)), lambda: history.trade(a_trade("CONFIRMED"), NOON)):
        tell()

    history.ask(followed)
    told = history.looked_up(news(2)) + history.trade(a_trade("CONFIRMED"), NOON)

    assert types(told) == ["accepted", "filled", "fill_confirmed"]


def test_a_fill_that_is_asked_for_is_said_again_alone():
    history = a_history()
    trades = [a_trade("CONFIRMED"), a_trade("CONFIRMED", trade_id="trade2")]
    first = [report for each in trades for report in history.trade(each, NOON)]

    history.ask_for_fill(history.of_hash(HASH), first[0].fill_id)
    again = [report for each in trades for report in history.trade(each, NOON)]

    assert [(r.type, r.fill_id) for r in again] == [(r.type, r.fill_id) for r in first[:2]]


def test_a_match_of_long_ago_is_told_by_the_venues_clock_and_one_of_now_by_ours():
    assert a_history().trade(a_trade(), after(1.5))[0].at == after(1.5)
    assert a_history().trade(a_trade(), after(300))[0].at == NOON


# --- laws ---

trade_ends = st.sampled_from(
    [(), ("MINED",), ("MINED", "CONFIRMED"), ("RETRYING", "MINED", "CONFIRMED"), ("RETRYING", "FAILED")]
)
ends = st.sampled_from(["", "completed", "cancelled", "expired"])
answers = st.sampled_from(["", "live", "delayed", "matched", "unmatched"])


@st.composite
def stories(draw):
    """A true history of one order, as facts that each channel may tell: `(channel, what it says)`."""
    trades = draw(st.lists(trade_ends, max_size=3))
    got, ids = 3 * len(trades), tuple(f"trade{n}" for n in range(len(trades)))
    answer, end = draw(answers), draw(ends if trades else st.sampled_from(["", "cancelled", "expired"]))
    facts = [("placed", placed(answer, *ids))] if answer else []
    facts += [("order", news(1)), ("order", news(2))]
    for trade_id, statuses in zip(ids, trades, strict=True):
        facts += [("trade", a_trade(each, trade_id=trade_id, quantity=3)) for each in ("MATCHED", *statuses)]
    if end:
        facts += [(channel, news(3, end, filled=got, trade_ids=ids)) for channel in ("order", "looked_up")]
    return facts


def tell(history, fact):
    channel, said = fact
    followed = history.of_hash(HASH)
    match channel:
        case "placed":
            return history.placed(followed, said, NOON)
        case "trade":
            return history.trade(said, NOON)
        case _:
            return getattr(history, channel)(said)


def live_through(facts):
    """Answer what must not depend on the order of the facts: money and ends as told, and the desk that heard them."""
    lived, history = Lived(), a_history()
    lived.approve()
    reports = [report for fact in facts for report in tell(history, fact)]
    for report in reports:
        lived.tell(report)
    lasting = sorted(r.to_json() for r in reports if r.type not in {"gateway_accepted", "gateway_fill_retried"})
    order = lived.order
    fills = {fill_id: fill.state for fill_id, fill in order.fills.items()}
    return lasting, order.state, order.filled, order.spent, fills, lived.desk.positions, lived.desk.halted_by


@given(stories(), st.data())
@settings(max_examples=400, deadline=None)
def test_any_interleaving_and_duplication_of_the_same_facts_comes_to_the_same(story, data):
    told = data.draw(st.permutations(story + data.draw(st.lists(st.sampled_from(story), max_size=6))))

    assert live_through(told) == live_through(story)


@given(stories(), st.data())
@settings(max_examples=200, deadline=None)
def test_each_report_is_handed_in_once(story, data):
    told = data.draw(st.permutations(story + story))
    history = a_history()
    reports = [(r.type, getattr(r, "fill_id", ""), getattr(r, "status", "")) for f in told for r in tell(history, f)]

    assert len(reports) == len(set(reports))


@given(stories())
@settings(max_examples=200, deadline=None)
def test_a_story_that_is_over_leaves_nothing_to_ask_for(story):
    history = a_history()
    for fact in story:
        tell(history, fact)
    statuses = {said.trade_id: said.status for channel, said in story if channel == "trade"}
    is_over = any(channel == "looked_up" for channel, _ in story)
    all_final = all(status in {"CONFIRMED", "FAILED"} for status in statuses.values())

    assert history.of_hash(HASH).is_settled is (is_over and all_final)


def test_a_completed_order_whose_every_fill_failed_is_cancelled_and_not_put_back():
    lived, history = Lived(), a_history()
    lived.approve()
    facts = [("looked_up", news(3, "completed", filled=4, trade_ids=["trade1"])), ("trade", a_trade("FAILED"))]
    for report in (r for fact in facts for r in tell(history, fact)):
        lived.tell(report)

    assert (lived.state, lived.order.filled, lived.desk.orders.open_count) == (OrderState.CANCELLED, 0, 0)
