"""Engines under the transport, side by side on one loopback server: python benchmarks/transports.py [--rounds 5]

`--exits N` counts instead how many of N processes end badly after slow pages. An engine that is not installed is
reported as absent; the extra `bench` installs them all.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

from measured import HERE, PYTHON, interleaved, process, say, serving
from peers.reading import LIST, SIZE, peak_mb
from section import Section, show

Call: TypeAlias = Callable[[str, str, bytes | None], Awaitable[tuple[int, bytes]]]
"""Method, path and body in; status and content out."""

ENROLL = "/learn/v1/enrollments/42/7"
SENT = json.dumps({"level": 3, "date_begin_validity": "2026-01-10"}).encode()
PAGE = f"{LIST}?page=1&page_size={SIZE}"
HEADERS = {"authorization": "Bearer token", "accept": "application/json", "user-agent": "benchmark/1"}
TYPED = {"content-type": "application/json"}
IN_FLIGHT, SLOW_MS = 32, 50
CALLS = {"sequential": 1500, "in flight": 3000, "pages": 300, "warm-up": 100}

TEXT = f"""An engine runs in a process of its own. An enrollment is sent one after the other and {IN_FLIGHT} at once,
then a page of {SIZE} rows is read as bytes. × is against bare httpx."""


@asynccontextmanager
async def raw_socket(url: str) -> AsyncIterator[Call]:
    """The floor: one stream, the bytes of the request written by hand. Not for calls in flight."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    names = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())

    async def call(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        sized = f"content-length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\nhost: x\r\n{names}{sized}\r\n".encode() + (body or b""))
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head[9:12]), await reader.readexactly(int(head.rpartition(b":")[2]))

    yield call
    writer.close()


@asynccontextmanager
async def httpx_client(url: str) -> AsyncIterator[Call]:
    """Bare httpx.AsyncClient, as it comes."""
    import httpx

    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        yield _through(client)


@asynccontextmanager
async def httpx_over_aiohttp(url: str) -> AsyncIterator[Call]:
    """httpx.AsyncClient over httpx-aiohttp's transport."""
    async with import_module("httpx_aiohttp").HttpxAiohttpClient(base_url=url, headers=HEADERS) as client:
        yield _through(client)


@asynccontextmanager
async def httpx2_client(url: str) -> AsyncIterator[Call]:
    """The maintained fork, as it comes."""
    async with import_module("httpx2").AsyncClient(base_url=url, headers=HEADERS) as client:
        yield _through(client)


@asynccontextmanager
async def httpx_over_pyreqwest(url: str) -> AsyncIterator[Call]:
    """httpx.AsyncClient over pyreqwest's own transport."""
    import httpx

    engine = import_module("pyreqwest.compatibility.httpx").HttpxTransport()
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, transport=engine) as client:
        yield _through(client)


