"""What was written ahead is used as it is, and never where anything has changed."""

import orjson

from builders import NOON, an_approval
from common.clock import VirtualClock
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.exchange import Exchange
from executor.adapters.live.naming import OrderNamer
from executor.adapters.live.writer import AHEAD_MAX, OrderWriter
from unit.executor.desk_builders import Lived
from unit.executor.signing_builders import PASSPHRASE, a_signer, credentials


def a_writer():
    signer = a_signer()
    exchange = Exchange("http://127.0.0.1:1/clob", VirtualClock(NOON), credentials())
    writer = OrderWriter(exchange, OrderNamer(signer.wallet))
    writer.use(signer)
    return writer, exchange


def body(written):
    return orjson.loads(written.request.partition(b"\r\n\r\n")[2])


def test_what_was_written_ahead_is_what_would_have_been_written_and_is_used_once():
    writer, _ = a_writer()
    approval = an_approval()
    plain = writer.write_anew(approval)
    ahead, other = writer.write_ahead(approval), writer.write_ahead(an_approval(order_id="other"))
    first, second = writer.write(approval), writer.write(approval)

    assert (first.signed, first.request) == (plain.signed, plain.request) == (second.signed, second.request)
    assert first is ahead
    assert second is not ahead
    assert writer.write(other.approval) is other


def test_what_is_never_wanted_is_not_kept_for_ever():
    writer, _ = a_writer()
    approvals = [an_approval(order_id=f"order{n}") for n in range(AHEAD_MAX + 1)]
    written = [writer.write_ahead(approval) for approval in approvals]

    assert writer.write(approvals[-1]) is written[-1]
    assert writer.write(approvals[0]) is not written[0]


def test_what_is_written_shows_no_passphrase():
    writer, _ = a_writer()
    written = writer.write_anew(an_approval())

    assert PASSPHRASE.encode() in written.request
    assert PASSPHRASE not in repr(written)


def test_another_approval_is_written_for_itself_though_it_goes_by_the_same_name():
    writer, _ = a_writer()
    writer.write_ahead(an_approval(salt=1))
    written = writer.write(an_approval(salt=2))

    assert body(written)["order"]["salt"] == 2
    assert written.signed == a_writer()[0].write(an_approval(salt=2)).signed


def test_an_api_key_that_was_fetched_anew_meanwhile_proves_the_order():
    writer, exchange = a_writer()
    approval = an_approval()
    writer.write_ahead(approval)
    exchange.use(credentials("another-key"))
    written = writer.write(approval)

    assert body(written)["owner"] == "another-key"
    assert b"POLY_API_KEY: another-key\r\n" in written.request


def test_to_ask_whether_an_order_would_leave_changes_nothing_and_forgets_no_question():
    lived = Lived()
    desk, asked, foretold = AttentiveDesk(lived.desk), an_approval(), an_approval(order_id="other", opportunity_id="o2")
    lived.desk.orders.approved(an_approval(order_id="before", opportunity_id="o0"))
    assert desk.decide(asked, NOON).type == "order_submitted"

    assert desk.would_submit(foretold, NOON)
    assert not desk.would_submit(foretold.model_copy(update={"valid_until": NOON - 1}), NOON)
    assert desk.approval(asked.order_id) is asked
    assert desk.approval(foretold.order_id) is None
    assert lived.desk.orders.approved_count == 1
