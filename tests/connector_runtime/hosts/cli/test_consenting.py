"""A person's consent: a browser comes to a real port on loopback, with the platform's answer or something else."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import pytest

from connector_runtime.connections.grants import Code
from connector_runtime.errors import InvalidInput, Unauthorized, Unreachable
from connector_runtime.hosts.cli import consenting
from connector_runtime.values import Problem
from tests.casebook import ROOT
from tests.connector_runtime.connections.canaries import told_by
from tests.connector_runtime.connections.granting import WAY, kept_by

Page = tuple[int, str]


class Browser:
    """Does what its script says as soon as it is opened; `pages` are what it was shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[str] = []
        self.pages: list[Page] = []
        self.script: Callable[[dict[str, str]], None] = lambda query: None
        self._thread = threading.Thread()
        monkeypatch.setattr(webbrowser, "open", self.open)

    def open(self, url: str) -> bool:
        self.opened.append(url)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self._thread = threading.Thread(target=self.script, args=[query])
        self._thread.start()
        return True

    def go(self, address: str, **query: str) -> None:
        try:
            with urlopen(f"{address}?{urlencode(query)}" if query else address, timeout=10) as response:
                self.pages.append((response.status, response.read().decode()))
        except HTTPError as wrong:
            with closing(wrong):
                self.pages.append((wrong.code, wrong.read().decode()))

    def close(self) -> None:
        if self.opened:
            self._thread.join()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(consenting, "PATIENCE_S", 20)
    return Browser(monkeypatch)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def consented(port: int, opened: Browser, **others: Any) -> Code:
    means: dict[str, Any] = {"uri": None, "browser": True} | others  # whether one is opened
    try:
        return await consenting.consented(WAY, kept_by("browser"), port=port, **means)
    finally:
        await asyncio.to_thread(opened.close)


async def test_who_allows_it_brings_the_code(port: int, browser: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    browser.script = lambda query: browser.go(query["redirect_uri"], code="CODE", state=query["state"])
    code = await consented(port, browser)
    assert (code.code, code.redirect_uri) == ("CODE", f"http://127.0.0.1:{port}/callback")
    [(status, page)] = browser.pages
    assert (status, "Allowed" in page, "CODE" in page) == (200, True, False)
    told = capsys.readouterr().err
    assert browser.opened[0] in told and f"http://127.0.0.1:{port}/callback" in told
    assert "CODE" not in told and code.verifier not in told
    assert browser.opened[0].startswith("https://acme.example.com/authorize?response_type=code&client_id=my-app&")


async def test_who_denies_it_is_told_so(port: int, browser: Browser) -> None:
    browser.script = lambda query: browser.go(
        query["redirect_uri"], error="access_denied", error_description="not <you>", state=query["state"]
    )
    with pytest.raises(Unauthorized, match="not allowed: not <you>"):
        await consented(port, browser)
    [(status, page)] = browser.pages
    assert (status, "Not connected" in page, "<you>" in page) == (200, True, False)


async def test_strangers_are_sent_away_and_the_answer_is_waited_for(port: int, browser: Browser) -> None:
    def visit(query: dict[str, str]) -> None:
        back = query["redirect_uri"]
        browser.go(back, code="THEIRS", state="another")
        browser.go(back, code="THEIRS")
        browser.go(back, error="access_denied", state="another")
        browser.go(back, state=query["state"])
        browser.go(back.replace("/callback", "/favicon.ico"), code="THEIRS", state=query["state"])
        browser.go(back.replace("/callback", "/callback/x"), code="THEIRS", state=query["state"])
        browser.go(back, code="OURS", state=query["state"])

    browser.script = visit
    assert (await consented(port, browser)).code == "OURS"
    assert [status for status, _ in browser.pages] == [400, 400, 400, 400, 404, 404, 200]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"POST /callback?code=x&state=STATE HTTP/1.1\r\n\r\n",
        b"HEAD /callback?code=x&state=STATE HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 2**17 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["nothing", "blank", "half", "TLS", "POST", "HEAD", "long"],
)
async def test_what_is_no_request_of_a_browser_disturbs_nobody(port: int, browser: Browser, sent: bytes) -> None:
    def visit(query: dict[str, str]) -> None:
        stranger = socket.create_connection(("127.0.0.1", port), timeout=10)
        with stranger, suppress(OSError):  # who says too much is not heard to the end
            stranger.sendall(sent.replace(b"STATE", query["state"].encode()))
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(1024):
                pass
        browser.go(query["redirect_uri"], code="OURS", state=query["state"])

    browser.script = visit
    assert (await consented(port, browser)).code == "OURS"