@asynccontextmanager
async def pyreqwest_client(url: str) -> AsyncIterator[Call]:
    """pyreqwest without httpx."""
    building = import_module("pyreqwest.client").ClientBuilder().base_url(url).default_headers(HEADERS)
    async with building.build() as client:

        async def call(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
            request = client.request(method, path)
            answer = await (request if body is None else request.headers(TYPED).body_bytes(body)).build().send()
            return answer.status, bytes(await answer.bytes())

        yield call


@asynccontextmanager
async def aiohttp_session(url: str) -> AsyncIterator[Call]:
    """aiohttp without httpx."""
    import aiohttp

    async with aiohttp.ClientSession(url, headers=HEADERS) as session:

        async def call(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
            async with session.request(method, path, data=body, headers=TYPED if body else None) as answer:
                return answer.status, await answer.read()

        yield call


@asynccontextmanager
async def house(url: str) -> AsyncIterator[Call]:
    """The runtime's transport: the body is encoded, the answer's headers are read and its size is watched."""
    from connector_runtime.transport import Connection, open_transport
    from connector_runtime.values import Request

    sent = json.loads(SENT)
    async with open_transport(Connection("benchmark", url, HEADERS), "benchmark/1") as send:

        async def call(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
            answer = await send(Request(method=method, path=path, body=sent if body else None))
            return answer.status, answer.content

        yield call


STREAM = "raw asyncio stream"
ENGINES: dict[str, tuple[str, Callable[[str], Any]]] = {
    STREAM: ("asyncio", raw_socket),
    "httpx": ("httpx", httpx_client),
    "httpx2": ("httpx2", httpx2_client),
    "httpx over httpx-aiohttp": ("httpx_aiohttp", httpx_over_aiohttp),
    "httpx over pyreqwest": ("pyreqwest", httpx_over_pyreqwest),
    "pyreqwest": ("pyreqwest", pyreqwest_client),
    "aiohttp": ("aiohttp", aiohttp_session),
    "this project's transport": ("connector_runtime", house),
}
"""Name → the package it needs, and how it is opened."""


def _through(client: Any) -> Call:
    async def call(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        answer = await client.request(method, path, content=body, headers=TYPED if body else None)
        return answer.status_code, answer.content

    return call


async def once(name: str, url: str) -> dict[str, float]:
    """One turn of one engine: its figures."""
    began = time.perf_counter()
    async with ENGINES[name][1](url) as call:
        await _post(call)
        opened = time.perf_counter() - began
        await _each(CALLS["warm-up"], lambda: _post(call))
        figures = {
            "open_ms": opened * 1e3,
            "post_us": await _each(CALLS["sequential"], lambda: _post(call)) * 1e6,
            "page_us": await _each(CALLS["pages"], lambda: _get(call)) * 1e6,
        }
        if name != STREAM:
            figures["per_s"] = await _at_once(lambda: _post(call))
    return figures | {"peak_mb": peak_mb()}


async def _post(call: Call) -> None:
    status, content = await call("POST", ENROLL, SENT)
    assert status == 200 and b'"user_id":7' in content


async def _get(call: Call) -> None:
    status, content = await call("GET", PAGE, None)
    assert status == 200 and content.count(b'"user_id":') == SIZE


async def _each(times: int, work: Callable[[], Awaitable[None]]) -> float:
    """Seconds per call, one after the other."""
    began = time.perf_counter()
    for _ in range(times):
        await work()
    return (time.perf_counter() - began) / times


async def _at_once(work: Callable[[], Awaitable[None]]) -> float:
    """Calls per second with many in flight."""

    async def many() -> None:
        for _ in range(CALLS["in flight"] // IN_FLIGHT):
            await work()

    began = time.perf_counter()
    await asyncio.gather(*(many() for _ in range(IN_FLIGHT)))
    return CALLS["in flight"] // IN_FLIGHT * IN_FLIGHT / (time.perf_counter() - began)


async def measure(rounds: int) -> list[Section]:
    """One table."""
    absent = [f"{name}: it is not installed" for name, (package, _) in ENGINES.items() if not find_spec(package)]
    with serving(rows=40_000) as url:
        contenders = {name: process(PYTHON, "transports.py", "--once", name, url) for name in installed()}
        measured = await interleaved(contenders, rounds)
    bare, rows = measured["httpx"], []
    for name, found in measured.items():
        many = [None, None] if name == STREAM else [found["per_s"], found.over(bare, "per_s")]
        post, page = found.over(bare, "post_us"), found.over(bare, "page_us")
        rows.append([name, found["post_us"], post, *many, found["page_us"], page, found["open_ms"], found["peak_mb"]])
    heads = ["engine", "µs a POST", "×", f"POSTs a second, {IN_FLIGHT} in flight", "×", "µs a page", "×"]
    return [Section("Transports", TEXT, [*heads, "ms to a first answer", "peak MB"], rows, absent=absent)]


def installed() -> list[str]:
    """The engines that can be measured here."""
    return [name for name, (package, _) in ENGINES.items() if find_spec(package)]


async def linger(name: str, url: str) -> None:
    """Read a few slow pages, four in flight, and leave: some engines do not survive the end of the process."""
    async with ENGINES[name][1](url) as call:
        for _ in range(3):
            await asyncio.gather(*(_get(call) for _ in range(4)))


def count_exits(times: int) -> None:
    """How many processes of each engine end badly after slow pages."""
    with serving(rows=40_000, latency_ms=SLOW_MS) as url:
        for name in installed()[1:]:
            command = [str(PYTHON), str(HERE / "transports.py"), "--linger", name, url]
            ends = [subprocess.run(command, stderr=subprocess.DEVNULL) for _ in range(times)]
            say(f"{name}: {sum(end.returncode != 0 for end in ends)} of {times} ended badly")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--once", engine, address]:
            print(json.dumps(asyncio.run(once(engine, address))))  # noqa: T201
        case ["--linger", engine, address]:
            asyncio.run(linger(engine, address))
        case ["--exits", number]:
            count_exits(int(number))
        case _:
            show(measure, __doc__)
