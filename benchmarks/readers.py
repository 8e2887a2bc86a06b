"""Everyone who can read the list: this project, its peers, and bare loops that check and document nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TypeAlias

from environments import Absent, python_of
from measured import PYTHON, Contender, process

IN_FLIGHT = 8
"""Pages at once, of this project and of the loops it is held against."""

Reader: TypeAlias = Callable[[str, int], Contender]
"""A server's address and a number of pages in, a read of them out. Raises Absent."""

ROWS, LINES = "this project, iterated", "this project, to JSON lines"
FASTER = "how many times as fast this project iterates"
ONE_BY_ONE = "this project, one page at a time"
AIRBYTE, SINGER = "airbyte-cdk, iterated", "singer-sdk, to messages on disk"
DLT_TOTAL, DLT_ROWS = "dlt rest_api, iterated by the total", "dlt rest_api, iterated until empty"
DLT_LINES = "dlt rest_api, to JSON lines"
SOCKET = "a raw socket, nothing decoded"
TRANSPORT = f"this project's transport + msgspec, {IN_FLIGHT} in flight"
HTTPX, AIOHTTP = "httpx + json", "aiohttp + msgspec"
AIOHTTP_AHEAD, PYREQWEST_AHEAD = (
    f"aiohttp + msgspec, {IN_FLIGHT} in flight",
    f"pyreqwest + msgspec, {IN_FLIGHT} in flight",
)


def _ours(way: str, in_flight: int = IN_FLIGHT) -> Reader:
    return lambda url, pages: process(PYTHON, "reads.py", url, way, in_flight, pages)


def _peer(peer: str, script: str, *given: str) -> Reader:
    return lambda url, pages: process(python_of(peer), f"peers/{script}", url, *given)


def _bare(loop: str, package: str) -> Reader:
    def reader(url: str, pages: int) -> Contender:
        if not find_spec(package):
            raise Absent(f"{package} is not part of this project's environment")
        return process(PYTHON, "peers/floors.py", url, loop, pages)

    return reader


def _socket(url: str, pages: int) -> Contender:
    return process(PYTHON, "peers/raw_socket.py", url, pages)


OURS: Mapping[str, Reader] = {ROWS: _ours("rows"), LINES: _ours("lines")}
PEERS: Mapping[str, Reader] = {
    AIRBYTE: _peer("airbyte", "airbyte.py"),
    SINGER: _peer("singer", "singer.py"),
    DLT_TOTAL: _peer("dlt", "dlt_rest.py", "iterated", "total"),
    DLT_ROWS: _peer("dlt", "dlt_rest.py", "iterated", "empty"),
    DLT_LINES: _peer("dlt", "dlt_rest.py", "lines", "empty"),
}
FLOORS: Mapping[str, Reader] = {
    HTTPX: _bare("httpx", "httpx"),
    AIOHTTP: _bare("aiohttp1", "aiohttp"),
    AIOHTTP_AHEAD: _bare("aiohttp8", "aiohttp"),
    PYREQWEST_AHEAD: _bare("pyreqwest8", "pyreqwest"),
    TRANSPORT: _ours("transport"),
    SOCKET: _socket,
}
"""Nothing that reads, decodes and keeps the order does less; the socket does not even decode."""

ONE_PAGE: Reader = _ours("rows", in_flight=1)


def present(readers: Mapping[str, Reader], url: str, pages: int) -> tuple[dict[str, Contender], list[str]]:
    """Those that can take part, and why the others cannot."""
    contenders: dict[str, Contender] = {}
    absent: list[str] = []
    for name, reader in readers.items():
        try:
            contenders[name] = reader(url, pages)
        except Absent as why:
            absent.append(f"{name}: {why}")
    return contenders, absent
