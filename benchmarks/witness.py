"""The sandbox on loopback, in a process of its own, beside a witness of what arrives.

    python benchmarks/witness.py DIRECTORY

Says its address on standard output and answers until it is ended. `GET /witness` tells how many enrollments arrived for
somebody who was enrolled there already: the platform refuses those, so that its own data would not show them.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from measured import answering

from docebo_connect.sandbox import site

ENROLLMENT = re.compile(r"/learn/v1/enrollments/(\d+)/(\d+)")
"""Course and user."""

TOLD = "/witness"


class Witness:
    """An ASGI application: the sandbox's, watched."""

    def __init__(self, opened: Any) -> None:
        self._site, self._again = opened, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["path"] == TOLD:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": json.dumps(self._again).encode()})
            return
        asked = ENROLLMENT.fullmatch(scope["path"])
        if asked and scope["method"] == "POST":
            there = "SELECT 1 FROM course_enrollments WHERE course_id = ? AND user_id = ?"
            self._again += self._site.store.row(there, asked.groups()) is not None
        await self._site.app(scope, receive, send)


def witnessed(directory: Path) -> AbstractContextManager[str]:
    """The address of a sandbox that is kept in a directory, for as long as the block runs."""
    return answering(Path(__file__).name, str(directory))


def main() -> None:
    """Serve until ended."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does so only for sockets it made itself
    with site(Path(sys.argv[1])) as opened:
        sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(Witness(opened), log_level="error", lifespan="off")).run(sockets=[listening])


if __name__ == "__main__":
    main()
