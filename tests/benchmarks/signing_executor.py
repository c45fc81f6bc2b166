"""The executor as the latency benchmark runs it: the real desk, and a gateway that signs and posts, and no more.

It runs as a process of its own. Each order is signed with a key that everybody knows and posted on a warm connection to
the scripted exchange, whose only answer is that it was killed.
"""

import asyncio
import base64
import os
import sys
from decimal import Decimal

import uvloop
from pydantic import SecretStr

from common.clock import SystemClock
from common.contracts.executor import OrderSubmitted, OrderUnknown
from common.money import Shares
from common.runtime.assembly import Assembly
from common.runtime.service import Service
from common.settings import load
from common.telemetry import logs
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.signer import Signer
from executor.adapters.typed_data import OrderTerms
from executor.adapters.venue_errors import RefusedError
from executor.adapters.wire_orders import order_body
from executor.core import OrderDesk
from executor.core.inputs import GatewayCancelled, GatewayNotFound
from executor.service import RECOVERY, caps, figures
from executor.settings import Settings

KEY = SecretStr("a1" * 32)
WARM_INTERVAL_S = 10.0


class SigningGateway:
    """Carries out orders over HTTP. It is the runtime's gateway and a source of reports in one."""

    def __init__(self, url, clock, approval):
        self._clock, self._approval = clock, approval
        self._signer = Signer(KEY)
        secret = SecretStr(base64.urlsafe_b64encode(bytes(32)).decode())
        credentials = Credentials(
            address=self._signer.wallet.key_address, key="benchmark", secret=secret, passphrase=SecretStr("benchmark")
        )
        self._api_key, self._exchange = credentials.api_key, Exchange(url, clock, credentials)
        self._inbox, self._posting = None, set()

    async def carry_out(self, outcome, now):
        if isinstance(outcome, OrderSubmitted):
            approval = self._approval(outcome.order_id)
            signed = self._signer.sign(terms(approval))
            body = order_body(signed, api_key=self._api_key, order_type=approval.order_type)
            posting = asyncio.create_task(self._post(approval.order_id, body, signed.order_id))
            self._posting.add(posting)
            posting.add_done_callback(self._posting.discard)
            await asyncio.sleep(0)  # the bytes leave before anything else is done
        elif isinstance(outcome, OrderUnknown):  # approved before this process was there: it was never sent
            self._inbox.put(GatewayNotFound(order_id=outcome.order_id, at=now))

    async def react(self, event, now):
        """Nothing that happens changes anything here."""

    async def run(self, inbox):
        """Keep the connections warm, for ever."""
        self._inbox = inbox
        while True:
            await self._exchange.warm()
            await asyncio.sleep(WARM_INTERVAL_S)

    async def _post(self, order_id, body, hash_):
        try:
            await self._exchange.post(body, hash_)
        except RefusedError as error:
            at = self._clock.now()
            self._inbox.put(GatewayCancelled(order_id=order_id, filled=Shares(Decimal(0)), reason=error.words, at=at))


def terms(approval):
    return OrderTerms(
        salt=approval.salt, token_id=approval.token_id, maker_amount=approval.maker_amount,
        taker_amount=approval.taker_amount, side=approval.side, timestamp_ms=approval.timestamp_ms,
        protocol_version="v1", is_neg_risk=False,
    )  # fmt: skip


def assemble(settings, url):
    desk = AttentiveDesk(OrderDesk(caps(settings), mode="live"))
    gateway = SigningGateway(url, SystemClock(), desk.approval)
    return Assembly(
        name="executor", core=desk, settings=settings, recovery=RECOVERY, sources=(gateway,), gateway=gateway,
        figures=lambda _now: figures(desk.desk),
    )  # fmt: skip


if __name__ == "__main__":
    assembly = assemble(load(Settings), os.environ["EXCHANGE_URL"])
    logs.configure("executor", form=assembly.settings.log_format, level=assembly.settings.log_level)
    uvloop.run(Service(assembly).run())
    sys.exit()
