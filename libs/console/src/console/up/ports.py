"""Free ports on the loopback."""

import socket

LOOPBACK = "127.0.0.1"
NATS_PORT_USUAL = 4222
"""The port on which `nats pub control.halt` works without being told where."""


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on; all are held until the last is found, so no two are the same."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def port_is_free(port: int) -> bool:
    """Say whether a port can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def usual_or_free(port: int) -> int:
    """Answer the usual port where it is free, else any that is."""
    return port if port_is_free(port) else free_ports(1)[0]
