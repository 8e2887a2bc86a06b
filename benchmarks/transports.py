"""Engines under the transport, side by side on one loopback server.

    python benchmarks/transports.py [--rounds N | --exits N]

Every figure is the median of interleaved rounds. An engine runs in a process of its own, the server in another.
An engine that is not installed is reported as absent; the extra `bench` installs them all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

Call: TypeAlias = Callable[[str, str, bytes | None], Awaitable[tuple[int, bytes]]]
"""Method, path and body in; status and content out."""

SENT = json.dumps({"course_ids": ["12"], "user_ids": ["13"], "level": "student"}).encode()
ANSWER = b'{"data":{"enrolled":[{"course_id":12,"user_id":13}],"errors":[]},"version":"1.0"}'
PAGE = b'{"items":[' + b",".join(b'{"user_id":%d,"filler":"%s"}' % (n, b"x" * 478) for n in range(200)) + b"]}"
HEADERS = {"authorization": "Bearer token", "accept": "application/json", "user-agent": "benchmark/1"}
TYPED = {"content-type": "application/json"}
HERE = [sys.executable, __file__]
IN_FLIGHT = 32
HEADS = "| engine | µs a POST | POSTs a second, 32 in flight | × | µs a 100 KB page | ms to first answer | peak MB |"
CALLS = {"sequential": 1500, "in flight": 3000, "pages": 300, "warm-up": 100}


class Answering(asyncio.Protocol):
    """As little of a server as HTTP/1.1 allows, so that the client is what is measured."""

    def __init__(self, latency_s: float) -> None:
        self._held = b""
        self._latency_s = latency_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while b"\r\n\r\n" in self._held:
            head, _, rest = self._held.partition(b"\r\n\r\n")
            _, named, length = head.lower().partition(b"content-length:")
            size = int(length.split(b"\r\n")[0]) if named else 0
            if len(rest) < size:
                return
            self._held = rest[size:]
            body = PAGE if head.startswith(b"GET") else ANSWER
            said = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, said + body)
            else:
                self._transport.write(said + body)


async def serve(latency_s: float) -> None:
    """Answer on a free port of loopback, which is said on standard output, until killed."""
    serving = await asyncio.get_running_loop().create_server(lambda: Answering(latency_s), "127.0.0.1", 0)
    print(serving.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await serving.serve_forever()


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


ENGINES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "raw asyncio stream": ("asyncio", raw_socket),
    "httpx": ("httpx", httpx_client),
    "httpx2": ("httpx2", httpx2_client),
    "httpx over httpx-aiohttp": ("httpx_aiohttp", httpx_over_aiohttp),
    "httpx over pyreqwest": ("pyreqwest", httpx_over_pyreqwest),
    "pyreqwest": ("pyreqwest", pyreqwest_client),
    "aiohttp": ("aiohttp", aiohttp_session),
    "connector_runtime.transport": ("connector_runtime", house),
}
"""Name → the package it needs, and how it is opened."""


def _through(client: Any) -> Call:
    async def call(method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        answer = await client.request(method, path, content=body, headers=TYPED if body else None)
        return answer.status_code, answer.content

    return call


async def measure(name: str, url: str) -> dict[str, float]:
    """One round of one engine: µs per call, calls per second, µs per page, seconds to open, peak MB."""
    began = time.perf_counter()
    async with ENGINES[name][1](url) as call:
        await _post(call)
        opened = time.perf_counter() - began
        await _each(CALLS["warm-up"], lambda: _post(call))
        sequential = await _each(CALLS["sequential"], lambda: _post(call))
        page = await _each(CALLS["pages"], lambda: _get(call))
        figures = {"open_ms": opened * 1e3, "sequential_us": sequential * 1e6, "page_us": page * 1e6}
        if name != "raw asyncio stream":
            figures["in_flight_per_s"] = await _at_once(lambda: _post(call))
    return figures | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


async def _post(call: Call) -> None:
    assert await call("POST", "/learn/v1/enrollments", SENT) == (200, ANSWER)


async def _get(call: Call) -> None:
    assert await call("GET", "/course/v1/courses/enrollments?page=1&page_size=200", None) == (200, PAGE)


async def _each(times: int, once: Callable[[], Awaitable[None]]) -> float:
    """Seconds per call, one after the other."""
    began = time.perf_counter()
    for _ in range(times):
        await once()
    return (time.perf_counter() - began) / times


async def _at_once(once: Callable[[], Awaitable[None]]) -> float:
    """Calls per second with many in flight."""

    async def work() -> None:
        for _ in range(CALLS["in flight"] // IN_FLIGHT):
            await once()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return CALLS["in flight"] // IN_FLIGHT * IN_FLIGHT / (time.perf_counter() - began)


async def linger(name: str, url: str) -> None:
    """Read a few slow pages, four in flight, and leave: some engines do not survive the end of the process."""
    async with ENGINES[name][1](url) as call:
        for _ in range(3):
            await asyncio.gather(*(_get(call) for _ in range(4)))


def main() -> None:
    """Measure every engine that is installed, and print a table."""
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--rounds", type=int, default=5)
    asking.add_argument("--exits", type=int, metavar="N", help="count the bad ends of N processes with slow pages")
    asking.add_argument("--serve", metavar="LATENCY_MS", type=float, help=argparse.SUPPRESS)
    asking.add_argument("--measure", nargs=2, metavar=("ENGINE", "URL"), help=argparse.SUPPRESS)
    asking.add_argument("--linger", nargs=2, metavar=("ENGINE", "URL"), help=argparse.SUPPRESS)
    asked = asking.parse_args()
    if asked.serve is not None:
        asyncio.run(serve(asked.serve / 1000))
    elif asked.measure:
        print(json.dumps(asyncio.run(measure(*asked.measure))))  # noqa: T201
    elif asked.linger:
        asyncio.run(linger(*asked.linger))
    elif asked.exits:
        count_exits(asked.exits)
    else:
        compare(asked.rounds)


def compare(rounds: int) -> None:
    """All engines, A B C A B C …, and their medians."""
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in installed()}
    with server(0) as url:
        for name in list(measured) * rounds:
            said = subprocess.run([*HERE, "--measure", name, url], stdout=subprocess.PIPE, check=True)
            measured[name].append(json.loads(said.stdout))
    tell({name: {key: statistics.median(r[key] for r in each) for key in each[0]} for name, each in measured.items()})


def count_exits(times: int) -> None:
    """How many processes of each engine end badly after pages of 50 ms."""
    with server(50) as url:
        for name in installed()[1:]:
            ends = [subprocess.run([*HERE, "--linger", name, url], stderr=subprocess.DEVNULL) for _ in range(times)]
            print(f"{name}: {sum(end.returncode != 0 for end in ends)} of {times} ended badly", flush=True)  # noqa: T201


def installed() -> list[str]:
    """The engines that can be measured here; says which cannot."""
    for name, (package, _) in ENGINES.items():
        if not find_spec(package):
            print(f"{name}: absent (not installed)", file=sys.stderr)  # noqa: T201
    return [name for name, (package, _) in ENGINES.items() if find_spec(package)]


@contextmanager
def server(latency_ms: float) -> Iterator[str]:
    """A server in a process of its own: its address."""
    with subprocess.Popen([*HERE, "--serve", str(latency_ms)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def tell(medians: dict[str, dict[str, float]]) -> None:
    """Print the table; `×` is against bare httpx."""
    print(HEADS, "|---" * (HEADS.count("|") - 1) + "|", sep="\n")  # noqa: T201
    floor = medians.get("httpx", {}).get("in_flight_per_s")
    for name, figures in medians.items():
        many = figures.get("in_flight_per_s")
        cells = [name, f"{figures['sequential_us']:.0f}", f"{many:.0f}" if many else "–"]
        cells += [f"{many / floor:.1f}" if many and floor else "–", f"{figures['page_us']:.0f}"]
        cells += [f"{figures['open_ms']:.0f}", f"{figures['peak_mb']:.0f}"]
        print("| " + " | ".join(cells) + " |")  # noqa: T201


if __name__ == "__main__":
    main()
