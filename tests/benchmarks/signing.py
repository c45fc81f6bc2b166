"""What it takes to sign an order and to post it: hash and signature, then a round trip by our client and by httpx.

`python tests/benchmarks/signing.py` runs the simulated exchange in a process of its own and prints medians and 99th
percentiles. The two clients take turns with the same kind of order, which rests.
"""

import sys
import time
from pathlib import Path

import httpx
import orjson
import uvloop
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.outside import summary
from common.clock import MILLISECOND, SECOND, SystemClock
from executor.adapters.exchange import Exchange
from executor.adapters.signer import Signer
from executor.adapters.typed_data import OrderTerms
from executor.adapters.wire_orders import order_body
from integration.official_clients import tradable, trader
from integration.outside_world import simulator_process

SIGNED, POSTED, WARM_UP = 20_000, 500, 50
CANCEL_EVERY = 100
FUNDER = "0x52908400098527886E0F7030069857D2E4169EE7"
CLOCK = SystemClock()


def terms(salt, token_id=str(1 << 60)):
    return OrderTerms(
        salt=salt, token_id=token_id, maker_amount=100_000, taker_amount=5_000_000, side="BUY",
        timestamp_ms=CLOCK.now() // MILLISECOND, protocol_version="v1", is_neg_risk=False,
    )  # fmt: skip


def show(name, spent_ns, unit, scale):
    found = summary([spent / scale for spent in spent_ns[WARM_UP:]])
    print(f"{name:30} p50 {found['p50']:7.2f} {unit}  p99 {found['p99']:7.2f} {unit}")
    return found


def sign_many(signature_type):
    """Hash and sign many orders; answer the percentiles of both in microseconds, and show those of signing alone."""
    signer = Signer(SecretStr("a1" * 32), signature_type=signature_type, funder=FUNDER if signature_type else "")
    whole_ns, signed_ns = [], []
    for salt in range(SIGNED):
        order = terms(salt)
        began_ns = time.perf_counter_ns()
        hashes = signer.hashes(order)
        hashed_ns = time.perf_counter_ns()
        signer.sign_hashed(hashes)
        ended_ns = time.perf_counter_ns()
        whole_ns.append(ended_ns - began_ns)
        signed_ns.append(ended_ns - hashed_ns)
    whole = show(f"hash and sign, type {signature_type}", whole_ns, "us", 1e3)
    show(f"sign what is named, type {signature_type}", signed_ns, "us", 1e3)
    return whole


async def post_many():
    account = trader(42)
    signer = Signer(SecretStr(account.key.hex()))
    async with simulator_process("--allow-eoa") as outside, httpx.AsyncClient(timeout=5) as other:
        token = orjson.loads((await tradable(outside))["clobTokenIds"])[0]
        url = f"{outside.http}/clob"
        anonymous = Exchange(url, CLOCK)
        credentials = await anonymous.create_api_key(account.address, signer.prove_address)
        await anonymous.close()
        ours = Exchange(url, CLOCK, credentials)

        async def by_ours(signed, body):
            await ours.post(ours.order_request(body), signed.order_id)

        async def by_httpx(_, body):
            headers = dict(credentials.headers("POST", "/order", body, CLOCK.now() // SECOND))
            answer = await other.post(f"{url}/order", content=body, headers=headers)
            answer.raise_for_status()

        spent_ns = {by_ours: [], by_httpx: []}
        for count in range(POSTED):
            for number, post in enumerate(spent_ns):
                signed = signer.sign(terms(2 * count + number, token))
                body = order_body(signed, api_key=credentials.api_key, order_type="GTC")
                began_ns = time.perf_counter_ns()
                await post(signed, body)
                spent_ns[post].append(time.perf_counter_ns() - began_ns)
            if count % CANCEL_EVERY == 0:
                await ours.cancel_all()
        await ours.close()
    for post, spent in spent_ns.items():
        show(f"post an order {post.__name__.replace('_', ' ')}", spent, "ms", 1e6)


if __name__ == "__main__":
    for signature_type in (0, 1, 2, 3):
        sign_many(signature_type)
    uvloop.run(post_many())
