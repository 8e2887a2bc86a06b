"""Answers that come packed, cut, or larger than memory should have to hold."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.errors import UnexpectedOutput, Unreachable
from connector_runtime.hosts.session import Session
from connector_runtime.transport import content
from connector_runtime.values import Request
from tests.connector_runtime.transport.loopback import Serve, connection, platform, saying, sent
from tests.connector_runtime.workshop import declared, housed

READ = Request(method="GET", path="/x")
TEXT = b'{"rows": [' + b"1, " * 200_000 + b"1]}"
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


def packed(encoding: str, body: bytes) -> Serve:
    return saying("HTTP/1.1 200 OK", f"Content-Encoding: {encoding}", body=body)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("GZip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", BARE.compress(TEXT) + BARE.flush()),
        ("identity", TEXT),
    ],
    ids=["gzip", "in capitals", "by its old name", "in two members", "deflate", "bare deflate", "not at all"],
)
async def test_a_packed_answer_is_unpacked(encoding: str, body: bytes) -> None:
    async with platform(packed(encoding, body)) as (url, _):
        assert (await sent(url, READ)).content == TEXT


@pytest.mark.parametrize("beyond", range(-20, 20))
def test_an_answer_that_ends_near_the_end_of_a_piece_is_whole(beyond: int) -> None:
    text = b"a" * (content.PIECE + beyond)
    for packing in (zlib.compressobj(wbits=-zlib.MAX_WBITS), zlib.compressobj()):
        unpacking = content.Unpacking("deflate")
        pieces = list(unpacking.pieces(packing.compress(text) + packing.flush()))
        assert b"".join([*pieces, unpacking.rest()]) == text
        assert max(map(len, pieces)) <= content.PIECE


async def test_an_answer_that_is_packed_into_ever_more_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST", 2**20)
    given = 0

    async def nothings() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield gzip.compress(b"") * 1000

    with pytest.raises(UnexpectedOutput, match="larger than 1 MB"):
        await content.read({"content-encoding": "gzip"}, nothings())
    assert given * 20_000 < 2**20 + 20_001


async def test_what_can_be_unpacked_is_what_is_asked_for() -> None:
    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived):
        await sent(url, READ)
    assert b"\r\naccept-encoding: gzip, deflate\r\n" in arrived[0].lower()


async def test_an_empty_answer_needs_no_unpacking() -> None:
    async with platform(saying("HTTP/1.1 204 No Content", "Content-Encoding: gzip", body=b"")) as (url, _):
        assert (await sent(url, READ)).content == b""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(TEXT)[:-20]), ("deflate", zlib.compress(TEXT)[:-20]), ("gzip", TEXT), ("br", TEXT)],
    ids=["cut gzip", "cut deflate", "no gzip", "unknown"],
)
async def test_an_answer_that_cannot_be_unpacked_is_none(encoding: str, body: bytes) -> None:
    async with platform(packed(encoding, body)) as (url, _):
        with pytest.raises(Unreachable, match="did not answer") as caught:
            await sent(url, READ)
    assert caught.value.effect == "unknown"


async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
    """An answer in chunks that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def announced(_: bytes, writer: asyncio.StreamWriter) -> None:
    """An answer that says how large it will be, and begins."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n{")
    await writer.drain()


@pytest.mark.parametrize("serve", [endless, announced])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(serve: Serve) -> None:
    async with platform(serve) as (url, _):
        with pytest.raises(UnexpectedOutput, match="larger than 32 MB") as caught:
            await sent(url, READ)
    assert (caught.value.code, caught.value.effect) == ("answer_too_large", "unknown")
    assert "fewer records" in caught.value.fix


async def test_an_answer_as_large_as_may_be_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST", len(TEXT))
    async with platform(packed("gzip", gzip.compress(TEXT))) as (url, _):
        assert (await sent(url, READ)).content == TEXT
    async with platform(packed("gzip", gzip.compress(TEXT + b" "))) as (url, _):
        with pytest.raises(UnexpectedOutput):
            await sent(url, READ)


async def test_a_bomb_takes_no_more_memory_than_the_largest_answer() -> None:
    bomb = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    body = b"".join(bomb.compress(bytes(2**20)) for _ in range(100)) + bomb.flush()
    async with platform(packed("gzip", body)) as (url, _):
        tracemalloc.start()
        with pytest.raises(UnexpectedOutput, match="larger than 32 MB"):
            await sent(url, READ)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2 * content.LARGEST


@pytest.mark.parametrize("serve", [endless, announced, packed("br", TEXT)])
async def test_a_change_whose_answer_is_not_read_has_an_unknown_outcome(serve: Serve, tmp_path: Path) -> None:
    write = declared(kind="create", request=RequestTemplate(method="POST", path="/x", body=[]))
    async with (
        platform(serve) as (url, arrived),
        Session(housed(write), connection=connection(url), data_dir=tmp_path) as session,
    ):
        record = await session.run("act", {})
    assert record.error is not None
    assert (record.error["type"], record.effect, len(arrived)) == ("UnknownOutcome", "unknown", 1)
