"""Reads the journal's raw messages for the audit, straight from the server."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from console.audit.arithmetic import Fill, Settlement

STREAM = "JOURNAL"
FILLS, SETTLEMENTS, RECONCILIATIONS = "executor.fill.>", "executor.position.>", "executor.reconciliation"


@dataclass(frozen=True, slots=True)
class Account:
    """What the journal says of money: fills in order, the ids of void ones, settlements, each with its sequence."""

    fills: tuple[tuple[int, Fill], ...]
    void: frozenset[str]
    settlements: tuple[tuple[int, Settlement], ...]
    reconciliation: str = ""
    """What the executor's own comparison with the venue came to last, where it is anything but agreement.

    Where it could not compare all of it, the time before counts: nothing follows from a venue that did not answer.
    """


async def read_account(url: str, user: str, password: str) -> Account:
    """Read all of it with the console's rights."""
    client = Client()
    await client.connect(
        url, user=user, password=password, inbox_prefix=f"_INBOX.{user}", allow_reconnect=False, connect_timeout=3
    )
    try:
        messages = [item async for item in _messages(client, FILLS)]
        settlements = [item async for item in _messages(client, SETTLEMENTS) if item[1]["type"] == "position_settled"]
        reconciled = [message async for _, message in _messages(client, RECONCILIATIONS)]
        conclusive = [message for message in reconciled if message["verdict"] != "incomplete"] or reconciled
    finally:
        await client.close()
    matched = tuple((sequence, _fill(m)) for sequence, m in messages if m["type"] == "fill_matched")
    void = frozenset(str(m["fill_id"]) for _, m in messages if m["type"] == "fill_failed")
    settled = tuple((sequence, _settlement(m)) for sequence, m in settlements)
    return Account(matched, void, settled, _disagreement(conclusive[-1]) if conclusive else "")


async def _messages(client: Client, subject: str) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    js, sequence = client.jetstream(timeout=5), 1
    while True:
        try:
            raw = await js.get_msg(STREAM, seq=sequence, subject=subject, direct=True, next=True)
        except NotFoundError:
            return
        assert raw.seq is not None
        yield raw.seq, json.loads(raw.data or b"{}")
        sequence = raw.seq + 1


def _fill(message: dict[str, Any]) -> Fill:
    return Fill(
        fill_id=message["fill_id"], order_id=message["order_id"], market_id=message["market_id"], slug=message["slug"],
        outcome=message["outcome"], side=message["side"], price=Decimal(message["price"]),
        quantity=Decimal(message["quantity"]), fee=Decimal(message["fee"]), token_id=message["token_id"],
        liquidity=message.get("liquidity", "taker"),
    )  # fmt: skip


def _settlement(message: dict[str, Any]) -> Settlement:
    return Settlement(message["market_id"], message["slug"], message["winner"], Decimal(message["pnl"]))


def _disagreement(message: dict[str, Any]) -> str:
    return "" if message["verdict"] == "agreed" else f"{message['verdict']}: {message['detail']}"
