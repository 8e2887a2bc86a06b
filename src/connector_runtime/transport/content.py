"""An answer's body: decoded, and never larger than memory should have to hold."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterable, Iterator, Mapping
from contextlib import contextmanager, suppress

import httpx

from connector_runtime.errors import UnexpectedOutput

LARGEST = 32 * 2**20
"""Bytes of a decoded answer. A page of 200 rows has about 100 KB: more than this is a mistake or an attack."""

PIECE = 2**18
"""Bytes decoded at a time, however few they were packed into."""

AT_ONCE_S = 1.0
"""For how long the beginning of a body is waited for that nobody needs: with it, the connection can be used again."""

DECODED = ("gzip", "deflate")
"""The encodings that are asked for: those that Python itself can undo."""


async def read(headers: Mapping[str, str], chunks: AsyncIterable[bytes]) -> bytes:
    """The whole body, decoded. Raises UnexpectedOutput when it is too large, httpx.DecodingError when it is spoilt."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST:
        raise too_large()
    encoding = headers.get("content-encoding", "")
    unpacking = Unpacking(encoding) if encoding and encoding != "identity" else None
    whole, size, packed = [], 0, 0
    async for chunk in chunks:
        packed += len(chunk)
        for piece in unpacking.pieces(chunk) if unpacking else (chunk,):
            if piece:
                whole.append(piece)
                size += len(piece)
            if max(size, packed) > LARGEST:  # gzip may hold nothing, in however many bytes
                raise too_large()
    if unpacking:
        whole.append(unpacking.rest())
    return b"".join(whole)


async def beginning(chunks: AsyncIterable[bytes], most: int) -> bytes:
    """So many bytes of a body at most, as they come, and no more than come at once: the rest is left where it is."""
    found = b""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(AT_ONCE_S):
            async for chunk in chunks:
                found += chunk[: most - len(found)]
                if len(found) >= most:
                    break
    return found


class Unpacking:
    """The way back from an encoding. Raises httpx.DecodingError."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower().removeprefix("x-")
        if self._encoding not in DECODED:
            raise httpx.DecodingError("the answer is encoded in a way that was not asked for")
        self._zlib: zlib._Decompress | None = None

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What a chunk holds, in pieces of a bounded size."""
        while chunk:
            self._zlib = self._zlib or zlib.decompressobj(_window(self._encoding, chunk))
            with _spoilt_as_decoding_error():
                piece = self._zlib.decompress(chunk, PIECE)
            yield piece
            chunk = self._zlib.unconsumed_tail
            if self._zlib.eof:  # gzip may come in several members
                chunk, self._zlib = self._zlib.unused_data, None

    def rest(self) -> bytes:
        """The few bytes that zlib may still hold after the last chunk. Raises when more should have come."""
        if self._zlib is None:
            return b""
        with _spoilt_as_decoding_error():
            rest = self._zlib.flush()
        if not self._zlib.eof:
            raise httpx.DecodingError("the answer is cut short")
        return rest


@contextmanager
def _spoilt_as_decoding_error() -> Iterator[None]:
    try:
        yield
    except zlib.error as wrong:
        raise httpx.DecodingError("the answer cannot be decoded") from wrong


def _window(encoding: str, begin: bytes) -> int:
    """What zlib is told to expect: some servers leave out the header that deflate should have."""
    bare = encoding == "deflate" and begin[0] & 0x0F != zlib.DEFLATED
    return -zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32


def too_large() -> UnexpectedOutput:
    """What is said of an answer that is not read to its end."""
    return UnexpectedOutput(
        f"the answer is larger than {LARGEST // 2**20} MB",
        code="answer_too_large",
        effect="unknown",
    )
