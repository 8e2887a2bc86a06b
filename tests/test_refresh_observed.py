"""A run that has to renew its access first, as spans: action, attempt, page, refresh."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.session import Session
from docebo_connect import PROGRAM
from docebo_connect.sandbox.sites import Site
from tests.connector_runtime.hosts.http.observed.test_spans import tree
from tests.connector_runtime.hosts.http.observed.watched import Seen
from tests.test_one_refresh import connected, expire


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "platform") as opened:
        yield opened


@pytest.mark.parametrize(
    ("early", "steps"), [(False, ["refresh", "request"]), (True, ["request", "refresh", "request"])]
)
def test_the_refresh_hangs_under_the_page_that_waited_for_it(
    connector: Connector, site: Site, tmp_path: Path, early: bool, steps: list[str]
) -> None:
    seen, data = Seen(connector), tmp_path / "data"

    async def run() -> None:
        heard = partial(seen.observer.kept, "main")
        async with Session(connector, connection="acme", data_dir=data, program=PROGRAM, heard=heard) as session:
            assert (await session.run("get_course_enrollments", {"user_ids": [7]})).succeeded

    with connected(connector, site, data) as (_, safe):
        if early:
            site.faults.set([{"fault": "expired_token", "said": "status", "times": 1}])
        else:
            expire(safe)
        asyncio.run(run())
        tokens = safe.get("acme").tokens
    assert tree(seen.spans) == [("run", [("attempt", [("page", steps)])])]
    assert 'connector_run_waits_total{reason="renewal"} 1.0' in seen.samples
    everything = seen.everything()
    assert tokens is not None and tokens.access not in everything and str(tokens.refresh) not in everything
    assert site.credentials["password"] not in everything and site.credentials["client_secret"] not in everything
