"""Bare loops over bare clients, which check and document nothing: python floors.py URL LOOP PAGES

A loop is httpx, aiohttp1, aiohttp8 or pyreqwest8: a client, and how many pages it has in flight.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import reading

Get = Callable[[int], Awaitable[bytes]]


def path(page: int) -> str:
    """Where a page is."""
    return f"{reading.LIST}?page={page}&page_size={reading.SIZE}"


@asynccontextmanager
async def httpx_client(url: str) -> AsyncIterator[Get]:
    """httpx, as it comes."""
    import httpx

    async with httpx.AsyncClient(base_url=url) as client:

        async def get(page: int) -> bytes:
            return (await client.get(path(page))).content

        yield get


@asynccontextmanager
async def aiohttp_client(url: str) -> AsyncIterator[Get]:
    """aiohttp, as it comes."""
    import aiohttp

    async with aiohttp.ClientSession(url) as session:

        async def get(page: int) -> bytes:
            async with session.get(path(page)) as answer:
                return await answer.read()

        yield get


@asynccontextmanager
async def pyreqwest_client(url: str) -> AsyncIterator[Get]:
    """pyreqwest, as it comes."""
    from pyreqwest.client import ClientBuilder

    async with ClientBuilder().base_url(url).build() as client:

        async def get(page: int) -> bytes:
            answer = await client.get(path(page)).build().send()
            return bytes(await answer.bytes())

        yield get


async def main(url: str, loop: str, pages: int) -> None:
    """Read the list once."""
    import msgspec

    client, in_flight = loop.rstrip("0123456789"), int(loop[-1]) if loop[-1].isdigit() else 1
    opened = {"httpx": httpx_client, "aiohttp": aiohttp_client, "pyreqwest": pyreqwest_client}[client]
    decode = json.loads if client == "httpx" else msgspec.json.decode
    async with opened(url) as get:
        began = time.perf_counter()
        seen = await reading.in_turn(get, decode, pages, in_flight)
        reading.tell(time.perf_counter() - began, reading.peak_mb(), seen)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
