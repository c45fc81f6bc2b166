#!/usr/bin/env python3
"""Asks the process in this container whether it is alive; the container's health check.

It speaks HTTP by hand: importing a client every few seconds would cost more than the answer.
"""

import os
import socket
import sys

TIMEOUT_S = 2.0
DETAIL_CHARACTERS_MAX = 200


def main() -> int:
    """Answer 0 when the process says 200, else 1 with what it said."""
    port, path = int(os.environ["HTTP_PORT"]), os.environ["HEALTH_PATH"]
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
    except OSError as error:
        sys.stdout.write(f"expected an answer on port {port}, found {error}\n")
        return 1
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    status = head.partition("\r\n")[0]
    sys.stdout.write(f"{status} {body[:DETAIL_CHARACTERS_MAX]}\n")
    return 0 if " 200 " in f"{status} " else 1


if __name__ == "__main__":
    raise SystemExit(main())
