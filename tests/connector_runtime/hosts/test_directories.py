"""Where a program keeps its things."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.hosts.directories import cache_directory, data_directory


def test_the_data_directory_is_the_chosen_the_environments_or_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_directory("my-program") == tmp_path / "my-program"
    monkeypatch.setenv("MY_PROGRAM_DATA_DIR", "/named")
    assert data_directory("my-program") == Path("/named")
    assert data_directory("my-program", Path("/chosen")) == Path("/chosen")
    monkeypatch.setenv("MY_PROGRAM_DATA_DIR", "")
    assert data_directory("my-program") == tmp_path / "my-program"


def test_compiled_definitions_are_in_the_users_cache_or_in_the_data_directory_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory("my-program") == tmp_path / "my-program" / "definitions"
    monkeypatch.setenv("MY_PROGRAM_DATA_DIR", "/named")
    assert cache_directory("my-program") == Path("/named/definitions")
    assert cache_directory("my-program", Path("/chosen")) == Path("/chosen/definitions")
