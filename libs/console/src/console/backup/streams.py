"""Streams copied and put back by the server itself: with every sequence, time, header and consumer as it was.

A copy is taken with the operator's rights, which read only; one is put back with bootstrap's.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nats import errors as nats_errors
from nats.aio.client import Client
from nats.js import errors as js_errors

from common.bootstrap import streams
from console.backup.archive import StreamCopy
from console.errors import ConsoleError

CHUNK_BYTES = 128 * 1024
CONNECT_TIMEOUT_S = 3
ANSWER_TIMEOUT_S = 30.0
NOT_FOUND = 10059
BUCKET = "KV_"
"""How NATS names the stream of a key-value bucket."""


@asynccontextmanager
async def connected(url: str, user: str, password: str) -> AsyncIterator[Client]:
    """Connect for a while; what goes wrong between is said in one line that names the server."""

    async def silent(error: Exception) -> None:
        refused.append(str(error))

    client, refused = Client(), list[str]()
    try:
        await client.connect(
            url.split(","), user=user, password=password, name="backup", inbox_prefix=f"_INBOX.{user}",
            allow_reconnect=False, connect_timeout=CONNECT_TIMEOUT_S, error_cb=silent,
        )  # fmt: skip
        yield client
    except (nats_errors.Error, js_errors.Error, OSError, TimeoutError) as error:
        what = refused[-1] if refused else f"{type(error).__name__} {error}".strip()
        raise ConsoleError(f"NATS at {url.rpartition('@')[2]}: {what}") from None
    finally:
        await client.close()


async def on_disk(client: Client) -> list[str]:
    """Name what a backup holds: every stream but those in memory, from which nothing is rebuilt.

    Buckets come last: what is numbered by their sequences, and named in the journal, is then in them too.
    """
    listed = (await _ask(client, "STREAM.LIST", {}))["streams"] or []
    names = [stream["config"]["name"] for stream in listed if stream["config"]["storage"] == "file"]
    return sorted(names, key=lambda name: (name.startswith(BUCKET), name))


async def save(client: Client, name: str, folder: Path) -> StreamCopy:
    """Have the server send one stream as it stands, and write it down."""
    inbox = client.new_inbox()
    chunks = await client.subscribe(inbox)
    question = {"deliver_subject": inbox, "no_consumers": False, "jsck": True, "chunk_size": CHUNK_BYTES}
    head = await _ask(client, f"STREAM.SNAPSHOT.{name}", question)
    copy = StreamCopy(name, head["config"], head["state"])
    with (folder / copy.member).open("wb") as file:
        while True:
            chunk = await chunks.next_msg(timeout=ANSWER_TIMEOUT_S)
            if not chunk.data:
                break
            file.write(chunk.data)
            if chunk.reply:  # the server waits for this before it sends much more
                await client.publish(chunk.reply, b"")
    await chunks.unsubscribe()
    headers = chunk.headers or {}
    if headers.get("Status", "204") != "204":
        raise ConsoleError(f"{name}: the server broke the copy off: {headers.get('Description', headers['Status'])}")
    return copy


async def expect_empty(client: Client, names: Iterable[str]) -> None:
    """Refuse to put anything back over messages, or under services that run."""
    for name in names:
        info = await _find(client, name)
        if info is None:
            continue
        if info["state"]["last_seq"]:
            found = f"{info['state']['messages']} messages up to sequence {info['state']['last_seq']}"
            raise ConsoleError(f"{name}: expected an empty stream, found {found}: restore into an empty system only")
        listed = await _ask(client, f"CONSUMER.LIST.{name}", {})
        bound = [consumer["name"] for consumer in listed["consumers"] if consumer.get("push_bound")]
        if bound:
            raise ConsoleError(f"{', '.join(bound)}: expected no service to run, found it listening: stop all first")


async def put_back(client: Client, copies: Sequence[StreamCopy], folder: Path, *, replicas: int = 1) -> None:
    """Put every stream back, all or none, and bring them up to this version's table."""
    begun: list[str] = []
    try:
        for copy in copies:
            if await _find(client, copy.name) is not None:
                await _ask(client, f"STREAM.DELETE.{copy.name}", {})
            begun.append(copy.name)
            await _put_back(client, copy, folder, replicas)
    except BaseException:
        for name in begun:
            if await _find(client, name) is not None:
                await _ask(client, f"STREAM.DELETE.{name}", {})
        raise
    await streams.ensure(client, replicas=replicas)


async def _put_back(client: Client, copy: StreamCopy, folder: Path, replicas: int) -> None:
    question = {"config": copy.config | {"num_replicas": replicas}, "state": copy.state}
    where = (await _ask(client, f"STREAM.RESTORE.{copy.name}", question))["deliver_subject"]
    with (folder / copy.member).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            said = await client.request(where, chunk, timeout=ANSWER_TIMEOUT_S)
            if said.data:  # nothing is said of a chunk that was taken
                _checked(copy.name, json.loads(said.data))
    restored = await client.request(where, b"", timeout=ANSWER_TIMEOUT_S)
    state = _checked(copy.name, json.loads(restored.data))["state"]
    # What was stored while the copy was taken may be in it beyond what its head says; less may not be.
    if state["messages"] < copy.messages or state["last_seq"] < copy.last_sequence:
        raise ConsoleError(
            f"{copy.name}: expected {copy.messages} messages up to sequence {copy.last_sequence}, "
            f"found {state['messages']} up to {state['last_seq']}"
        )


async def _find(client: Client, name: str) -> dict[str, Any] | None:
    said = await client.request(f"$JS.API.STREAM.INFO.{name}", b"", timeout=ANSWER_TIMEOUT_S)
    answer = json.loads(said.data)
    return None if answer.get("error", {}).get("err_code") == NOT_FOUND else _checked(name, answer)


async def _ask(client: Client, what: str, question: dict[str, Any]) -> dict[str, Any]:
    said = await client.request(f"$JS.API.{what}", json.dumps(question).encode(), timeout=ANSWER_TIMEOUT_S)
    return _checked(what, json.loads(said.data))


def _checked(what: str, answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise ConsoleError(f"{what}: the server refused it: {answer['error'].get('description')}")
    return answer
