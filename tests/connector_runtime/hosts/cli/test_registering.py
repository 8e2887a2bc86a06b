"""`webhooks register`, `check` and `remove`, and what `listen` looks after."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts.cli import registering, serving
from connector_runtime.hosts.cli.setting import Setting
from connector_runtime.hosts.directories import events_file
from connector_runtime.store.registrations import Registrations
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.conftest import Cli, Outcome


@pytest.fixture
def ours(cli: Cli) -> Cli:
    """The program on the connector that can register."""

    def call(*args: str, connector: Path = ROOT, stdin: str | bytes | None = None) -> Outcome:
        return cli(*args, connector=connector, stdin=stdin)

    return call


def platform(tmp_path: Path, statement: str) -> list[Any]:
    """Look at the sandbox's webhooks, or change them as somebody does on its pages."""
    with closing(sqlite3.connect(tmp_path / "sandbox" / "sandbox.sqlite3", isolation_level=None)) as world:
        return world.execute(statement).fetchall()


def repaired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    registering.repair_all(Setting("library", folder=ROOT, chosen_data_dir=tmp_path))
    return capsys.readouterr().err


def test_what_is_registered_is_listed_checked_and_removed(ours: Cli, tmp_path: Path) -> None:
    made = ours("webhooks", "register", "sandbox", "--url", "https://hooks.example.com")
    assert (made.code, made.err) == (0, "")
    tag = made.out.splitlines()[0].partition("registered as ")[2]
    assert tag.startswith("library sandbox ") and "Webhook 1: course.enrollment.completed" in made.out
    (listed,) = json.loads(ours("webhooks", "list", "--json").out)["webhooks"]
    assert (listed["connection"], listed["registered"]) == ("sandbox", tag)
    assert f"registered as {tag}" in ours("webhooks", "list").out
    good = ours("webhooks", "check", "sandbox")
    assert (good.code, good.out) == (0, "sandbox: as it was registered, webhook 1, 2\n")
    platform(tmp_path, "UPDATE webhooks SET enabled = 0 WHERE id = 2")
    bad = ours("webhooks", "check", "sandbox")
    assert (bad.code, "it is disabled on the platform. To have one made now: library webhooks" in bad.out) == (1, True)
    told = ours("webhooks", "check", "sandbox", "--json")
    document = json.loads(told.out)
    assert (told.code, document["wrong"], document["good"], document["tag"]) == (1, ["disabled"], False, tag)
    assert [webhook["enabled"] for webhook in document["webhooks"]] == [True, False]
    assert ours("webhooks", "register", "sandbox").code == 0
    states = json.loads(ours("webhooks", "list", "--json").out)["webhooks"]
    assert sorted(each["state"] for each in states) == ["gone", "kept"]
    assert f"open for what is still on its way from {tag}" in ours("webhooks", "list").out
    removed = ours("webhooks", "remove", "sandbox")
    assert (removed.code, "Removed on the platform: 3, 4." in removed.out) == (0, True)
    assert "nobody here will do" not in removed.out
    assert platform(tmp_path, "SELECT * FROM webhooks") == []
    assert json.loads(ours("webhooks", "list", "--json").out)["webhooks"] == []
    assert ours("webhooks", "check", "sandbox").code == 1
    assert ours("webhooks", "remove", "sandbox").code == 2


def test_secrets_of_a_registration_are_shown_nowhere(ours: Cli, tmp_path: Path) -> None:
    told = ours("webhooks", "register", "sandbox").out + ours("webhooks", "register", "sandbox", "--json").out
    told += ours("webhooks", "check", "sandbox", "--json").out + ours("webhooks", "list", "--json").out
    told += ours("runs", "--json").out + ours("runs", "show", "last").out
    on_disk = b"".join(file.read_bytes() for file in tmp_path.glob("*.sqlite3*"))
    for url, password in platform(tmp_path, "SELECT url, password FROM webhooks"):
        for secret in (url.rpartition("/")[2], password):
            assert secret not in told
            assert secret.encode() not in on_disk


def test_where_the_platform_refuses_the_way_by_hand_is_shown(ours: Cli, tmp_path: Path) -> None:
    assert ours("webhooks", "register", "sandbox", "--event", "course.enrollment.created").code == 0
    assert ours("webhooks", "remove", "sandbox").code == 0
    for _ in range(10):
        platform(tmp_path, "INSERT INTO webhooks (url) VALUES ('https://elsewhere.invalid/')")
    refused = ours("webhooks", "register", "sandbox", "--url", "https://hooks.example.com")
    assert (refused.code, "10 webhooks are enabled already" in refused.err) == (3, True)
    assert "https://hooks.example.com/" in refused.out and "Password" in refused.out
    (endpoint,) = json.loads(ours("webhooks", "list", "--json").out)["webhooks"]
    assert endpoint["registered"] is None
    again = ours("webhooks", "register", "sandbox")
    assert (again.code, again.out) == (3, ""), "the address that was made by hand stays good"
    assert "library webhooks add sandbox --url" in again.err
    assert json.loads(ours("webhooks", "list", "--json").out)["webhooks"] == [endpoint]
    removed = ours("webhooks", "remove", "sandbox")
    assert "Remove the webhook on the platform too" in removed.out


