"""Where a connector is found: named, upwards from here, or installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from connector_runtime.definition import find, finding
from connector_runtime.errors import DefinitionError
from tests.connector_runtime.workshop import TOY

FOUND = EntryPoint("toy", "tests.connector_runtime.definition.test_finding:folder", finding.GROUP)


def folder() -> Path:
    return TOY


def installed(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)


def test_a_named_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "connector.yaml").touch()
    assert find(tmp_path) == tmp_path.resolve()


@pytest.mark.parametrize("name", ["", "nothing/here"])
def test_a_named_folder_without_a_connector_is_a_fault(tmp_path: Path, name: str) -> None:
    with pytest.raises(DefinitionError, match=r"connector\.yaml:1:1: there is no connector here"):
        find(tmp_path / name)


def test_the_nearest_connector_upwards_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "connector.yaml").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find() == tmp_path
    (tmp_path / "a" / "connector.yaml").touch()
    assert find() == tmp_path / "a"


def test_away_from_any_folder_the_installed_connector_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installed(monkeypatch, FOUND)
    assert find() == TOY


def test_several_installed_connectors_are_named_to_choose_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installed(monkeypatch, FOUND, EntryPoint("another", "x:y", finding.GROUP))
    with pytest.raises(DefinitionError, match="installed connectors: another, toy"):
        find()


def test_without_any_connector_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installed(monkeypatch)
    with pytest.raises(DefinitionError, match="installed connectors: none"):
        find()
