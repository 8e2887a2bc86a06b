"""A fresh world for each test, copied from one that is seeded once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from docebo_connect.sandbox.store import FILE_NAME
from tests.docebo_connect.sandbox.client import Client
from tests.docebo_connect.sandbox.jwt import KEY, public_pem
from tests.docebo_connect.sandbox.receiver import Receiver


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 10, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a world that nobody has touched."""
    directory = tmp_path_factory.mktemp("seeded")
    Site(directory).close()
    return directory / FILE_NAME


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_site(seeded: Path, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Site]]:
    """Opens the test's world; several times over, if the test wants to be several processes."""
    shutil.copy(seeded, tmp_path / FILE_NAME)
    opened: list[Site] = []

    def opener(**options: Any) -> Site:
        site = Site(tmp_path, **{"clock": clock, "backoff_s": (0.01, 0.01, 0.01), **options})
        opened.append(site)
        return site

    yield opener
    for site in opened:
        site.close()


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    return open_site()


@pytest.fixture
def registered(site: Site) -> None:
    """The world knows the application `my-app` and its key."""
    site.register_jwt_key("my-app", public_pem(KEY))


@pytest.fixture
def api(site: Site) -> Client:
    """A superadmin's requests."""
    return Client(site, site.headers)


@pytest.fixture
def anybody(site: Site) -> Client:
    """Requests without a token."""
    return Client(site)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