def test_a_connection_that_a_browser_opens_ahead_and_never_uses_is_no_trouble(
    port: int, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    idle: list[socket.socket] = []

    def visit(query: dict[str, str]) -> None:
        idle.append(socket.create_connection(("127.0.0.1", port), timeout=10))
        browser.go(query["redirect_uri"], code="OURS", state=query["state"])

    browser.script = visit
    assert asyncio.run(consented(port, browser)).code == "OURS"
    idle[0].close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_browser_in_this_terminal_is_answered_while_it_runs_and_not_waited_for(port: int, tmp_path: Path) -> None:
    """With a real one, which stays as long as somebody who reads its page would."""
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import sys\n"
        "from urllib.parse import parse_qs, urlencode, urlsplit\n"
        "from urllib.request import urlopen\n"
        "query = parse_qs(urlsplit(sys.argv[1]).query)\n"
        "answer = urlencode({'code': 'OURS', 'state': query['state'][0]})\n"
        "urlopen(query['redirect_uri'][0] + '?' + answer).read()\n"
        "sys.stdin.read()\n"
    )
    program = (
        "import asyncio\n"
        "from connector_runtime.hosts.cli import consenting\n"
        "from tests.connector_runtime.connections.granting import WAY, kept_by\n"
        "consenting.PATIENCE_S = 20\n"
        f"code = asyncio.run(consenting.consented(WAY, kept_by('browser'), port={port}, uri=None, browser=True))\n"
        "print(code.code, flush=True)\n"
    )
    environment = {**os.environ, "BROWSER": f"{sys.executable} {browser} %s"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, **pipes) as running:
        try:
            assert running.wait(timeout=30) == 0  # the browser is still there
            assert running.stdout is not None and running.stdout.readline() == b"OURS\n"
        finally:
            running.kill()
            assert running.stdin is not None
            running.stdin.close()  # now it is left


@pytest.mark.parametrize(
    ("come", "told"), [(True, ""), (False, "No browser could be opened: open that address yourself.\n")]
)
def test_a_browser_that_could_not_be_opened_is_named_while_somebody_waits_for_it(
    come: bool, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(url: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    for fails in (broken, lambda url: False):
        monkeypatch.setattr(webbrowser, "open", fails)
        consenting._open("https://acme.example.com", lambda: come)
        assert capsys.readouterr().err == told


async def test_the_page_shows_nothing_as_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(target: str, state: str) -> str:
        raise InvalidInput([Problem("redirect", "<script>alert(1)</script> & co")])

    monkeypatch.setattr(consenting, "code_in", odd)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    status, _, text = consenting._verdict("GET", "/callback?code=<b>", "state", found)
    assert (status, "<" in text, "&lt;script>alert" in text) == ("400 Bad Request", False, True)
    assert "&amp; co" in text


async def test_a_port_that_is_taken_is_named(browser: Browser) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"{port} cannot be listened on") as caught:
            await consented(port, browser)
    assert "--port" in caught.value.fix
    assert browser.opened == []


async def test_when_nobody_comes_it_ends(port: int, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consenting, "PATIENCE_S", 0.01)
    with pytest.raises(Unreachable, match="nobody has allowed the connection"):
        await consented(port, browser)


async def test_without_a_browser_the_address_is_only_printed(
    port: int, browser: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(consenting, "PATIENCE_S", 0.01)
    with pytest.raises(Unreachable):
        await consented(port, browser, browser=False)
    assert browser.opened == []
    assert "https://acme.example.com/authorize?" in capsys.readouterr().err


async def test_with_another_redirect_uri_the_person_brings_the_address_back(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: list[bool] = []

    def prompt(_: str, *, hide_input: bool, **__: Any) -> str:
        hidden.append(hide_input)
        state = parse_qs(urlsplit(browser.opened[0]).query)["state"][0]
        return f" https://app.example.com/back?code=CODE&state={state}#there \n"

    monkeypatch.setattr("click.prompt", prompt)
    code = await consented(1, browser, uri="https://app.example.com/back")
    assert (code.code, code.redirect_uri, hidden) == ("CODE", "https://app.example.com/back", [True])


async def test_an_address_of_somebody_else_is_refused_without_a_word_of_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.prompt", lambda *_, **__: "https://x.example.com/?code=CODE&state=theirs")
    with pytest.raises(InvalidInput) as caught:
        await consented(1, browser, uri="https://app.example.com/back")
    assert "CODE" not in told_by(caught.value)
