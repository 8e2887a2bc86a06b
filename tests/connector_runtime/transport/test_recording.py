"""vcrpy records what goes through the door, over a socket as in process."""

from __future__ import annotations

import gzip
from pathlib import Path

import vcr

from connector_runtime.values import Request
from tests.connector_runtime.transport.loopback import CANARY, platform, saying, sent

READ = Request(method="GET", path="/x", query={"page": "1"})
WRITE = Request(method="POST", path="/x", body={"a": "é"}, write=True)
PACKED = saying("HTTP/1.1 200 OK", "content-encoding: gzip", "x-odd: a", body=gzip.compress(b'{"rows": []}'))


async def test_what_a_socket_answered_is_recorded_once_and_replayed_without_a_server(tmp_path: Path) -> None:
    file = tmp_path / "tape.yaml"
    tape = vcr.VCR(match_on=["method", "uri", "body"], filter_headers=["authorization"])
    async with platform(PACKED) as (url, arrived):
        with tape.use_cassette(str(file), record_mode="all"):
            recorded = [await sent(url, request) for request in (READ, WRITE)]
    assert len(arrived) == 2
    assert CANARY not in file.read_text(encoding="utf-8")
    with tape.use_cassette(str(file), record_mode="none") as played:
        replayed = [await sent(url, request) for request in (READ, WRITE)]
    assert (len(played), played.all_played) == (2, True)
    assert [answer.content for answer in recorded + replayed] == [b'{"rows": []}'] * 4
    assert [answer.headers["x-odd"] for answer in recorded + replayed] == ["a"] * 4
