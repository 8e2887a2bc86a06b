"""An action's Python half is checked before it runs: it does no I/O."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from connector_runtime.definition.handlers import ALLOWED, load_handler
from connector_runtime.errors import DefinitionError

RUN = "def run(call):\n    yield call.request()\n"


def half(directory: Path, text: str | bytes) -> Path:
    path = directory / "actions" / "act.py"
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(directory: Path, text: str | bytes) -> list[str]:
    path = half(directory, text)
    with pytest.raises(DefinitionError) as caught:
        load_handler(path)
    return [fault.removeprefix(f"{path}:") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import os", "os"),
        ("import os.path as datetime", "os.path"),
        ("from os import environ", "os"),
        ("import httpx, typing", "httpx"),
        ("from connector_runtime import transport", "connector_runtime"),
        ("from connector_runtime.store import Store", "connector_runtime.store"),
        ("from . import neighbour", "."),
        ("from ..actions import act", "..actions"),
        ("import subprocess", "subprocess"),
        ("def helper():\n    import socket", "socket"),
    ],
)
def test_an_import_that_could_reach_out_is_refused_with_its_place(tmp_path: Path, line: str, name: str) -> None:
    found = refused(tmp_path, RUN + line + "\n")
    assert [fault for fault in found if f"a handler may not import {name};" in fault]
    assert all(fault.split(":")[0].isdecimal() and fault.split(":")[1].isdecimal() for fault in found)


@pytest.mark.parametrize("line", ['__import__("os")', 'open("/etc/passwd")', 'eval("1")', 'exec("1")'])
def test_a_builtin_that_could_reach_out_is_refused(tmp_path: Path, line: str) -> None:
    assert refused(tmp_path, RUN + f"    {line}\n")


@pytest.mark.parametrize("module", sorted(ALLOWED))
def test_pure_modules_may_be_imported(tmp_path: Path, module: str) -> None:
    line = "from __future__ import annotations\n" if module == "__future__" else f"import {module}\n"
    assert load_handler(half(tmp_path, line + RUN)).run is not None


def test_what_a_handler_leaves_out_is_none(tmp_path: Path) -> None:
    loaded = load_handler(half(tmp_path, RUN))
    assert loaded.check is None


def test_what_a_handler_has_is_found(tmp_path: Path) -> None:
    loaded = load_handler(half(tmp_path, RUN + "def check(inputs):\n    return ()\n"))
    assert loaded.check is not None and loaded.check({}) == ()


@pytest.mark.parametrize(
    "text", ["", "async def run(call):\n    yield\n", "run = None\n", "def runn(call):\n    yield\n"]
)
def test_a_handler_without_run_is_refused(tmp_path: Path, text: str) -> None:
    assert "1:1: the function `run` is missing" in refused(tmp_path, text)


def test_a_run_that_yields_nothing_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "def run(call):\n    return {}\n")


def test_a_public_function_that_nobody_would_call_is_refused(tmp_path: Path) -> None:
    found = refused(tmp_path, RUN + "def chek(inputs):\n    return ()\ndef _private():\n    pass\n")
    assert found == ["3:1: unknown function `chek`, did you mean `check`?"]


@pytest.mark.parametrize("text", ["def run(:\n", "x = 'open\n", b"\xff\xfe", b"def run(call):\n    yield '\x00'\n"])
def test_what_is_not_python_is_a_fault_with_its_place(tmp_path: Path, text: str | bytes) -> None:
    (only,) = refused(tmp_path, text)
    assert "not Python: " in only
    assert only.startswith("1:")


@pytest.mark.parametrize(
    "line", ["nonsense", "from connector_runtime.handler import Nonsense", "1 / 0", "raise SystemExit(3)"]
)
def test_a_handler_that_fails_while_it_is_imported_is_a_fault_at_that_line(tmp_path: Path, line: str) -> None:
    (only,) = refused(tmp_path, RUN + line + "\n")
    assert only.startswith("3:")


def test_a_missing_handler_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"act\.py:1:1: an action needs its Python half: No such file"):
        load_handler(tmp_path / "act.py")


def test_loading_a_handler_leaves_no_trace_among_the_modules(tmp_path: Path) -> None:
    before = set(sys.modules)
    load_handler(half(tmp_path, RUN))
    assert {name for name in set(sys.modules) - before if "act" in name} == set()
