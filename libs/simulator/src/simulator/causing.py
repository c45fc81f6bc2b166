"""Makes something go wrong, by order: what the faults themselves can do, and what others must do for them."""

from simulator.exchange.modes import Mode
from simulator.faults import Armed, read
from simulator.stage import Stage
from simulator.world import Json
from simulator.world.instants import iso

NS_PER_S = 1_000_000_000
OF_NEXT_LISTING = ("missing_fee", "unknown_rule")
OF_RUNNING_MARKET = ("tick_change", "crossing_burst")


def cause(stage: Stage, order: object) -> Json:
    """Cause a fault: {"name": ..., fields of the table}. Raises ValueError where the order makes no sense.

    Return its name, its fields as they were understood, and what came of it.
    """
    armed = read(_about_a_market(stage, read(order)))
    done = _done(stage, armed)
    stage.faults.arm({"name": armed.name} | armed.values)
    told = {name: value for name, value in armed.values.items() if value not in (None, "")}
    return {"name": armed.name} | told | done


def _done(stage: Stage, armed: Armed) -> Json:
    """Do what is not the faults' own to do, before anything is counted: it may turn out to be impossible."""
    match armed.name:
        case "drop":
            return {"dropped": stage.hub.drop(armed.text("channel"))}
        case "restarting":
            until_ns = _until_ns(stage, armed)
            post_only_until_ns = until_ns + int(armed.number("post_only_seconds", 0) * NS_PER_S)
            stage.floor.modes.restart(until_ns, post_only_until_ns, tells_when=armed.flag("retry_after"))
        case "trading_disabled":
            stage.floor.modes.set(Mode.DISABLED, _until_ns(stage, armed))
        case "cancel_only":
            stage.floor.modes.set(Mode.CANCEL_ONLY, _until_ns(stage, armed))
        case "tick_change":
            if not stage.floor.change_tick(armed.text("slug"), armed.text("tick")):
                raise ValueError(f"{armed.text('slug')!r} does not trade")
        case "crossing_burst":
            if not stage.flow.burst(armed.text("slug")):
                raise ValueError(f"{armed.text('slug')!r} has no asks to cross")
    return {}


def _about_a_market(stage: Stage, armed: Armed) -> Json:
    """Return the order with the market that it is about, which must exist, named where it was left open."""
    order: Json = {"name": armed.name} | armed.values
    if armed.name not in OF_NEXT_LISTING + OF_RUNNING_MARKET:
        return order
    now_ns = stage.clock()
    found = stage.world.next_listing(now_ns) if armed.name in OF_NEXT_LISTING else _running(stage, now_ns)
    slug = armed.text("slug") or found
    if not slug or stage.world.outcome(slug) is None:
        raise ValueError(f"no market is or will be called {slug!r}")
    if armed.name in OF_RUNNING_MARKET and stage.world.event(slug, now_ns) is None:
        raise ValueError(f"{armed.name} needs a market that is listed, {slug!r} is not yet")
    return order | {"slug": slug}


def _running(stage: Stage, now_ns: int) -> str | None:
    """Name the market that has begun and has the longest to run."""
    now = iso(now_ns // NS_PER_S)
    found = [
        (str(market["endDate"]), str(event["slug"]))
        for event in stage.world.events(now_ns)
        for market in event["markets"][:1]
        if market["eventStartTime"] <= now < market["endDate"]
    ]
    return max(found)[1] if found else None


def _until_ns(stage: Stage, armed: Armed) -> int:
    return stage.clock() + int(armed.number("seconds", 0) * NS_PER_S)
