"""`/live`, `/ready` and `/metrics` of a process, served from a thread so that a busy loop can still be asked."""

import json
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

REQUEST_S_MAX = 10
"""Whoever connects and says nothing for so long is let go."""

Check = Callable[[], str]
"""Answers what is wrong, or an empty text."""


class HealthServer:
    """Answers 200 when a check finds nothing wrong, else 503 and what it found."""

    def __init__(
        self, host: str, port: int, *, live: Check, ready: Check, note: Check = lambda: "",
        metrics: CollectorRegistry = REGISTRY,
    ) -> None:  # fmt: skip
        self._checks = {"/live": live, "/ready": ready}
        self._note = note
        """Something to know of a service with which nothing is wrong."""
        self._metrics = make_wsgi_app(metrics)
        self._server = make_server(host, port, self._answer, server_class=_Server, handler_class=_Quiet)
        self.port: int = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environ, start_response)
            return answer
        check = self._checks.get(path)
        if check is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"expected /live, /ready or /metrics\n"]
        wrong = check()
        status = "503 Service Unavailable" if wrong else "200 OK"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps({"ok": not wrong, "detail": wrong or self._note()}).encode() + b"\n"]


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each in a thread of its own: whoever asks for figures that take long keeps nobody waiting."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = REQUEST_S_MAX

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Health checks are not news."""
