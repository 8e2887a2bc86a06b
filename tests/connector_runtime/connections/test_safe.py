"""The safe: what is in it, who may change it, and the change of its key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connector_runtime.connections.kept import Kept
from connector_runtime.connections.keys import InEnvironment, InFile
from connector_runtime.connections.safe import Safe
from connector_runtime.connections.sealing import Keys
from connector_runtime.connections.tokens import Tokens
from connector_runtime.errors import InvalidInput
from connector_runtime.store import Connections
from tests.connector_runtime.connections.canaries import CANARY, told_by

Open = Callable[..., Safe]

ONE, TWO = (Fernet.generate_key().decode() for _ in range(2))


def connection(name: str, secret: str = CANARY) -> Kept:
    return Kept(
        name=name,
        method="app",
        fields={"domain": f"{name}.example.com"},
        base_url=f"https://{name}.example.com",
        secrets={"client_secret": secret},
        tokens=Tokens(f"{CANARY}-a", f"{CANARY}-r", 5.0),
    )


def everything(safe: Safe) -> list[Kept]:
    return [safe.get(name) for name in safe.names()]


@pytest.fixture
def open_safe(tmp_path: Path) -> Iterator[Open]:
    """Opens the safe of a directory; several times over, if the test wants to be several processes."""
    with ExitStack() as stack:

        def opener(directory: Path = tmp_path, environ: str | None = None) -> Safe:
            store = stack.enter_context(closing(Connections(directory / "connections.sqlite3")))
            place = InEnvironment("TOY_KEY", {"TOY_KEY": environ}) if environ else InFile(directory / "connections.key")
            return Safe(store, Keys(place))

        yield opener


@pytest.fixture
def safe(open_safe: Open) -> Safe:
    return open_safe()


def test_a_connection_that_was_put_in_is_the_same_in_another_process(safe: Safe, open_safe: Open) -> None:
    kept = safe.add(connection("acme"))
    assert kept.version > 0
    assert open_safe().get("acme") == kept
    assert replace(kept, version=0) == connection("acme")


def test_nothing_secret_is_on_the_disk(safe: Safe, tmp_path: Path) -> None:
    safe.add(connection("acme"))
    assert not any(CANARY.encode() in each.read_bytes() for each in tmp_path.iterdir())


def test_names_and_what_is_public_need_no_key(safe: Safe, open_safe: Open, tmp_path: Path) -> None:
    for name in ("b", "a"):
        safe.add(connection(name))
    (tmp_path / "connections.key").unlink()
    other = open_safe()
    assert other.names() == ["a", "b"]
    assert [kept.public() for kept in other.without_secrets()] == [connection(name).public() for name in ("a", "b")]
    assert all(not kept.secrets and kept.tokens is None for kept in other.without_secrets())
    other.remove("a")
    with pytest.raises(InvalidInput, match="the secrets of b cannot be read") as caught:
        other.get("b")
    assert caught.value.code == "secrets_unreadable"


def test_a_name_is_given_once_and_must_be_one(safe: Safe) -> None:
    safe.add(connection("acme"))
    with pytest.raises(InvalidInput, match="there is a connection `acme` already"):
        safe.add(connection("acme", "other"))
    with pytest.raises(InvalidInput, match="Name: "):
        safe.add(connection("sandbox"))
    assert safe.get("acme").secrets == {"client_secret": CANARY}


def test_a_key_that_cannot_be_used_is_found_before_a_platform_is_asked(safe: Safe, tmp_path: Path) -> None:
    safe.check_free("acme")
    (tmp_path / "connections.key").write_text("no key\n")
    with pytest.raises(InvalidInput, match="is no key"):
        safe.check_free("acme")


def test_a_name_that_is_not_known_is_answered_with_those_that_are(safe: Safe) -> None:
    with pytest.raises(InvalidInput, match="there is no connection `acme`; none was added yet") as caught:
        safe.get("acme")
    assert caught.value.code == "unknown_connection"
    for name in ("acme", "beta"):
        safe.add(connection(name))
    for refused in (safe.get, safe.remove, lambda name: safe.replace(connection(name))):
        with pytest.raises(InvalidInput, match="`acmee`, did you mean `acme`\\?; there are: acme, beta"):
            refused("acmee")


def test_connecting_again_replaces_a_connection(safe: Safe) -> None:
    first = safe.add(connection("acme"))
    second = safe.replace(connection("acme", "new"))
    assert second.version != first.version
    assert safe.get("acme") == second


def test_of_two_who_renew_the_same_tokens_one_is_faster(safe: Safe, open_safe: Open) -> None:
    kept, other = safe.add(connection("acme")), open_safe()
    renewed = safe.swap_tokens(kept, Tokens("a-1", "r-1"))
    assert renewed is not None
    assert other.swap_tokens(kept, Tokens("a-2", "r-2")) is None
    assert other.get("acme") == renewed
    assert other.swap_tokens(renewed, Tokens("a-2", "r-2")) is not None


def test_who_renews_is_alone_until_it_is_done(safe: Safe, open_safe: Open) -> None:
    kept, other = safe.add(connection("acme")), open_safe()
    with safe.alone(kept) as mine, other.alone(kept) as theirs:
        assert (mine, theirs) == (True, False)
    with other.alone(kept) as theirs:
        assert theirs


def test_a_key_that_went_while_something_is_sealed_with_it_is_not_replaced(safe: Safe, tmp_path: Path) -> None:
    kept, key = safe.add(connection("acme")), tmp_path / "connections.key"
    key.unlink()
    attempts: list[Callable[[], object]] = [
        lambda: safe.swap_tokens(kept, Tokens("a-1", "r-1")),
        lambda: safe.check_key("acme"),
        lambda: safe.check_free("beta"),
        lambda: safe.add(connection("beta")),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidInput, match="it is gone") as caught:
            attempt()
        assert (caught.value.code, key.exists()) == ("key_unusable", False)
    safe.check_there("acme")
    assert not key.exists(), "the old secrets may still be wanted"
    safe.replace(connection("acme"))
    assert key.exists()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE connections SET sealed = (SELECT sealed FROM connections WHERE name = 'beta') WHERE name = 'acme'",
        "UPDATE connections SET document = replace(document, 'acme.example', 'evil.example') WHERE name = 'acme'",
    ],
    ids=["another's secrets", "another address"],
)
def test_secrets_do_not_go_where_they_were_not_sealed_for(safe: Safe, tmp_path: Path, tampering: str) -> None:
    for name in ("acme", "beta"):
        safe.add(connection(name))
    with closing(sqlite3.connect(tmp_path / "connections.sqlite3")) as file:
        file.execute(tampering)
        file.commit()
    with pytest.raises(InvalidInput, match="sealed for another") as caught:
        safe.get("acme")
    assert caught.value.code == "secrets_unreadable"
    assert CANARY not in told_by(caught.value)


def test_a_new_key_seals_everything_and_the_old_one_goes(safe: Safe, open_safe: Open, tmp_path: Path) -> None:
    kept = [safe.add(connection(name)) for name in ("acme", "beta")]
    before = InFile(tmp_path / "connections.key").read()
    assert "a new key in the file" in safe.rotate()
    after = InFile(tmp_path / "connections.key").read()
    assert len(after) == 1 and after != before
    assert [open_safe().get(name) for name in ("acme", "beta")] == kept, (
        "versions included: who renews tokens meanwhile is not disturbed"
    )


def test_the_environments_first_key_seals_everything_and_the_others_may_go(open_safe: Open) -> None:
    kept = open_safe(environ=ONE).add(connection("acme"))
    assert "the others may go" in open_safe(environ=f"{TWO},{ONE}").rotate()
    assert open_safe(environ=TWO).get("acme") == kept


def test_whoever_works_on_while_the_key_changes_loses_nothing(safe: Safe, open_safe: Open) -> None:
    working = open_safe()
    kept = working.add(connection("acme"))
    safe.rotate()
    renewed = working.swap_tokens(kept, Tokens("a-1", "r-1"))
    assert renewed is not None
    working.add(connection("beta"))
    safe.rotate()
    assert open_safe().get("acme") == renewed
    assert open_safe().names() == ["acme", "beta"]


def test_a_key_is_not_changed_while_something_cannot_be_read(safe: Safe, open_safe: Open, tmp_path: Path) -> None:
    safe.add(connection("acme"))
    place = InFile(tmp_path / "connections.key")
    place.write([ONE])
    with pytest.raises(InvalidInput, match="the secrets of acme cannot be read"):
        open_safe().rotate()
    assert place.read() == [ONE]


class Crash(BaseException):
    """The process ends here."""


def crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Every change of a file, and every decision about one, is a step before it and a step after it."""
    steps = count()

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            for before in (True, False):
                if next(steps) == step:
                    raise Crash
                if before:
                    done = original(*given, **named)
            return done

        return wrapped

    for owner, names in ((InFile, ["write"]), (Keys, ["renew", "sealed_first", "retire"]), (Connections, ["reseal"])):
        for name in names:
            monkeypatch.setattr(owner, name, counted(getattr(owner, name)))


