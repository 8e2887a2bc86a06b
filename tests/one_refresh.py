"""Processes that share a connection, and the platform that they share: the sandbox, served on loopback.

    python tests/one_refresh.py serve DIRECTORY
    python tests/one_refresh.py call DIRECTORY MANY

`serve` says its address and answers until it is ended. `call` opens a session, says so, and for every line on standard
input makes so many calls at once; then it says what became of them, in JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections import Counter
from pathlib import Path

import docebo_connect
from docebo_connect.sandbox import site

CALL = ("get_course_enrollments", {"user_ids": [9]})


def serve(directory: Path) -> None:
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with site(directory) as opened:
        say(f"http://127.0.0.1:{listening.getsockname()[1]}")
        uvicorn.Server(uvicorn.Config(opened.app, log_level="error", lifespan="off")).run(sockets=[listening])


async def call(directory: Path, many: int) -> None:
    async with docebo_connect.session(connection="acme", data_dir=directory) as session:
        say("ready")
        while await asyncio.to_thread(sys.stdin.readline):
            records = await asyncio.gather(*(session.run(*CALL) for _ in range(many)))
            say(json.dumps(Counter(record.error["message"] if record.error else "succeeded" for record in records)))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]))
    else:
        asyncio.run(call(Path(sys.argv[2]), int(sys.argv[3])))
