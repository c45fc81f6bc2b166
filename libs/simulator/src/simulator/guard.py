"""Keeps the simulator's own pages to whoever is on this machine: they give money away and make things go wrong."""

from ipaddress import IPv6Address, ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulator.answers import refusal

PREFIX = "/sim"
CLOSED_WORDS = "the simulator's own pages are for this machine only: start it with --admin-anywhere to open them"


def guarding(*, admin_anywhere: bool = False) -> Middleware:
    """Return a middleware that serves /sim/* to peers on the loopback only, unless it is to be open to anybody."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_own_page = request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
        if is_own_page and not admin_anywhere and not is_loopback(request.remote):
            return refusal(CLOSED_WORDS, 403)
        return await handler(request)

    return guard


def is_loopback(peer: str | None) -> bool:
    """Say whether a peer's address is of this machine, also where it is an IPv4 address in the form of IPv6."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
