"""A subscriber on loopback: keeps what deliveries bring."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from docebo_connect.sandbox.sites import Site

DEADLINE_S = 5.0  # of waiting for a delivery, which takes milliseconds


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; the first answers have the statuses it was given, all others 204."""

    request_queue_size = 128  # or those who come at once wait for a second

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.arrival = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def bodies(self, count: int) -> list[bytes]:
        """What was sent, once there are as many deliveries."""
        with self.arrival:
            assert self.arrival.wait_for(lambda: len(self.got) >= count, DEADLINE_S), f"got {len(self.got)}"
            return [body for _, body in self.got]

    def wait(self, count: int) -> list[dict[str, Any]]:
        """The envelopes, once there are as many."""
        return [json.loads(body) for body in self.bodies(count)]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.arrival:
            self.server.got.append((dict(self.headers), body))
            status = self.server.statuses.pop(0) if self.server.statuses else 204
            self.server.arrival.notify_all()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def outbox_is_empty(site: Site) -> bool:
    done = threading.Event()
    for _ in range(200):
        if site.store.number("SELECT COUNT(*) FROM outbox") == 0:
            return True
        done.wait(0.01)
    return False
