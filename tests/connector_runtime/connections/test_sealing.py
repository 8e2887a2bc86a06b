"""Secrets sealed with a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector_runtime.connections.keys import InEnvironment, InFile
from connector_runtime.connections.sealing import Keys
from connector_runtime.errors import InvalidInput
from tests.connector_runtime.connections.canaries import CANARY, holds_back, told_by

ONE, TWO = (Fernet.generate_key().decode() for _ in range(2))


def keys_in(*keys: str) -> Keys:
    return Keys(InEnvironment("TOY_KEY", {"TOY_KEY": ",".join(keys)}))


def test_what_is_sealed_is_the_same_again_and_shows_nothing_meanwhile() -> None:
    document = {"secrets": {"password": CANARY, "empty": ""}, "tokens": None, "other": ["ü\u2028", 1.5]}
    sealed = keys_in(ONE).seal("acme", document)
    assert CANARY.encode() not in sealed
    assert keys_in(ONE).open("acme", sealed) == document


def test_the_first_key_seals_and_each_opens() -> None:
    sealed = keys_in(ONE).seal("acme", 1)
    assert keys_in(TWO, ONE).open("acme", sealed) == 1
    assert not keys_in(TWO, ONE).sealed_first(sealed)
    assert keys_in(ONE).sealed_first(keys_in(ONE, TWO).seal("acme", 1))


def test_what_was_sealed_for_one_connection_is_not_opened_for_another() -> None:
    with pytest.raises(InvalidInput, match=r"the secrets of evil cannot be read.*another connection") as caught:
        keys_in(ONE).open("evil", keys_in(ONE).seal("acme", CANARY))
    assert caught.value.code == "secrets_unreadable"
    assert CANARY not in told_by(caught.value)


@pytest.mark.parametrize(
    "sealed", [keys_in(TWO).seal("acme", CANARY), b"", b"\xff", CANARY.encode()], ids=["other key", "", "FF", "text"]
)
def test_what_no_key_opens_is_said_with_the_place_of_the_keys(sealed: bytes) -> None:
    with pytest.raises(InvalidInput, match="the environment variable TOY_KEY") as caught:
        keys_in(ONE).open("acme", sealed)
    assert (caught.value.code, caught.value.whose) == ("secrets_unreadable", "connection_owner")
    assert "Bring back the key" in caught.value.fix
    assert CANARY not in told_by(caught.value)
    assert ONE not in told_by(caught.value)


def test_keys_that_were_changed_by_another_process_are_read_again(tmp_path: Path) -> None:
    place = InFile(tmp_path / "connections.key")
    long_running = Keys(place)
    old = long_running.seal("acme", "old", first=True)
    assert long_running.open("acme", old) == "old"
    place.write([ONE])
    assert long_running.open("acme", Keys(place).seal("acme", "new")) == "new"


def test_what_is_sealed_is_sealed_with_the_key_that_is_there_now(tmp_path: Path) -> None:
    place = InFile(tmp_path / "connections.key")
    place.make(ONE)
    long_running = Keys(place)
    long_running.seal("acme", "old")
    place.write([TWO])
    assert keys_in(TWO).open("acme", long_running.seal("acme", "new")) == "new"


def test_a_key_of_the_environment_is_not_changed_here() -> None:
    with pytest.raises(InvalidInput, match="the environment variable TOY_KEY is not changed here"):
        keys_in(ONE).renew()


def test_without_a_key_in_the_environment_none_is_made() -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        keys_in("").seal("acme", 1, first=True)


def test_no_keys_show_themselves() -> None:
    keys = keys_in(ONE)
    keys.seal("acme", CANARY, first=True)
    assert holds_back(keys)
    assert ONE not in repr(keys)
