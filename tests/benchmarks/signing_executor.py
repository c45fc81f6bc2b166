"""The executor as the latency benchmark runs it: the real desk and the real way out of orders, and nothing beside them.

It runs as a process of its own. Each order is named, signed with a key that everybody knows, and posted by the live
gateway on a warm connection to the scripted exchange, whose only answer is that it was killed. What the gateway does
besides is not started, for the scripted exchange has neither accounts nor a user channel: it neither listens, nor looks
orders up, nor takes stock, nor beats.
"""

import asyncio
import base64
import os
import sys

import uvloop
from pydantic import SecretStr

from common.clock import SystemClock
from common.runtime.assembly import Assembly
from common.runtime.service import Service
from common.settings import load
from common.telemetry import logs
from executor.adapters.attentive import AttentiveDesk
from executor.adapters.credentials import Credentials
from executor.adapters.exchange import Exchange
from executor.adapters.live.gateway import LiveGateway
from executor.adapters.live.naming import OrderNamer
from executor.adapters.live.rules import LiveRules
from executor.adapters.signer import Signer
from executor.core import OrderDesk
from executor.service import RECOVERY, caps, figures
from executor.settings import Settings

KEY = SecretStr("a1" * 32)
WARM_INTERVAL_S = 10.0


class WayOut:
    """A source that lets the gateway's reports in, and keeps its connection warm."""

    def __init__(self, gateway, exchange):
        self._gateway, self._exchange = gateway, exchange

    async def run(self, inbox):
        self._gateway.outbox.open(inbox)
        while True:
            await self._exchange.warm()
            await asyncio.sleep(WARM_INTERVAL_S)


async def unused(*_):
    raise AssertionError("expected nothing to be asked of the venue but orders, found that it was")


def assemble(settings, url):
    clock, signer, namer = SystemClock(), Signer(KEY), OrderNamer()
    secret = SecretStr(base64.urlsafe_b64encode(bytes(32)).decode())
    credentials = Credentials(
        address=signer.wallet.key_address, key="benchmark", secret=secret, passphrase=SecretStr("benchmark")
    )
    exchange = Exchange(url, clock, credentials)
    desk = AttentiveDesk(OrderDesk(caps(settings), mode="live", name_order=namer))
    gateway = LiveGateway(
        exchange=exchange, desk=desk, namer=namer, clock=clock, rules=LiveRules(user_url="ws://127.0.0.1:1/user"),
        derive=unused, redeem=unused,
    )  # fmt: skip
    gateway.open(signer, credentials)
    return Assembly(
        name="executor", core=desk, settings=settings, recovery=RECOVERY, sources=(WayOut(gateway, exchange),),
        gateway=gateway, figures=lambda _now: figures(desk.desk),
    )  # fmt: skip


if __name__ == "__main__":
    assembly = assemble(load(Settings), os.environ["EXCHANGE_URL"])
    logs.configure("executor", form=assembly.settings.log_format, level=assembly.settings.log_level)
    uvloop.run(Service(assembly).run())
    sys.exit()
