"""`serve` and `tenants`: keys are shown once, and never lost."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts.cli import serving
from connector_runtime.hosts.cli.hosting import NEEDED
from connector_runtime.hosts.directories import tenants_file
from connector_runtime.hosts.http.keys import SCOPES, caller, drawn, now_utc
from connector_runtime.store import Location
from connector_runtime.store.tenants import Tenants
from tests.connector_runtime.hosts.cli.conftest import Cli

SERVE = ("serve", "--port", "0", "--json")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is served ends at once."""

    def serve(
        app: Any,
        opened: socket.socket,
        announce: Callable[[], None],
        *,
        closing: Callable[[], Awaitable[None]],
        **options: Any,
    ) -> None:
        async def ended() -> None:
            announce()
            await closing()

        with opened:
            asyncio.run(ended())

    monkeypatch.setattr(serving, "serve", serve)


def tenant_of(shown: str, directory: Path) -> str:
    with closing(Tenants(tenants_file(directory))) as tenants:
        found = caller(tenants, shown, now_utc())
    assert found.key.scopes == set(SCOPES)
    return found.tenant


def test_the_first_start_shows_the_first_key_and_the_second_none(cli: Cli, tmp_path: Path) -> None:
    assert tenant_of(json.loads(cli(*SERVE).out)["key"], tmp_path) == "main"
    assert json.loads(cli(*SERVE).out)["key"] is None


def test_the_first_tenant_is_there_whoever_was_added_before(cli: Cli, tmp_path: Path) -> None:
    assert tenant_of(json.loads(cli("tenants", "add", "acme", "--json").out)["key"], tmp_path) == "acme"
    assert tenant_of(json.loads(cli(*SERVE).out)["key"], tmp_path) == "main"
    assert cli("tenants", "list").out.split() == ["acme", "main"]


@pytest.mark.parametrize("package", NEEDED)
def test_a_start_that_fails_makes_no_key(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    with monkeypatch.context() as lacking:
        lacking.setitem(sys.modules, package, None)
        done = cli(*SERVE)
    assert done.code == 2 and "pip install" in done.err and "[serve]" in done.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = cli("serve", "--port", port)
    assert done.code == 2 and f"Port: 127.0.0.1:{port} is in use: something else listens there" in done.err
    assert tenant_of(json.loads(cli(*SERVE).out)["key"], tmp_path) == "main"


def test_a_tenant_that_has_lost_its_keys_gets_a_new_one(cli: Cli, tmp_path: Path) -> None:
    first = json.loads(cli(*SERVE).out)["key"]
    made = cli("tenants", "key", "main")
    assert made.code == 0 and tenant_of(made.out.rpartition(": ")[2].strip(), tmp_path) == "main"
    assert tenant_of(json.loads(cli("tenants", "key", "main", "--json").out)["key"], tmp_path) == "main"
    assert tenant_of(first, tmp_path) == "main"
    unknown = cli("tenants", "key", "mian")
    assert unknown.code == 2 and "there is no tenant `mian`, did you mean `main`" in unknown.err
    taken = cli("tenants", "add", "main")
    assert taken.code == 2 and "tenants key" in taken.err


def test_a_tenant_is_added_with_its_key_or_not_at_all(location: Location) -> None:
    with closing(Tenants(location / "tenants.sqlite3")) as tenants:
        _, first = drawn("acme", "first", SCOPES, now=now_utc())
        _, second = drawn("acme", "second", SCOPES, now=now_utc())
        assert [tenants.add(first), tenants.add(second), tenants.begin(second)] == [True, False, False]
        assert [key.name for key in tenants.keys("acme")] == ["first"]
        _, main = drawn("main", "first", SCOPES, now=now_utc())
        assert [tenants.begin(main), tenants.begin(main)] == [True, False]
        assert (tenants.names(), len(tenants.keys("main"))) == (["acme", "main"], 1)


@pytest.mark.parametrize(
    "url", ["connect.example.com", "https://x.example.com/path", "ftp://x.example.com", "https://"]
)
def test_an_address_that_nobody_can_know_the_host_by_is_refused(cli: Cli, url: str) -> None:
    done = cli(*SERVE, "--url", url)
    assert done.code == 2 and "is not such as https://connect.example.com" in done.err


def test_a_later_start_says_how_to_another_key_and_who_hears_plain_http(cli: Cli) -> None:
    first = cli("serve", "--port", "0", "--host", "0.0.0.0")
    assert "It is shown once." in first.err and "plain http" in first.err
    later = cli("serve", "--port", "0")
    assert "tenants key main" in later.err and "plain http" not in later.err and "shown once" not in later.err
