"""Free ports on the loopback."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

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


class PortClaim:
    """A port for one system: the usual one where it is free, else any that is.

    The usual one stays claimed while nobody listens on it for a moment, because whoever does was killed and is started
    again: another system that begins just then takes another port. A claim ends with its process.
    """

    def __init__(self, usual: int) -> None:
        self._lock = _lock(usual)
        if self._lock is not None and not port_is_free(usual):
            self.release()
        self.number = usual if self._lock is not None else free_ports(1)[0]

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _lock(port: int) -> int | None:
    """Lock the file that stands for a port on this machine; None where another has it, or it is another user's."""
    path = Path(tempfile.gettempdir()) / f"pm-arb-port-{port}.lock"
    try:
        found = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(found)
        return None
    return found
