"""A connector is read once: what was read is kept, and is good for as long as no file has changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.definition import cache, folder, load, summaries
from connector_runtime.definition.cache import Cache
from connector_runtime.definition.connector import Declarations
from connector_runtime.errors import DefinitionError
from tests.casebook import ROOT
from tests.connector_runtime.workshop import TOY, altered, copied


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A cache's directory, which is not there yet."""
    return tmp_path / "cache" / "definitions"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were really read."""
    done: list[Path] = []
    read_folder = folder.read_folder

    def noted(path: Path) -> Declarations:
        done.append(path)
        return read_folder(path)

    monkeypatch.setattr(folder, "read_folder", noted)
    return done


def entries(directory: Path) -> list[Path]:
    return sorted(directory.glob("*"))


def parts(value: Any, at: str = "") -> Iterator[tuple[str, type, Any]]:
    """Every part of a value, with its place and its type."""
    inside: dict[Any, Any] = {}
    if is_dataclass(value):
        inside = {each.name: getattr(value, each.name) for each in fields(value) if each.name[0] != "_"}
    elif isinstance(value, dict):
        inside = value
    elif isinstance(value, list):
        inside = dict(enumerate(value))
    yield at, type(value), list(inside) if isinstance(value, dict | list) or is_dataclass(value) else value
    for name, part in inside.items():
        yield from parts(part, f"{at}/{name}")


@pytest.mark.parametrize("connector", [ROOT, TOY], ids=["own", "toy"])
def test_what_is_taken_from_the_cache_is_what_would_be_read_part_by_part(
    connector: Path, kept: Path, reads: list[Path]
) -> None:
    fresh = load(connector)
    load(connector, kept)
    taken = load(connector, kept)
    assert reads == [connector, connector]
    assert list(parts(taken)) == list(parts(fresh))
    for key in fresh.actions:
        for name in fresh.cases(key):
            assert list(parts(taken.case(key, name))) == list(parts(fresh.case(key, name)))
            assert list(parts(taken.case(key, name))) == list(parts(fresh.case(key, name)))


def test_a_list_of_the_actions_is_kept_too(kept: Path, reads: list[Path]) -> None:
    told = {key: action.summary for key, action in load(TOY).actions.items()}
    assert summaries(TOY) == summaries(TOY, kept) == summaries(TOY, kept) == told
    assert len(reads) == 3


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("connector.yaml", "title: Village Library", "title: Town Library"),
        ("actions/lend_book.yaml", "summary: Lends", "summary: Gives"),
        ("schemas/member_id.yaml", "minimum: 1", "minimum: 2"),
        ("triggers/loan.made.yaml", "summary: ", "summary: Then "),
    ],
)
def test_a_file_that_changes_is_read_again_without_a_word(
    tmp_path: Path, kept: Path, file: str, old: str, new: str
) -> None:
    spoilt = copied(tmp_path)
    before = load(spoilt, kept)
    altered(spoilt, file, old, new)
    assert list(parts(load(spoilt, kept))) == list(parts(load(spoilt))) != list(parts(before))


def test_a_sample_that_goes_is_missed(tmp_path: Path, kept: Path) -> None:
    spoilt = copied(tmp_path)
    assert list(load(spoilt, kept).actions) == list(summaries(spoilt, kept))
    (spoilt / "fixtures" / "list_loans" / "of_one_member.yaml").unlink()
    for reading in (load, summaries):
        with pytest.raises(DefinitionError, match=r"there is no .*of_one_member\.yaml"):
            reading(spoilt, kept)


def test_a_sample_delivery_that_becomes_wrong_is_noticed(tmp_path: Path, kept: Path) -> None:
    spoilt = copied(tmp_path)
    load(spoilt, kept)
    altered(spoilt, "fixtures/webhooks/loan.made/one_loan.yaml", "member_id: 7", "member_id: seven")
    with pytest.raises(DefinitionError, match=r"'seven' is not of type 'integer'"):
        load(spoilt, kept)


def test_a_case_that_changes_is_read_again(tmp_path: Path, kept: Path) -> None:
    spoilt = copied(tmp_path)
    assert load(spoilt, kept).case("list_loans", "of_one_member").given["member_ids"] == [7]
    altered(spoilt, "fixtures/list_loans/of_one_member.yaml", "member_ids: [7]", "member_ids: [8]")
    assert load(spoilt, kept).case("list_loans", "of_one_member").given["member_ids"] == [8]


def test_another_version_of_the_runtime_reads_anew(
    kept: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(TOY, kept)
    code = [*cache._code(), ("more.py", b"")]
    monkeypatch.setattr(cache, "_code", lambda: code)
    load(TOY, kept)
    assert len(reads) == 2


def test_handlers_are_checked_whether_their_declarations_were_kept_or_not(tmp_path: Path, kept: Path) -> None:
    spoilt = copied(tmp_path)
    load(spoilt, kept)
    (spoilt / "actions" / "list_loans.py").write_text("import os\n\ndef run(call):\n    yield\n")
    taken = load(spoilt, kept)
    with pytest.raises(DefinitionError, match="may not import os"):
        taken.handler(taken.actions["list_loans"])


def test_of_a_folder_with_faults_nothing_is_kept(tmp_path: Path, kept: Path) -> None:
    spoilt = copied(tmp_path)
    altered(spoilt, "actions/lend_book.yaml", "kind: create", "kind: make")
    for _ in range(2):
        with pytest.raises(DefinitionError, match="lend_book"):
            load(spoilt, kept)
    assert not kept.exists()


def test_what_changes_while_it_is_read_is_not_kept(kept: Path) -> None:
    now = ["first"]

    def read() -> dict[str, str]:
        now[0] = "second"
        return {"read": "in between"}

    Cache(kept).reading(dict, lambda: [("file", now[0].encode())], read)
    assert not kept.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff", b'{"identity"', b"[]", b'{"identity": {}, "actions": {}, "triggers": {}}', b"[" * 99_999],
)
@pytest.mark.parametrize("reading", [load, summaries])
def test_a_damaged_entry_is_replaced_without_a_word(kept: Path, content: bytes, reading: Callable[..., Any]) -> None:
    reading(TOY, kept)
    whole = {entry: entry.read_bytes() for entry in entries(kept)}
    for entry in whole:
        entry.write_bytes(content)
    assert list(parts(reading(TOY, kept))) == list(parts(reading(TOY)))
    assert {entry: entry.read_bytes() for entry in entries(kept)} == whole


def test_a_directory_that_cannot_be_used_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for directory in (tmp_path / "file", tmp_path / "file" / "definitions", tmp_path / "\0"):
        assert list(load(TOY, directory).actions) == list(summaries(TOY, directory))


def test_a_full_disk_is_no_error_and_leaves_nothing_behind(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert load(TOY, kept).identity.key == "library"
    assert entries(kept) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="directories have other guards here")
def test_only_the_user_can_have_written_what_is_taken(kept: Path, reads: list[Path]) -> None:
    load(TOY, kept)
    assert kept.stat().st_mode & 0o777 == 0o700
    assert [entry.stat().st_mode & 0o777 for entry in entries(kept)] == [0o600]
    for mode in (0o777, 0o720):
        kept.chmod(mode)
        load(TOY, kept)
    assert len(reads) == 3
    for entry in entries(kept):
        entry.unlink()
    load(TOY, kept)
    assert entries(kept) == []


def test_the_oldest_entries_make_room(kept: Path) -> None:
    kept.mkdir(mode=0o700, parents=True)
    for number in range(cache.KEPT):
        entry = kept / f"{number}.json"
        entry.touch()
        os.utime(entry, (number, number))
    (kept / "other").touch()
    load(TOY, kept)
    left = {entry.name for entry in entries(kept)}
    assert len(left) == cache.KEPT + 1
    assert "0.json" not in left
    assert {"1.json", "other"} <= left
