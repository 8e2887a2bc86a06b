"""A platform of loopback that costs next to nothing, so that its readers are what is measured.

    python benchmarks/server.py [--rows 40000] [--latency-ms 0]

Says its address on standard output and answers until it is ended. It knows the list of course enrollments, whose rows
are all different and in order, and the enrollment of one user into one course.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
from functools import cache, lru_cache, partial
from typing import Any

ENROLLMENTS = "/course/v1/courses/enrollments"
PAGE = 10**3
"""Row 7 of page 3 is user `user_of(3, 7)`: the number of a page is written into a prepared one."""
FIRST = 10**5
MARK = b"@page@"

COURSES = [("elearning", "in_progress", None, 0), ("classroom", "enrolled", "2026-03-02 09:00:00", 0)]
COURSES += [("elearning", "completed", None, 4211), ("webinar", "completed", "0000-00-00", 686)]

ASKED = re.compile(rb"(?P<method>GET|POST) (?P<path>[^ ?]*)\??(?P<query>[^ ]*) HTTP/1.1\r\n")
PAGE_ASKED = re.compile(rb"(?:^|&)page=(\d+)")
SIZE_ASKED = re.compile(rb"(?:^|&)page_size=(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ENROLLED = re.compile(rb"/learn/v1/enrollments/(\d+)/(\d+)")


def user_of(page: int, row: int) -> int:
    """The user in a row of a page; pages count from 1 and rows from 0. Pages have less than a thousand rows."""
    return (FIRST + page) * PAGE + row


def row_of(number: int) -> dict[str, Any]:
    """A row as the platform gives it, zero dates and undocumented keys included."""
    user = f"{MARK.decode()}{number:03d}"
    kind, status, begin, spent = COURSES[number % len(COURSES)]
    done = "2026-06-01 01:17:11" if status == "completed" else None
    return {
        "user_id": user,
        "username": f"maya.okafor.{user}",
        "course_id": 1000 + number,
        "course_uid": f"E-{number:06X}",
        "course_code": f"LS-{number:03d}",
        "course_name": "Ladder Safety (live session)",
        "course_type": kind,
        "course_begin_date": begin,
        "course_end_date": "0000-00-00",
        "enrollment_level": "student",
        "enrollment_status": status,
        "enrollment_created_by": 2,
        "enrollment_created_at": "2025-12-04 19:03:30",
        "enrollment_validity_begin_date": "2026-01-10",
        "enrollment_validity_end_date": "0000-00-00",
        "enrollment_date_last_updated": "2026-06-01 01:17:11",
        "enrollment_completion_date": done,
        "enrollment_score": 83.0 if done else None,
        "enrollment_time_spent": spent,
        "assignment_type": None,
        "enrollment_validity_begin_datetime": None,
        "enrollment_validity_end_datetime": None,
    }


@cache
def prepared(rows: int) -> bytes:
    """So many rows as JSON, with a mark wherever the number of their page belongs."""
    text = ",".join(json.dumps(row_of(number), separators=(",", ":")) for number in range(rows))
    return re.sub(rb'"user_id":"(@page@\d+)"', rb'"user_id":\1', text.encode())


@lru_cache(maxsize=256)
def page_of(number: int, size: int, total: int) -> bytes:
    """A page of the list as a whole answer."""
    pages = -(-total // size)
    rows = min(size, max(0, total - (number - 1) * size))
    beside = {
        "count": rows,
        "has_more_data": number < pages,
        "cursor": f"ae6ae22d130f2a22369ef0c4{number:08d}",
        "current_page": number,
        "current_page_size": size,
        "total_page_count": pages,
        "total_count": total,
        "sort": [{"sort_attr": "enrollment_created_at", "sort_dir": "asc"}],
    }
    items = prepared(rows).replace(MARK, b"%d" % (FIRST + number))
    links = f"{ENROLLMENTS}?page_size={size}&page="
    linked = {"self": {"href": f"{links}{number}"}, "last": {"href": f"{links}{pages}"}}
    rest = json.dumps(beside, separators=(",", ":")).encode()[1:]
    return answer(
        b'{"data":{"items":[%s],%s,"version":"1.0.0","_links":%s}' % (items, rest, json.dumps(linked).encode())
    )


def answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer in full: head and body."""
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
    return head + body


UNREADABLE = answer(b"", b"400 Bad Request")


def answer_to(method: bytes, path: bytes, query: bytes, total: int) -> bytes:
    """What the platform would say."""
    if method == b"GET" and path == ENROLLMENTS.encode():
        page, size = PAGE_ASKED.search(query), SIZE_ASKED.search(query)
        return page_of(int(page[1]) if page else 1, int(size[1]) if size else 200, total)
    if method == b"POST" and (named := ENROLLED.fullmatch(path)):
        said = b'{"data":{"enrolled":[{"user_id":%s,"course_id":%s,"waiting":false}],"errors":[]},"version":"1.0.0"}'
        return answer(said % (named[2], named[1]))
    return answer(b'{"name":"Not Found","message":["There is no such page."],"status":404}', b"404 Not Found")


class Answering(asyncio.Protocol):
    """As little of HTTP/1.1 as its clients need: whole requests in turn on a connection that stays open."""

    def __init__(self, total: int, latency_s: float) -> None:
        self._total, self._latency_s = total, latency_s
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport: Any = transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)  # a page in one go

    def data_received(self, data: bytes) -> None:
        """Answer each request that has come whole."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            sized = LENGTH.search(self._held, 0, end)
            whole = end + 4 + (int(sized[1]) if sized else 0)
            if len(self._held) < whole:
                return
            asked = ASKED.match(self._held)
            self._held = self._held[whole:]
            said = answer_to(asked["method"], asked["path"], asked["query"], self._total) if asked else UNREADABLE
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, said)
            else:
                self._transport.write(said)


async def serve(total: int, latency_s: float) -> None:
    """Answer on a free port of loopback."""
    listening = partial(Answering, total, latency_s)
    server = await asyncio.get_running_loop().create_server(listening, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await server.serve_forever()


def main() -> None:
    """Serve until ended."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--rows", type=int, default=40_000, help="how many enrollments the list has")
    asking.add_argument("--latency-ms", type=float, default=0, help="how long each answer waits")
    asked = asking.parse_args()
    asyncio.run(serve(asked.rows, asked.latency_ms / 1000))


if __name__ == "__main__":
    main()
