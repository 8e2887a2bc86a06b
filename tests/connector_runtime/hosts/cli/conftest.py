"""The program, called in process, and a platform of one answer."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts import connected, connecting
from connector_runtime.hosts.cli import main, waiting
from connector_runtime.run import NO_RETRIES
from connector_runtime.values import Request, Response
from tests.connector_runtime.hosts.cli.library import CARD, Library
from tests.connector_runtime.workshop import TOY, answer

LEND = ("run", "lend_book", "member_id=7", "book_code=B-1")


@dataclass(frozen=True)
class Outcome:
    """How a call of the program ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that names no data directory leaves the user's own cache alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is not tried again, unless a test is about that."""
    monkeypatch.setattr(waiting, "RETRIES", NO_RETRIES)


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Call the program on the toy connector, with its data in `tmp_path`."""
    monkeypatch.setenv("LIBRARY_DATA_DIR", str(tmp_path))

    def call(*args: str, connector: Path = TOY, stdin: str | bytes | None = None) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["library", *args])
        if stdin is not None:
            raw = stdin if isinstance(stdin, bytes) else stdin.encode()
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main("library", connector)
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in captured.out + captured.err
        return Outcome(ended.value.code, captured.out, captured.err)

    return call


class Platform:
    """Stands where the transport is: gives the answers of its script, then the same answer to every request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[Response | Exception] = []
        self.answer: Response | Exception = answer({})
        monkeypatch.setattr(connected, "open_transport", self.open)

    def open(self, connection: Any, agent: str) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self.send

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, request: Request) -> Response:
        told = self.answers.pop(0) if self.answers else self.answer
        if isinstance(told, Exception):
            raise copy(told)  # a run may write on the error it gets
        return told


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    return Platform(monkeypatch)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(connected, "open_transport", found.open)
    monkeypatch.setattr(connecting, "open_transport", found.open)
    return found


@pytest.fixture
def card(tmp_path: Path) -> str:
    """The field of a library card, as it is given."""
    file = tmp_path / "card.txt"
    file.write_text(f"{CARD}\n")
    return f"token=@{file}"
