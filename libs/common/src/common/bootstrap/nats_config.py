"""Renders the configuration of the NATS server from the table of subjects: who may say and hear what.

Passwords are not in it: each is a variable of the server's environment, `<USER>_NATS_PASSWORD`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from common.bus.nats import deliver_subject
from common.contracts.subjects import (
    CONSOLE,
    DURABLE_FILTERS,
    JOURNAL,
    LEASED,
    LEASES,
    SERVICES,
    STREAMS,
    SUBJECTS,
    foretold_to,
    lease_subject,
    subscribed_by,
)

OPERATOR = "operator"
BOOTSTRAP = "bootstrap"
ANONYMOUS = "anonymous"
USERS = (*SERVICES, CONSOLE, OPERATOR, BOOTSTRAP)
BACKS_UP = ("$JS.API.STREAM.LIST", "$JS.API.STREAM.SNAPSHOT.*", "$JS.SNAPSHOT.ACK.>")
"""What takes a copy of the streams on the disk. It only reads; putting one back is bootstrap's right."""

FOLLOWS = f"$JS.API.CONSUMER.INFO.{JOURNAL.name}.*"
"""What tells how far each service is with the journal."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The allow-lists of one user."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One server of a cluster: its name, where it listens to the others, and where they are (host:port)."""

    name: str
    listen: str
    routes: tuple[str, ...]


def password_variable(user: str) -> str:
    """Name the environment variable that holds a user's password."""
    return f"{user.upper()}_NATS_PASSWORD"


def rights(user: str) -> Rights:
    """Derive what a user may do from the table. Only a subject's owner may publish it."""
    inbox = f"_INBOX.{user}.>"
    reads = tuple(f"$JS.API.{verb}.{s.name}" for s in STREAMS for verb in ("STREAM.INFO", "DIRECT.GET"))
    if user == BOOTSTRAP:
        return Rights(("$JS.API.>", "$JS.SNAPSHOT.RESTORE.>"), (inbox,))
    everyones = (f"$JS.API.STREAM.INFO.{LEASES.name}", _lease_read(">"))
    if user == OPERATOR:
        return Rights(("control.*", *reads, *everyones, *BACKS_UP), (inbox, *heard_by(CONSOLE)))
    if user == CONSOLE:
        return Rights((*reads, *everyones, FOLLOWS), (inbox, *heard_by(CONSOLE)))
    own = tuple(s.filter for s in SUBJECTS if s.owner == user)
    acks = (f"$JS.ACK.{JOURNAL.name}.{user}.>",) if user in DURABLE_FILTERS else ()
    durable = (deliver_subject(user),) if user in DURABLE_FILTERS else ()
    return Rights((*own, f"heartbeat.{user}", *reads, *_leases(user), *acks), (inbox, *heard_by(user), *durable))


def _leases(user: str) -> tuple[str, ...]:
    """Let a service that is single write its own key, and read those of all that are."""
    return (lease_subject(user), *(_lease_read(each) for each in LEASED)) if user in LEASED else ()


def _lease_read(service: str) -> str:
    return f"$JS.API.DIRECT.GET.{LEASES.name}.{lease_subject(service)}"


def heard_by(user: str) -> tuple[str, ...]:
    """Answer the filters that a user subscribes to."""
    return tuple(s.filter for s in (*subscribed_by(user), *foretold_to(user)))


def render(*, listen: str, store_dir: Path | str, monitor: str = "", member: Member | None = None) -> str:
    """Write the server's configuration. `listen` and `monitor` are host:port; no monitor when empty."""
    lines = [
        "# Generated from common/contracts/subjects.py by `make docs`. Do not edit.",
        f"listen: {json.dumps(listen)}",
        *([f"http: {json.dumps(monitor)}"] if monitor else []),
        *(_membership(member) if member else ()),
        "max_payload: 1MB",
        "# An answer means that the message is on the disk: a power cut loses nothing that was acknowledged.",
        f"jetstream {{ store_dir: {json.dumps(str(store_dir))}, sync_interval: always }}",
    ]
    return "\n".join(lines) + "\n" + _authorization()


def render_authorization() -> str:
    """Write who may say and hear what, alone, for a server whose other configuration is made elsewhere."""
    return f"# Generated from common/contracts/subjects.py by `make docs`. Do not edit.\n{_authorization()}"


def _authorization() -> str:
    lines = [
        "# Stopping needs no key; resuming does.",
        f"no_auth_user: {ANONYMOUS}",
        "authorization {",
        "  users = [",
        *(f"    {_user(user)}" for user in USERS),
        f"    {_anonymous()}",
        "  ]",
        "}",
        "",
    ]
    return "\n".join(lines)


def _membership(member: Member) -> tuple[str, ...]:
    routes = json.dumps([f"nats://{route}" for route in member.routes])
    return (
        f"server_name: {json.dumps(member.name)}",
        f"cluster {{ name: pm-arb, listen: {json.dumps(member.listen)}, routes: {routes} }}",
    )


def _anonymous() -> str:
    allowed = 'publish: ["control.halt"], subscribe: { deny: [">"] }'
    return f'{{ user: {ANONYMOUS}, password: "", permissions: {{ {allowed} }} }}'


def _user(user: str) -> str:
    allowed = rights(user)
    return (
        f"{{ user: {user}, password: ${password_variable(user)}, permissions: "
        f"{{ publish: {json.dumps(allowed.publish)}, subscribe: {json.dumps(allowed.subscribe)} }} }}"
    )
