"""Cassettes: what a server really answered through the real transport. `scripts/record` makes them anew.

Each action has two, of a success and of a refusal, named by the case whose input they were recorded with.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector_runtime.definition import Case, Connector, load
from connector_runtime.hosts.connected import open_sandbox
from connector_runtime.hosts.session import Session
from connector_runtime.transport import Connection
from tests.casebook import ROOT, connection_for

FOLDER = ROOT / "fixtures" / "cassettes"
REFUSALS = ("Refused", "NotFound", "Unauthorized")


def stories(connector: Connector) -> Iterator[tuple[str, str]]:
    """Action key and case name of every cassette: each action's first sample, and its first refusal."""
    for key, action in connector.actions.items():
        yield key, action.samples[0]
        yield key, next(name for name in connector.cases(key) if _is_refusal(connector.case(key, name)))


def _is_refusal(case: Case) -> bool:
    return case.sandbox == "agrees" and case.fails is not None and case.fails.error in REFUSALS


def cassette(key: str, name: str, mode: str) -> Any:
    """The cassette of a story, as a context manager: `all` records, `none` only replays. Credentials are left out."""
    import vcr

    return vcr.VCR(
        record_mode=mode,
        match_on=["method", "uri", "body"],
        filter_headers=["authorization"],
        before_record_request=_with_body,
        decode_compressed_response=True,
    ).use_cassette(str(FOLDER / key / f"{name}.yaml"))


def _with_body(request: Any) -> Any:
    """A request without a body has an empty one, whichever library it was recorded or replayed through."""
    request.body = request.body or b""
    return request


async def record(connector: Connector, key: str, name: str) -> None:
    """Play a case on a fresh sandbox, and keep what it answered."""
    case = connector.case(key, name)
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory)
        site = open_sandbox(connector, data_dir, without=case.without)
        for earlier in case.before:
            async with Session(connector, data_dir=data_dir) as session:
                (await session.run(earlier.action, earlier.given)).raise_if_failed()
        async with Session(connector, connection=connection_for(case, site), data_dir=data_dir) as session:
            with cassette(key, name, "all"):
                await session.run(key, case.given)
        site.close()


def replaying(base_url: str, key: str) -> Connection:
    """A connection that has no server: only a cassette can answer it."""
    return Connection("cassette", base_url, allow_assumed=frozenset({key}))


def main() -> None:
    """Record every cassette anew."""
    connector = load(ROOT)
    for path in FOLDER.glob("*/*.yaml"):
        path.unlink()
    for key, name in stories(connector):
        asyncio.run(record(connector, key, name))


if __name__ == "__main__":
    main()
