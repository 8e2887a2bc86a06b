"""`sandbox`: the stand-in platform, served on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
import uvicorn

from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.workshop import altered, copied
from tests.toy_connector.sandbox import site


def test_resetting_makes_the_world_as_it_was_at_first(cli: Cli, tmp_path: Path) -> None:
    cli("run", "lend_book", "member_id=7", "book_code=B-1")
    ended = cli("sandbox", "reset")
    assert (ended.code, ended.out) == (0, "The sandbox is as it was at first, made from seed 1.\n")
    assert site(tmp_path / "sandbox").read()["loans"] == {}
    assert json.loads(cli("sandbox", "reset", "--seed", "3", "--json").out) == {"reset": True, "seed": 3}


def test_an_unknown_feature_is_invalid_input(cli: Cli) -> None:
    ended = cli("sandbox", "--without", "walls")
    assert (ended.code, "no such feature: walls" in ended.err) == (2, True)


def test_a_wrong_fault_script_is_invalid_input_and_all_of_it_is_said(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text("[]")
    ended = cli("sandbox", "--faults", str(tmp_path / "faults.json"), "--json")
    assert ended.code == 2
    found = [(problem["field"], problem["message"]) for problem in json.loads(ended.out)["error"]["problems"]]
    assert found == [("faults", "rule 1: it never rains here"), ("faults", "rule 2: nor does it snow")]


def test_a_fault_script_that_is_not_there_is_a_usage_error(cli: Cli) -> None:
    assert cli("sandbox", "--faults", "nowhere.yaml").code == 2


def test_a_port_that_is_taken_is_invalid_input(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = cli("sandbox", "--port", str(port))
    assert ended.code == 2
    assert f"{port} cannot be used" in ended.err


@pytest.mark.parametrize("args", [("sandbox",), ("sandbox", "reset"), ("run", "list_loans")])
def test_a_connector_without_a_sandbox_says_so(cli: Cli, tmp_path: Path, args: tuple[str, ...]) -> None:
    folder = copied(tmp_path)
    altered(folder, "connector.yaml", "sandbox: tests.toy_connector.sandbox:site\n", "")
    ended = cli(*args, connector=folder)
    assert ended.code == 2
    assert "Village Library has no sandbox" in ended.err


@pytest.mark.parametrize("named", ["nonsense.module:site", "tests.toy_connector.sandbox:nonsense"])
def test_a_sandbox_that_cannot_be_opened_is_the_definitions_fault(cli: Cli, tmp_path: Path, named: str) -> None:
    folder = copied(tmp_path)
    altered(folder, "connector.yaml", "tests.toy_connector.sandbox:site", named)
    ended = cli("run", "list_loans", connector=folder)
    assert ended.code == 5
    assert named.partition(":")[0] in ended.err
    assert "Please report" not in ended.err


@pytest.mark.parametrize("as_json", [True, False])
def test_the_sandbox_announces_itself_as_soon_as_it_answers(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    asked: list[int] = []

    async def main_loop(server: uvicorn.Server) -> None:  # instead of waiting for a signal
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /loans HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 401")
        writer.close()
        asked.append(port)

    monkeypatch.setattr(uvicorn.Server, "main_loop", main_loop)
    ended = cli("sandbox", "--json") if as_json else cli("sandbox")
    url = f"http://127.0.0.1:{asked[0]}"
    assert ended.code == 0
    if as_json:
        (line,) = ended.out.splitlines()
        assert list(json.loads(line)) == ["url", "client_id", "client_secret", "username", "password"]
        assert json.loads(line)["url"] == url
    else:
        assert ended.out.startswith(f"url           {url}\nclient_id     card\n")
        assert ended.err == "Serving; stop with Ctrl-C.\n"
