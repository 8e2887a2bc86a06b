"""Subscribers: what they want, in which line, and how they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.safe import Safe
from connector_runtime.errors import InvalidInput
from connector_runtime.events.subscribers import Subscribers, drawn_secret, is_secret
from tests.connector_runtime.connections.canaries import CANARY, holds_back, told_by
from tests.connector_runtime.events.subscribing import desk, event, kept


def test_a_subscriber_wants_what_it_asked_for() -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
        ({}, event(), True),
        ({}, event(event="loan.ended"), False),
        ({"events": ("loan.made", "loan.ended")}, event(event="loan.ended"), True),
        ({"connection": "village"}, event(), True),
        ({"connection": "abbey"}, event(), False),
        ({"where": {"member_id": ("7",)}}, event(), True),
        ({"where": {"member_id": ("8", "7")}}, event(), True),
        ({"where": {"member_id": ("8",)}}, event(), False),
        ({"where": {"member_id": ("7",), "book_code": ("B-2",)}}, event(), False),
        ({"where": {"note": ("",)}}, event(), True),
        ({"where": {"note": ("true",)}}, event(note=True), True),
        ({"without_own": True}, event(), True),
        ({"without_own": True}, event(caused_by="20260201-100000-ab"), False),
    ]
    for asked, each, wanted in cases:
        assert desk(**asked).wants(each) is wanted, asked


def test_a_line_is_one_of_a_connection() -> None:
    ordered = desk(ordered_per="member_id")
    assert desk().line(event()) is None
    assert ordered.line(event(1)) == ordered.line(event(2))
    others = [event(member_id=8), event(connection="abbey"), event(member_id=None)]
    assert len({ordered.line(each) for each in [event(), *others]}) == 4


def test_a_new_secret_is_long_enough_and_never_the_same() -> None:
    assert is_secret(drawn_secret()) and drawn_secret() != drawn_secret()
    for wrong in ("", "whsec_", "whsec_c2hvcnQ=", "not base64!" * 5, "QUFB" * 40):
        assert not is_secret(wrong)


def test_what_is_kept_is_the_same_again(tmp_path: Path) -> None:
    subscribers = kept(tmp_path)
    asked = desk(
        where={"member_id": ("7", "8")}, ordered_per="member_id", networks=("10.0.0.0/8",), connection="village"
    )
    subscribers.add(asked)
    assert subscribers.get("desk") == asked
    assert (subscribers.readable(), subscribers.shown()) == (([asked], {}), [asked.public()])


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    subscribers = kept(tmp_path)
    subscribers.add(desk())
    for name, said in (("desk", "already"), ("a/b", "letters")):
        with pytest.raises(InvalidInput, match=said):
            subscribers.add(desk(name))
    with pytest.raises(InvalidInput, match=r"did you mean `desk`\?; there are: desk"):
        subscribers.remove("dsek")


def test_subscribers_and_connections_do_not_see_each_other(tmp_path: Path) -> None:
    subscribers = kept(tmp_path)
    subscribers.add(desk())
    safe = Safe(subscribers._store, subscribers._keys)
    assert (safe.names(), safe.without_secrets()) == ([], [])
    for refused in (safe.get, safe.remove, safe.public_of):
        with pytest.raises(InvalidInput, match="there is no connection"):
            refused("subscriber/desk")
    assert subscribers.get("desk").url == desk().url


def test_new_keys_seal_subscribers_too(tmp_path: Path) -> None:
    subscribers = kept(tmp_path)
    subscribers.add(desk())
    before = (tmp_path / "connections.key").read_text()
    Safe(subscribers._store, subscribers._keys).rotate()
    assert (tmp_path / "connections.key").read_text() != before
    assert kept(tmp_path).get("desk") == desk()


def test_a_lost_key_is_not_replaced_while_a_subscriber_needs_it(tmp_path: Path) -> None:
    subscribers = kept(tmp_path)
    subscribers.add(desk())
    (tmp_path / "connections.key").unlink()
    with pytest.raises(InvalidInput, match="it is gone"):
        kept(tmp_path).add(desk("other"))
    assert not (tmp_path / "connections.key").exists()


def test_who_was_tampered_with_is_not_sent_to(tmp_path: Path) -> None:
    subscribers = kept(tmp_path)
    subscribers.add(desk(where={"member_id": ("7",)}))
    (row,) = subscribers._store.all()
    subscribers._store.swap(row.name, row.version, sealed=row.sealed, document=row.document | {"where": {}})
    subscribers.add(desk("other"))
    opened, faults = subscribers.readable()
    assert ([each.name for each in opened], list(faults)) == (["other"], ["desk"]), (
        "the others are sent to all the same"
    )
    assert "sealed for another subscription" in str(faults["desk"])


def test_its_url_and_its_secret_show_nowhere(tmp_path: Path) -> None:
    canary = desk(secret=f"whsec_{CANARY}")
    assert holds_back(canary)
    assert CANARY not in str(canary.public())
    subscribers: Subscribers = kept(tmp_path)
    subscribers.add(canary)
    assert CANARY.encode() not in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    with pytest.raises(InvalidInput) as wrong:
        subscribers.add(canary)
    assert CANARY not in told_by(wrong.value)


def test_one_that_was_kept_before_there_were_generations_is_read(tmp_path: Path) -> None:
    subscribers, made = kept(tmp_path), desk()
    private = {"public": made.public(), "url": made.url, "secret": made.secret}
    sealed = subscribers._keys.seal("subscriber/desk", private, first=True)
    subscribers._store.add("subscriber/desk", made.public(), sealed)
    assert subscribers.get("desk") == made and made.generation == ""
