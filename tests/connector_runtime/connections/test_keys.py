"""Where the key lies with which secrets are sealed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keyring
import pytest
from cryptography.fernet import Fernet
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from connector_runtime.connections.keys import InEnvironment, InFile, InKeyring, InNamedFile, place_of
from connector_runtime.connections.sealing import Keys
from connector_runtime.errors import InvalidInput
from tests.connector_runtime.connections.canaries import CANARY, told_by

ONE, TWO = (Fernet.generate_key().decode() for _ in range(2))


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    entries: dict[tuple[str, str], str]

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    backend = Drawer()  # type: ignore[no-untyped-call]
    backend.entries = {}
    monkeypatch.setattr(keyring, "get_password", backend.get_password)
    monkeypatch.setattr(keyring, "set_password", backend.set_password)
    return backend


def written(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("environ", "kind", "words"),
    [
        ({}, InFile, "connections.key"),
        ({"MY_TOY_KEY": ONE, "MY_TOY_KEY_FILE": "/k"}, InEnvironment, "the environment variable MY_TOY_KEY"),
        ({"MY_TOY_KEY": " ", "MY_TOY_KEY_FILE": "/k"}, InNamedFile, "the file /k"),
        ({"MY_TOY_KEY": "keyring", "MY_TOY_KEY_FILE": "/k"}, InKeyring, "the system's keyring, entry my-toy for"),
    ],
)
def test_the_environment_says_where_the_key_lies_or_else_it_lies_with_the_data(
    environ: dict[str, str], kind: Any, words: str, tmp_path: Path
) -> None:
    place = place_of("my-toy", tmp_path, environ)
    assert type(place) is kind
    assert words in place.words
    assert ONE not in repr(place) + repr(Keys(place))


def test_the_environment_may_hold_several_keys(tmp_path: Path) -> None:
    assert place_of("toy", tmp_path, {"TOY_KEY": f" {ONE} ,{TWO},"}).read() == [ONE, TWO]


def test_a_key_is_made_when_something_is_sealed_and_not_before(tmp_path: Path) -> None:
    place = InFile(tmp_path / "deep" / "connections.key")
    keys = Keys(place)
    with pytest.raises(InvalidInput):
        keys.open("acme", b"x")
    assert place.read() == []
    before = os.umask(0)
    try:
        sealed = keys.seal("acme", {"a": 1}, first=True)
    finally:
        os.umask(before)
    assert Keys(place).open("acme", sealed) == {"a": 1}
    assert place.path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in place.path.parent.iterdir()] == ["connections.key"]


def test_a_key_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    place = InFile(written(tmp_path / "connections.key", f"{ONE}\n"))
    place.make(TWO)
    assert place.read() == [ONE]
    assert [each.name for each in tmp_path.iterdir()] == ["connections.key"]


def test_of_many_processes_that_make_the_key_at_once_all_have_the_same(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from cryptography.fernet import Fernet
from connector_runtime.connections.keys import InFile
place = InFile(Path(sys.argv[1]) / "connections.key")
print("ready", flush=True)
sys.stdin.readline()
place.make(Fernet.generate_key().decode())
print(place.read())
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    read = {process.communicate()[0] for process in processes}
    assert read == {f"{InFile(tmp_path / 'connections.key').read()}\n"}
    assert [each.name for each in tmp_path.iterdir()] == ["connections.key"]


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
@pytest.mark.parametrize("kind", [InFile, InNamedFile])
def test_a_key_file_that_others_may_open_is_refused(kind: type[InFile], mode: int, tmp_path: Path) -> None:
    path = written(tmp_path / "k", ONE, mode)
    with pytest.raises(InvalidInput, match="may be read by others") as caught:
        Keys(kind(path)).seal("acme", {}, first=True)
    assert (caught.value.code, caught.value.whose) == ("key_unusable", "administrator")
    assert f"chmod 600 {path}" in caught.value.fix


@pytest.mark.parametrize(
    "content",
    [CANARY, f"{ONE},{CANARY}", f"ü{CANARY}".encode(), b"\xff" + CANARY.encode()],
    ids=["text", "second", "UTF-8", "FF"],
)
def test_a_key_that_is_none_is_refused_by_its_place_and_never_echoed(content: str | bytes, tmp_path: Path) -> None:
    places: list[Any] = [InFile(written(tmp_path / "k", content))]
    if isinstance(content, str):
        places.append(InEnvironment("TOY_KEY", {"TOY_KEY": content}))
    for place in places:
        with pytest.raises(InvalidInput) as caught:
            Keys(place).seal("acme", {}, first=True)
        assert caught.value.code == "key_unusable"
        assert place.words in str(caught.value)
        assert CANARY not in told_by(caught.value)


def test_a_file_that_was_named_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not there"):
        Keys(InNamedFile(tmp_path / "k")).seal("acme", {}, first=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [InFile, InNamedFile])
def test_a_file_that_cannot_be_used_is_named(kind: type[InFile], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read") as caught:
        Keys(kind(tmp_path)).seal("acme", {}, first=True)
    assert str(tmp_path) in str(caught.value)


def test_a_directory_that_takes_no_file_is_named_and_nothing_stays_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidInput, match=r"connections.key cannot be written \(No space left on device\)") as caught:
        Keys(InFile(tmp_path / "connections.key")).seal("acme", {}, first=True)
    assert caught.value.code == "key_unusable"
    assert list(tmp_path.iterdir()) == []


def test_the_keyring_keeps_a_key_for_each_data_directory(drawer: Drawer, tmp_path: Path) -> None:
    for name in ("a", "b"):
        keys = Keys(place_of("toy", tmp_path / name, {"TOY_KEY": "keyring"}))
        assert keys.open("acme", keys.seal("acme", 1, first=True)) == 1
    assert set(drawer.entries) == {("toy", str(tmp_path / "a")), ("toy", str(tmp_path / "b"))}
    assert list(tmp_path.iterdir()) == []


def test_without_a_keyring_the_fix_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_password", NoKeyring().get_password)  # type: ignore[no-untyped-call]
    with pytest.raises(InvalidInput, match="the system's keyring cannot be used") as caught:
        Keys(InKeyring("toy", "/data")).seal("acme", {}, first=True)
    assert caught.value.code == "key_unusable"
    assert "Start or unlock a keyring" in caught.value.fix
