"""Many calls of several processes on a token that has ended: it is renewed once for all."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.drafting import drafted
from connector_runtime.connections.safe import Safe
from connector_runtime.definition import Connector
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.connecting import connect
from docebo_connect import PROGRAM
from docebo_connect.sandbox.sites import Site
from tests.served import Noting, served

TOKENS = "/oauth2/token"
CALLS, PROCESSES, ROUNDS = 50, 2, 5
SLOWEST_S = 120

WORK = """
import asyncio, collections, json, sys
from pathlib import Path
import docebo_connect

async def work():
    async with docebo_connect.session(connection="acme", data_dir=Path(sys.argv[1])) as session:
        print("ready", flush=True)
        sys.stdin.readline()
        runs = [session.run("get_course_enrollments", {"user_ids": [7]}) for _ in range(int(sys.argv[2]))]
        ends = collections.Counter((run.error or {}).get("message", "good") for run in await asyncio.gather(*runs))
        print(json.dumps(ends))

asyncio.run(work())
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "platform") as opened:
        yield opened


@contextmanager
def connected(connector: Connector, site: Site, directory: Path) -> Iterator[tuple[Noting, Safe]]:
    """A connection `acme` to a served sandbox, whose refresh tokens are good once."""
    own = site.credentials
    with served(site) as (address, noting), safe_in(directory, PROGRAM) as safe:
        given = {"domain": address, **{name: own[name] for name in ("client_id", "client_secret")}}
        given |= {"username": "maya.okafor", "password": own["password"]}
        draft = drafted(connector.identity.connection, "acme", "password", given)
        asyncio.run(connect(connector, safe, draft, data_dir=directory))
        noting.paths.clear()
        yield noting, safe


def at_once(directory: Path) -> dict[str, int]:
    """How the calls of all processes ended, which begin at the same moment."""
    command = [sys.executable, "-c", WORK, str(directory), str(CALLS)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **pipes) for _ in range(PROCESSES)]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    ends: dict[str, int] = {}
    for each in running:
        out, _ = each.communicate(timeout=SLOWEST_S)
        for end, number in json.loads(out).items():
            ends[end] = ends.get(end, 0) + number
    return ends


def expire(safe: Safe) -> None:
    """Let the time of the access token be over, by our own clock."""
    kept = safe.get("acme")
    assert kept.tokens is not None
    assert safe.swap_tokens(kept, replace(kept.tokens, renew_at=1.0)) is not None


def test_a_token_whose_time_is_over_is_renewed_once_for_all_processes(
    connector: Connector, site: Site, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with connected(connector, site, data) as (noting, safe):
        for number in range(1, ROUNDS + 1):
            before = safe.get("acme").tokens
            expire(safe)
            assert at_once(data) == {"good": CALLS * PROCESSES}
            assert noting.paths.count(TOKENS) == number
            after = safe.get("acme").tokens
            assert before is not None
            assert after is not None
            assert (after.access != before.access, after.refresh != before.refresh) == (True, True)


@pytest.mark.parametrize("said", ["status", "body"])
def test_a_token_that_the_platform_refuses_early_is_renewed_once_for_all_processes(
    connector: Connector, site: Site, tmp_path: Path, said: str
) -> None:
    data = tmp_path / "data"
    with connected(connector, site, data) as (noting, _):
        site.faults.set([{"fault": "expired_token", "said": said, "times": 1}])
        assert at_once(data) == {"good": CALLS * PROCESSES}
        assert noting.paths.count(TOKENS) == 1