def test_a_connector_without_operations_has_the_way_by_hand(cli: Cli) -> None:
    outcome = cli("webhooks", "register", "sandbox")
    assert (outcome.code, "has no way to register webhooks" in outcome.err) == (2, True)
    assert "library webhooks add sandbox" in outcome.err


def test_registering_is_for_a_connection_that_is_there(ours: Cli) -> None:
    for command in ("register", "check"):
        outcome = ours("webhooks", command, "vilage")
        assert (outcome.code, "there is no connection `vilage`" in outcome.err) == (2, True)


def test_registering_again_keeps_the_address_that_was_said(ours: Cli, tmp_path: Path) -> None:
    once = ["webhooks", "register", "sandbox", "--event"]
    assert "They come to http://127.0.0.1:8438." in ours(*once, "course.enrollment.created").out
    assert ours(*once, "course.enrollment.created", "--url", "https://hooks.example.com").code == 0
    again = ours(*once, "course.enrollment.deleted")
    assert (again.code, "They come to https://hooks.example.com." in again.out) == (0, True)
    ((url,),) = platform(tmp_path, "SELECT url FROM webhooks")
    assert url.startswith("https://hooks.example.com/")
    wrong = ours(*once, "nosuch")
    assert (wrong.code, "; there are: course.enrollment.completed, course.enrollment.created," in wrong.err) == (
        2,
        True,
    )


def test_what_was_made_by_hand_beside_it_is_told_apart(ours: Cli) -> None:
    assert ours("webhooks", "add", "sandbox").code == ours("webhooks", "register", "sandbox").code == 0
    removed = ours("webhooks", "remove", "sandbox")
    assert "Removed on the platform: 1, 2." in removed.out
    assert "Remove the webhook that was made by hand on the platform too" in removed.out


def test_what_is_registered_can_be_forgotten_here_alone(ours: Cli, tmp_path: Path) -> None:
    assert ours("webhooks", "register", "sandbox").code == 0
    outcome = ours("webhooks", "remove", "sandbox", "--keep-on-platform")
    assert (outcome.code, "which nobody here will do" in outcome.out) == (0, True)
    assert len(platform(tmp_path, "SELECT * FROM webhooks")) == 2
    assert json.loads(ours("webhooks", "list", "--json").out)["webhooks"] == []


def test_what_listen_finds_wrong_is_said_and_put_right(
    ours: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repaired(tmp_path, capsys) == ""
    assert ours("webhooks", "register", "sandbox").code == 0
    assert repaired(tmp_path, capsys) == ""
    platform(tmp_path, "DELETE FROM webhooks WHERE id = 1")
    said = repaired(tmp_path, capsys)
    assert "the platform does not have it any more; it was registered again" in said
    assert "To have one made now" not in said, "it has just been made"
    assert [number for (number,) in platform(tmp_path, "SELECT id FROM webhooks")] == [3, 4]
    platform(tmp_path, "UPDATE webhooks SET enabled = 0")
    said = repaired(tmp_path, capsys)
    assert "it is disabled on the platform" in said and "registered again" not in said
    kept = Registrations(events_file(tmp_path))
    kept.end(kept.of("sandbox")[0])
    kept.release()
    said = repaired(tmp_path, capsys)
    assert "what is of no use any more was removed" in said and "none was registered" not in said
    assert platform(tmp_path, "SELECT * FROM webhooks") == []


def test_a_connection_that_cannot_be_looked_at_keeps_no_other_from_it(
    ours: Cli, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ours("webhooks", "register", "sandbox").code == 0
    with closing(sqlite3.connect(events_file(tmp_path), isolation_level=None)) as file:
        file.execute(
            """INSERT INTO registrations SELECT 'x', 'a-connection', platform, url, events, x'00', username, password,
            created_at, state, NULL FROM registrations"""
        )
    platform(tmp_path, "DELETE FROM webhooks")
    said = repaired(tmp_path, capsys)
    assert "a-connection: its webhooks on the platform could not be looked at: " in said
    assert "sandbox: the platform does not have it any more; it was registered again." in said
    stuck = ours("webhooks", "remove", "a-connection")
    assert (stuck.code, "library webhooks remove a-connection --keep-on-platform" in stuck.err) == (2, True)
    assert ours("webhooks", "remove", "a-connection", "--keep-on-platform").code == 0


@pytest.mark.parametrize(("option", "looked_after"), [([], 1), (["--no-reconcile"], 0)])
def test_listen_looks_after_what_is_registered_once_it_listens(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, option: list[str], looked_after: int
) -> None:
    order: list[str] = []

    def served(app: Any, opened: Any, announce: Any, **others: Any) -> None:
        opened.close()
        order.append("listening")
        announce()

    monkeypatch.setattr(serving, "serve", served)
    monkeypatch.setattr(registering, "repair_all", lambda setting: order.append(setting.program))
    assert cli("listen", "--port", "0", *option).code == 0
    for thread in [each for each in threading.enumerate() if each.name == "webhooks"]:
        thread.join()
    assert order == ["listening", *["library"] * looked_after]
