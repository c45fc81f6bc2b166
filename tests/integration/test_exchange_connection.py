"""One connection to the venue: what was given up is not delivered behind everybody's back."""

import asyncio
import contextlib
import socket

import pytest

from executor.adapters.connection import UNDELIVERED_MS_MAX, Connection, Endpoint, Lane
from executor.adapters.venue_errors import UnknownError

MORE_THAN_FITS = 32 << 20
"""Bytes: more than the buffers of both ends take."""


@contextlib.asynccontextmanager
async def a_server_that_reads_late():
    """A server that reads nothing until it is told to; answers its port, and how its one connection ended."""
    reads, ended = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def answer(reader, writer):
        await reads.wait()
        try:
            while await reader.read(1 << 20):
                pass
            ended.set_result("closed")
        except ConnectionResetError:
            ended.set_result("reset")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], reads, ended


async def test_what_was_not_delivered_when_a_request_is_given_up_is_dropped():
    async with a_server_that_reads_late() as (port, reads, ended):
        lane = Lane(Endpoint.of(f"http://127.0.0.1:{port}"), connections_max=1, connect_s_max=3, idle_s_max=60)
        with pytest.raises(UnknownError):
            await lane.exchange("POST /order", bytes(MORE_THAN_FITS), within_s=0.3, body_bytes_max=100)
        reads.set()

        assert await asyncio.wait_for(ended, 5) == "reset"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such bound")
async def test_a_connection_on_which_nothing_gets_through_is_given_up_by_the_kernel_too():
    async with a_server_that_reads_late() as (port, reads, ended):
        transport, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
        bound = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        connection.close()
        reads.set()
        await ended

    assert bound == UNDELIVERED_MS_MAX
