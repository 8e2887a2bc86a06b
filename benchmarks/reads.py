"""This project's reads, one a process: python benchmarks/reads.py URL rows|lines|transport IN_FLIGHT PAGES

`rows` iterates documented records, `lines` writes them to disk as JSON lines, and `transport` is a bare loop over the
project's transport, which checks and documents nothing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from peers import reading

import docebo_connect
from connector_runtime.run import Stream
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Request, Response

ACTION = "get_course_enrollments"
DATA = Path(__file__).parents[1] / ".bench" / "data"
"""Kept from run to run, as a user's is: definitions are read from their cache."""


async def iterate(stream: Stream) -> None:
    """Read the list once, record by record."""
    began = time.perf_counter()
    seen = latest = 0
    async for row in stream.rows():
        user = row["user_id"]
        if user <= latest:
            raise AssertionError(f"user {user} comes after user {latest}")
        latest = user
        seen += 1
    reading.tell(time.perf_counter() - began, reading.peak_mb(), seen)


async def write(stream: Stream, path: Path) -> None:
    """Read the list once into JSON lines."""
    with path.open("wb") as file:
        began = time.perf_counter()
        async for page in stream.lines():
            file.write(page)
        file.flush()
        took, peak = time.perf_counter() - began, reading.peak_mb()
    reading.tell(took, peak, reading.in_order(reading.in_file(path)))


async def loop(platform: Connection, in_flight: int, pages: int) -> None:
    """Read the list once with nothing but the transport."""
    async with open_transport(platform, "benchmark/1") as send:

        async def get(page: int) -> bytes:
            asked = Request(method="GET", path=reading.LIST, query={"page": str(page), "page_size": str(reading.SIZE)})
            answer: Response = await send(asked)
            return answer.content

        began = time.perf_counter()
        seen = await reading.in_turn(get, msgspec.json.decode, pages, in_flight)
        reading.tell(time.perf_counter() - began, reading.peak_mb(), seen)


async def main(url: str, way: str, in_flight: int, pages: int) -> None:
    """Read the list once, and hold the stream to what it says of itself."""
    platform = Connection("benchmark", url)
    if way == "transport":
        return await loop(platform, in_flight, pages)
    DATA.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with docebo_connect.session(connection=platform, data_dir=DATA) as session:
            stream = session.stream(ACTION, {}, in_flight=in_flight)
            await (iterate(stream) if way == "rows" else write(stream, Path(folder) / "rows.jsonl"))
        assert stream.record is not None
        stream.record.raise_if_failed()
        assert stream.record.warnings == [], stream.record.warnings
        assert stream.record.counts == {"pages": pages, "records": pages * reading.SIZE}


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
