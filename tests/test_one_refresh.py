"""Whoever shares a connection, in however many processes, refreshes it once, and no refresh token is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

import docebo_connect
from connector_runtime.connections.drafting import drafted
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.keys import InFile
from connector_runtime.connections.safe import Safe
from connector_runtime.connections.sealing import Keys
from connector_runtime.definition import Connector
from connector_runtime.hosts.connecting import connect
from connector_runtime.hosts.directories import connections_file
from connector_runtime.store import Connections
from docebo_connect.sandbox.sites import Site
from tests import one_refresh
from tests.casebook import ROOT

MANY = 50
TIMES = 5

COUNTED = [{"fault": "error", "path": "/oauth2/token", "chance": 0}]
REVOKED = {"fault": "expired_token", "path": "/course/*", "nth": 1}

Caller: TypeAlias = "subprocess.Popen[str]"


@contextmanager
def started(*arguments: str) -> Iterator[Caller]:
    command = [sys.executable, str(ROOT / "tests" / "one_refresh.py"), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def said(process: Caller) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


class Platform:
    """The sandbox, by its address; what is asked of it is counted."""

    def __init__(self, address: str, credentials: dict[str, str]) -> None:
        self.address, self.credentials = address, credentials

    def begin(self, *rules: dict[str, Any]) -> None:
        httpx.post(f"{self.address}/sandbox/faults", json=[*COUNTED, *rules]).raise_for_status()

    def tokens_asked(self, access: str) -> int:
        headers = {"Authorization": f"Bearer {access}"}
        script = httpx.get(f"{self.address}/sandbox/faults", headers=headers).raise_for_status().json()
        return int(script["rules"][0]["met"])


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    directory = tmp_path_factory.mktemp("platform")
    with closing(Site(directory)) as opened:
        credentials = dict(opened.credentials)
    with started("serve", str(directory)) as server:
        yield Platform(said(server), credentials)


@pytest.fixture
def safe(tmp_path: Path) -> Iterator[Safe]:
    with closing(Connections(connections_file(tmp_path))) as store:
        yield Safe(store, Keys(InFile(tmp_path / "connections.key")))


@pytest.fixture
async def acme(safe: Safe, platform: Platform, connector: Connector) -> Kept:
    """A connection by user name and password, which the sandbox gives a refresh token."""
    given = {**platform.credentials, "domain": platform.address.removeprefix("http://"), "username": "admin"}
    given["password"] = "sandbox-password"
    fields = {name: given[name] for name in ("domain", "client_id", "client_secret", "username", "password")}
    return await connect(connector, safe, drafted(connector.identity.connection, "acme", "password", fields))


@pytest.fixture
def callers(acme: Kept, tmp_path: Path) -> Iterator[list[Caller]]:
    """Two processes with a session each."""
    with ExitStack() as stack:
        processes = [stack.enter_context(started("call", str(tmp_path), str(MANY))) for _ in range(2)]
        assert [said(process) for process in processes] == ["ready", "ready"]
        yield processes


def called(callers: list[Caller]) -> list[dict[str, int]]:
    """What became of the calls that all make at once."""
    for process in callers:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(said(process)) for process in callers]


def expire(safe: Safe) -> str | None:
    """Let the token end; returns the refresh token that it has."""
    kept = safe.get("acme")
    assert kept.tokens is not None
    assert safe.swap_tokens(kept, replace(kept.tokens, expires_at=0.0))
    return kept.tokens.refresh


def access(safe: Safe) -> str:
    tokens = safe.get("acme").tokens
    assert tokens is not None
    return tokens.access


def test_two_processes_that_find_their_token_expired_refresh_it_once(
    acme: Kept, safe: Safe, platform: Platform, tmp_path: Path
) -> None:
    seen: list[str | None] = []
    for _ in range(TIMES):
        seen.append(expire(safe))
        platform.begin()
        # Sessions that are opened now read what has ended.
        with ExitStack() as stack:
            both = [stack.enter_context(started("call", str(tmp_path), str(MANY))) for _ in range(2)]
            assert [said(process) for process in both] == ["ready", "ready"]
            assert called(both) == [{"succeeded": MANY}] * 2
        assert platform.tokens_asked(access(safe)) == 1
    assert len(set(seen)) == TIMES  # each refresh brought another refresh token


def test_two_processes_whose_token_the_platform_revokes_refresh_it_once(
    callers: list[Caller], safe: Safe, platform: Platform
) -> None:
    for _ in range(TIMES):
        platform.begin(REVOKED)
        assert called(callers) == [{"succeeded": MANY}] * 2
        assert platform.tokens_asked(access(safe)) == 1


async def test_after_many_refreshes_the_connection_still_works(
    callers: list[Caller], safe: Safe, platform: Platform, tmp_path: Path
) -> None:
    for _ in range(TIMES):
        platform.begin(REVOKED)
        called(callers)
    expire(safe)
    async with docebo_connect.session(connection="acme", data_dir=tmp_path) as session:
        assert (await session.run(*one_refresh.CALL)).succeeded