def crashes(rotate: Callable[[], object], step: int) -> bool:
    """Whether a change of the key came to that step, where it crashed."""
    with pytest.MonkeyPatch.context() as patched:
        crash_at(patched, step)
        try:
            rotate()
        except Crash:
            return True
    return False


def test_a_crash_at_any_step_of_a_change_of_the_key_leaves_everything_readable(open_safe: Open, tmp_path: Path) -> None:
    for step in count():
        directory = tmp_path / str(step)
        kept = [open_safe(directory).add(connection(name)) for name in ("acme", "beta")]
        if not crashes(open_safe(directory).rotate, step):
            break
        after = open_safe(directory)
        assert everything(after) == kept, f"after a crash at step {step}"
        after.rotate()
        assert len(InFile(directory / "connections.key").read()) == 1, "the next change tidies up"
        assert everything(open_safe(directory)) == kept
    assert step == 16, "before and after: a key is made and written, two rows sealed and looked at, the rest given up"


def test_a_change_of_the_key_amid_another_loses_nothing_even_if_it_crashes(open_safe: Open, tmp_path: Path) -> None:
    for step in count():
        directory = tmp_path / str(step)
        kept = [open_safe(directory).add(connection(name)) for name in ("acme", "beta")]
        first, second = open_safe(directory), open_safe(directory)
        crashed: list[bool] = []
        alone, times = first._store.exclusive, count()

        def after_the_second(
            second: Safe = second, step: int = step, alone: Any = alone, times: Any = times, crashed: Any = crashed
        ) -> Any:
            if next(times) == 1:
                crashed.append(crashes(second.rotate, step))
            return alone()

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(first._store, "exclusive", after_the_second)
            first.rotate()
        assert everything(open_safe(directory)) == kept, f"after a crash at step {step}"
        if crashed == [False]:
            break
    assert step == 16
