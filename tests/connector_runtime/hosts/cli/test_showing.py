"""`listing`: the pages on disk."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.connector_runtime.hosts.cli.conftest import Cli


def test_the_listing_is_written_and_says_what_to_open(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "new" / "listing"
    done = cli("listing", "--out", str(out))
    assert (done.code, done.err) == (0, "")
    assert done.out == f"wrote 14 files; open {out / 'index.html'}\n"
    assert json.loads((out / "listing.json").read_text(encoding="utf-8"))["name"] == "Village Library"
    assert "Lend a book" in (out / "actions" / "lend_book.html").read_text(encoding="utf-8")


def test_programs_are_told_every_file(cli: Cli, tmp_path: Path) -> None:
    written = json.loads(cli("listing", "--out", str(tmp_path / "out"), "--json").out)["written"]
    assert sorted(map(Path, written)) == sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())


def test_an_earlier_listing_is_renewed_and_what_is_gone_is_removed(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cli("listing", "--out", str(out))
    (out / "actions" / "burn_book.html").write_text("old", encoding="utf-8")
    (out / "index.html").write_text("old", encoding="utf-8")
    (out / "CNAME").write_text("library.invalid", encoding="utf-8")
    assert cli("listing", "--out", str(out)).code == 0
    assert not (out / "actions" / "burn_book.html").exists()
    assert "Village Library" in (out / "index.html").read_text(encoding="utf-8")
    assert (out / "CNAME").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.html").write_text("mine", encoding="utf-8")
    done = cli("listing", "--out", str(tmp_path / "out"))
    assert done.code == 2
    assert "has something else in it" in done.err and "Name a new or empty folder" in done.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.html"]


def test_without_the_extra_nothing_is_written(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    done = cli("listing", "--out", str(tmp_path / "out"))
    assert done.code == 2
    assert "extra `pages`" in done.err
    assert not (tmp_path / "out").exists()
