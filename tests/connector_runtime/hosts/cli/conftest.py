"""The program, called in process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector_runtime.hosts.cli import main
from tests.connector_runtime.workshop import TOY


@dataclass(frozen=True)
class Outcome:
    """How a call of the program ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


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
