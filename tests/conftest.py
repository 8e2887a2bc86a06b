"""What many tests need: the connector, loaded once; and where things are kept, on disk and in a database."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import pytest

from connector_runtime.definition import Connector, load
from connector_runtime.store import Location
from connector_runtime.store.schema import Schema
from connector_runtime.store.server import Server
from tests.browsing import DESK, chromium, window
from tests.casebook import ROOT
from tests.hosted import Served, enter, hosting
from tests.postgres import postgres

KEY = urlsafe_b64encode(bytes(32)).decode()
PROGRAMS = ("LIBRARY", "DOCEBO_CONNECT")
"""Whose secrets in a database are sealed with that key."""


@pytest.fixture(scope="session")
def connector() -> Connector:
    return load(ROOT)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def server(postgres_url: str) -> Iterator[Server]:
    opened = Server(postgres_url)
    yield opened
    opened.close()


@pytest.fixture(params=["files", "database"])
def location(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Location:
    """A place for a test's things; whatever is asserted of it holds for both kinds."""
    if request.param == "files":
        path: Path = request.getfixturevalue("tmp_path")
        return path
    for program in PROGRAMS:
        monkeypatch.setenv(f"{program}_KEY", KEY)
    return Schema(request.getfixturevalue("server"), PurePosixPath(uuid4().hex[:12]))


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """The address of an empty database of the test's own."""
    import psycopg

    name = f"t{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_url.rpartition("/")[0] + f"/{name}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A host of the module's own."""
    with hosting(tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium, for the module."""
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Any, served: Served) -> Iterator[Any]:
    """Somebody at a desk who is let in."""
    with window(browser, DESK) as opened:
        enter(opened, served)
        yield opened
