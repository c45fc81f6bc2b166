"""How often each path may be called, by the exchange's documents, and clients' calls measured against it. Pure."""

from collections import OrderedDict
from dataclasses import dataclass

from simulator.exchange.limits.buckets import Window

CLIENTS_MAX = 1000
"""Above it the client that has not called for longest is forgotten."""
DELAY_NS_MAX = 1_000_000_000
TEN_S = 10
TEN_MINUTES_S = 600


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls in so many seconds."""

    calls_max: int
    span_s: int


Limits = tuple[Limit, ...]


def _limits(in_ten_s: int, in_ten_minutes: int = 0) -> Limits:
    short = (Limit(in_ten_s, TEN_S),)
    return (*short, Limit(in_ten_minutes, TEN_MINUTES_S)) if in_ten_minutes else short


GENERAL = _limits(15_000)
HOSTS = {"clob": _limits(9000), "gamma": _limits(4000), "data-api": _limits(1000)}
PATHS: dict[tuple[str, str], Limits] = {
    ("GET", "/clob/book"): _limits(1500),
    ("GET", "/clob/price"): _limits(1500),
    ("GET", "/clob/midpoint"): _limits(1500),
    ("POST", "/clob/books"): _limits(500),
    ("POST", "/clob/prices"): _limits(500),
    ("POST", "/clob/midpoints"): _limits(500),
    ("POST", "/clob/spreads"): _limits(500),
    ("POST", "/clob/last-trades-prices"): _limits(500),
    ("GET", "/clob/prices-history"): _limits(1000),
    ("GET", "/clob/tick-size"): _limits(200),
    ("POST", "/clob/order"): _limits(5000, 120_000),
    ("DELETE", "/clob/order"): _limits(5000, 120_000),
    ("POST", "/clob/orders"): _limits(2000, 21_000),
    ("DELETE", "/clob/orders"): _limits(2000, 15_000),
    ("DELETE", "/clob/cancel-all"): _limits(250, 6000),
    ("DELETE", "/clob/cancel-market-orders"): _limits(1500, 21_000),
    ("GET", "/clob/balance-allowance"): _limits(200),
    ("GET", "/clob/balance-allowance/update"): _limits(50),
    ("GET", "/clob/data/orders"): _limits(500),
    ("GET", "/clob/data/trades"): _limits(500),
    ("GET", "/clob/auth"): _limits(100),
    ("POST", "/clob/auth"): _limits(100),
    ("DELETE", "/clob/auth"): _limits(100),
    ("GET", "/clob/ok"): _limits(100),
    ("GET", "/gamma/events"): _limits(500),
    ("GET", "/gamma/markets"): _limits(300),
    ("GET", "/gamma/public-search"): _limits(350),
    ("GET", "/data-api/v2/trades"): _limits(200),
    ("GET", "/data-api/v2/positions"): _limits(150),
}
"""By method and path; a path below one that stands here, and does not itself, counts with it."""


def limits_of(method: str, path: str) -> dict[str, Limits]:
    """Return what a call counts against, by name: everything, its host, its path. Empty where nothing is limited."""
    host = path.split("/", 2)[1] if path.startswith("/") else ""
    if host not in HOSTS:
        return {}
    found = {"": GENERAL, host: HOSTS[host]}
    while len(path) > len(host) + 1:
        if (method, path) in PATHS:
            return found | {f"{method} {path}": PATHS[method, path]}
        path = path.rpartition("/")[0]
    return found


class Throttle:
    """Holds calls up for a while when a client has made too many, and refuses those that would wait too long."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, dict[str, tuple[Window, ...]]] = OrderedDict()

    def delay_ns(self, client: str, method: str, path: str, now_ns: int) -> int | None:
        """Count a call, and tell how long it is to wait: 0 for not at all. None where it is refused, uncounted."""
        windows = self._windows(client, limits_of(method, path))
        delay_ns = max((window.wait_ns(now_ns) for window in windows), default=0)
        if delay_ns > DELAY_NS_MAX:
            return None
        for window in windows:
            window.count(now_ns + delay_ns)
        return delay_ns

    def _windows(self, client: str, limits: dict[str, Limits]) -> list[Window]:
        known = self._clients.setdefault(client, {})
        self._clients.move_to_end(client)
        if len(self._clients) > CLIENTS_MAX:
            self._clients.popitem(last=False)
        for name, each in limits.items():
            if name not in known:
                known[name] = tuple(Window(limit.calls_max, limit.span_s) for limit in each)
        return [window for name in limits for window in known[name]]
