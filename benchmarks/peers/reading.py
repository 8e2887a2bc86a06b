"""What every reader of the comparison does alike: it looks at each record, and says what the read took."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

LIST = "/course/v1/courses/enrollments"
SIZE = 200


def url() -> str:
    """The server's address, the first argument of every reader."""
    return sys.argv[1]


def in_order(records: Iterable[Any], latest: int = 0) -> int:
    """How many there are. Their users count up, so that one lost, doubled or out of its turn is noticed."""
    seen = 0
    for record in records:
        user = record["user_id"]
        if user <= latest:
            raise AssertionError(f"user {user} comes after user {latest}")
        latest = user
        seen += 1
    return seen


async def in_turn(
    get: Callable[[int], Awaitable[bytes]], decode: Callable[[bytes], Any], pages: int, in_flight: int
) -> int:
    """The bare loop: how many records the pages have, some of them on their way at once, in their order."""
    ahead: deque[asyncio.Future[bytes]] = deque()
    wanted = iter(range(1, pages + 1))
    seen = latest = 0
    while True:
        while len(ahead) < in_flight and (page := next(wanted, None)):
            ahead.append(asyncio.ensure_future(get(page)))
        if not ahead:
            return seen
        records = decode(await ahead.popleft())["data"]["items"]
        seen += in_order(records, latest)
        latest = records[-1]["user_id"]


def in_file(path: Path) -> Iterable[Any]:
    """The records of a file of JSON lines, Singer's messages included."""
    with path.open() as lines:
        for line in lines:
            document = json.loads(line)
            if document.get("type", "RECORD") == "RECORD":
                yield document.get("record", document)


def peak_mb() -> float:
    """The most memory that this process has held so far, its libraries included."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def tell(seconds: float, peak: float, records: int) -> None:
    """Say what the read took, as one line of JSON."""
    said = {"records": records, "seconds": seconds, "per_s": records / seconds, "peak_mb": peak}
    print(json.dumps(said), file=sys.__stdout__)
