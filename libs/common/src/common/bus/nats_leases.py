"""Keys of the bucket of leases, read by direct gets and written by compare-and-set."""

from nats import errors as nats_errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js import errors as js_errors

from common.bus.api import Kept
from common.contracts.subjects import LEASES, lease_subject
from common.errors import BusError

WRONG_LAST_SEQUENCE = 10071


async def read(client: Client, service: str, timeout_s: float) -> Kept | None:
    """Read a service's key; raises BusError where it cannot be read."""
    address = f"$JS.API.DIRECT.GET.{LEASES.name}.{lease_subject(service)}"
    try:
        raw = await client.request(address, b"", timeout=timeout_s)
    except (nats_errors.Error, TimeoutError, OSError) as error:
        raise BusError(f"read the lease of {service}: {type(error).__name__}: {error}") from None
    headers = raw.headers or {}
    if "Nats-Sequence" in headers:
        return Kept(raw.data, int(headers["Nats-Sequence"]))
    if headers.get("Status") != "404":
        raise BusError(f"read the lease of {service}: {headers.get('Status')} {headers.get('Description', '')}")
    return None


async def write(js: JetStreamContext, service: str, value: bytes, *, after: int, timeout_s: float) -> int | None:
    """Write a service's key if `after` is its last sequence still, answer the new one; None where it is not."""
    headers = {"Nats-Expected-Last-Subject-Sequence": str(after)}
    try:
        answer = await js.publish(lease_subject(service), value, timeout=timeout_s, headers=headers)
    except js_errors.APIError as error:
        if error.err_code == WRONG_LAST_SEQUENCE:
            return None
        raise BusError(f"write the lease of {service}: {error.description}") from None
    except (nats_errors.Error, TimeoutError, OSError) as error:
        raise BusError(f"write the lease of {service}: {type(error).__name__}: {error}") from None
    return answer.seq
