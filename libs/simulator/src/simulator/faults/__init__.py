"""What can be made to go wrong, by name, and how often it did."""

from collections import Counter
from dataclasses import dataclass

from simulator.faults.armed import Armed, Pending, read
from simulator.faults.table import BY_NAME, FAULTS, SOCKETS, Manner
from simulator.faults.wire import VAGUE_RULE, spoiled, with_vague_rule, without_fee
from simulator.wall import Clock
from simulator.world import Json

__all__ = ["SOCKETS", "VAGUE_RULE", "Armed", "Faults", "Geoblock", "read"]

PENDING_MAX = 1000
SLUGS_MAX = 100
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Geoblock:
    """What the geographic check answers."""

    blocked: bool = False
    country: str = "IE"
    region: str = ""


class Faults:
    """The faults in force. Lasting ones run out by themselves, the countable ones are counted down as they happen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_ns: dict[str, int] = {}
        self._pending: dict[str, list[Pending]] = {}
        self.missing_fee: set[str] = set()
        self.unknown_rule: set[str] = set()
        self.geoblock = Geoblock()
        self.counts: Counter[str] = Counter()
        """How often each was ordered; and `malformed_frames`."""
        self.hits: Counter[str] = Counter()
        """How often each happened to somebody."""

    def arm(self, order: Json) -> Armed:
        """Put a fault in force: {"name": ..., fields of the table}. Raises ValueError where the order makes no sense.

        Faults of other parts than this, such as cut sockets or the exchange's modes, are read and counted, no more.
        """
        armed = read(order)
        match armed.fault.manner:
            case Manner.COUNTED:
                self._add(armed)
            case Manner.LASTING:
                name, channel = armed.name, armed.text("channel")
                self._until_ns[f"{name}:{channel}"] = self._clock() + int(armed.number("seconds", 0) * NS_PER_S)
            case Manner.MARKED:
                self._mark(armed)
            case Manner.STANDING:
                self.geoblock = Geoblock(armed.flag("blocked"), armed.text("country"), armed.text("region"))
            case Manner.AT_ONCE:
                self.hits[armed.name] += 1
        self.counts[armed.name] += 1
        return armed

    def take(self, name: str, **about: str) -> Armed | None:
        """Answer a fault that is to happen now, and count it down; None where all is to go well.

        `about` says what the chance is: path (without /clob), method, address, key, channel. An order that names one
        of them happens to no other.
        """
        if name not in BY_NAME:
            raise ValueError(f"name must be one of {', '.join(BY_NAME)}, found {name!r}")
        pending = self._pending.get(name)
        for each in pending or ():
            if each.armed.concerns(about) and each.hits():
                if each.left == 0 and pending is not None:
                    pending.remove(each)
                self.hits[name] += 1
                return each.armed
        return None

    def report(self) -> list[Json]:
        """List all there are: what happens, fields, and how often each was ordered, is yet to happen, happened."""
        return [
            {
                "name": fault.name, "does": fault.does, "lasts": fault.manner.value,
                "fields": {field.name: field.described() for field in fault.fields},
                "armed": self.counts[fault.name], "left": self._left(fault.name), "hit": self.hits[fault.name],
            }
            for fault in FAULTS
        ]  # fmt: skip

    def silence(self, channel: str, seconds: float) -> None:
        self.arm({"name": "silence", "channel": channel, "seconds": seconds})

    def malform(self, channel: str, count: int) -> None:
        self.arm({"name": "malformed", "channel": channel, "count": count})

    def stop_pushover(self, seconds: float) -> None:
        self.arm({"name": "pushover_down", "seconds": seconds})

    def mark(self, name: str, slug: str) -> None:
        """Have one market listed without its fee schedule, or with a rule that nobody knows."""
        self.arm({"name": name, "slug": slug})

    def is_silent(self, channel: str) -> bool:
        return self._clock() < self._until_ns.get(f"silence:{channel}", 0)

    def pushover_is_down(self) -> bool:
        is_down = self._clock() < self._until_ns.get("pushover_down:", 0)
        self.hits["pushover_down"] += is_down
        return is_down

    def spoil(self, channel: str, payload: Json) -> str | None:
        """Return a malformed text in the payload's place if one is due: cut off, or its prices are none."""
        if "malformed" not in self._pending or self.take("malformed", channel=channel) is None:
            return None
        self.counts["malformed_frames"] += 1
        return spoiled(payload, self.counts["malformed_frames"])

    def listed(self, market: Json) -> Json:
        """Return a Gamma market as it is listed, with the faults that it carries."""
        if self._is_marked("missing_fee", market):
            market = without_fee(market)
        return with_vague_rule(market) if self._is_marked("unknown_rule", market) else market

    def announced(self, payload: Json) -> Json:
        """Return a `new_market` frame with the faults that its market carries."""
        if self._is_marked("missing_fee", payload):
            payload = without_fee(payload)
        return payload | {"description": VAGUE_RULE} if self._is_marked("unknown_rule", payload) else payload

    def _add(self, armed: Armed) -> None:
        if sum(len(pending) for pending in self._pending.values()) >= PENDING_MAX:
            raise ValueError(f"at most {PENDING_MAX} orders can be pending")
        self._pending.setdefault(armed.name, []).append(Pending(armed))

    def _mark(self, armed: Armed) -> None:
        marked, slug = self._marked(armed.name), armed.text("slug")
        if not slug:
            raise ValueError("slug must not be empty")
        if len(marked) >= SLUGS_MAX:
            raise ValueError(f"at most {SLUGS_MAX} markets can carry a fault")
        marked.add(slug)

    def _is_marked(self, name: str, market: Json) -> bool:
        is_marked = market["slug"] in self._marked(name)
        self.hits[name] += is_marked
        return is_marked

    def _marked(self, name: str) -> set[str]:
        return self.missing_fee if name == "missing_fee" else self.unknown_rule

    def _left(self, name: str) -> int:
        return sum(each.left for each in self._pending.get(name, ()))
