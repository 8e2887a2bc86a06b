"""What somebody asks for when subscribing: everything that is wrong with it at once, in words."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.events.subscribers import is_secret
from connector_runtime.events.subscription import Asked, subscriber_of
from tests.connector_runtime.events.subscribing import SECRET, URL

NOW = "2026-02-01T09:00:00.000Z"


def asked(**others: Any) -> Asked:
    return Asked(**{"name": "desk", "events": ("loan.made",), "url": URL} | others)


def problems(toy: Connector, **others: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as wrong:
        subscriber_of(toy, asked(**others), NOW)
    found: dict[str, list[str]] = {}
    for each in wrong.value.problems:
        found.setdefault(each.field, []).append(each.message)
    assert "CANARY" not in str(found)
    return found


def test_what_is_asked_for_is_what_is_kept(toy: Connector) -> None:
    made = subscriber_of(
        toy,
        asked(
            events=("loan.made", "loan.ended", "loan.made"),
            where=("book_code=B-7", "book_code=B-8"),
            ordered_per="book_code",
            secret=SECRET,
        ),
        NOW,
    )
    assert made.events == ("loan.made", "loan.ended")
    assert made.where == {"book_code": ("B-7", "B-8")}
    assert (made.place, made.url, made.secret, made.created_at) == ("https://hooks.example.com", URL, SECRET, NOW)


def test_without_a_secret_there_is_a_new_one(toy: Connector) -> None:
    made = [subscriber_of(toy, asked(), NOW).secret for _ in range(2)]
    assert all(map(is_secret, made)) and made[0] != made[1]


def test_everything_is_said_at_once(toy: Connector) -> None:
    found = problems(
        toy, where=("note", "=7", "membr_id=7"), ordered_per="boook_code", secret="short", url="http://10.1.2.3/CANARY"
    )
    assert set(found) == {"where", "ordered_per", "secret", "url"}
    assert len(found["where"]) == 3 and "did you mean `member_id`?" in found["where"][2]
    assert "did you mean `book_code`?" in found["ordered_per"][0]
    assert any("https" in each for each in found["url"]) and any("private" in each for each in found["url"])


def test_an_event_that_is_not_there_is_named_with_those_that_are(toy: Connector) -> None:
    found = problems(toy, events=("loan.mde",), where=("x=1",))
    assert list(found) == ["events"], "which fields there are is not known then"
    assert "did you mean `loan.made`?; there are: loan.ended, loan.made" in found["events"][0]


def test_a_field_must_be_one_that_all_its_events_have(toy: Connector) -> None:
    assert subscriber_of(toy, asked(where=("note=x",)), NOW).where == {"note": ("x",)}
    ended = toy.triggers["loan.ended"].payload["properties"]
    assert "note" not in ended
    assert "where" in problems(toy, events=("loan.made", "loan.ended"), where=("note=x",))


def test_an_address_is_https_or_here_or_in_a_network_of_ones_own(toy: Connector) -> None:
    for url in (URL, "http://127.0.0.1:5678/webhook/x", "http://localhost/x", "https://hooks.example.com"):
        assert subscriber_of(toy, asked(url=url), NOW).url == url
    for url in (
        "hooks.example.com", "http://hooks.example.com/", "https://hooks.example.com:8443/", "https://u:p@example.com/",
        "https://10.0.0.1/", "https://2130706433/", "ftp://example.com/", "https://example.com/#x", "", "https://intern/",
    ):  # fmt: skip
        assert list(problems(toy, url=url)) == ["url"], url
    own = {"networks": ("10.0.0.0/8",)}
    for url in ("http://10.0.0.1:5678/webhook/x", "http://n8n:5678/webhook/x", "https://n8n.internal/"):
        assert subscriber_of(toy, asked(url=url, **own), NOW).networks == ("10.0.0.0/8",)
    for url in ("ftp://n8n/", "http://u@n8n/", "http:///x", "http://n8n:99999/", "http://n8n/#x"):
        assert list(problems(toy, url=url, **own)) == ["url"], url
    assert list(problems(toy, networks=("10.0.0.0/33",))) == ["networks"]


@pytest.mark.parametrize(
    ("text", "kept"), [("member_id=007", "7"), ("member_id= 8", "8"), ("member_id=", ""), ("book_code=007", "007")]
)
def test_a_value_is_kept_as_payloads_have_it(toy: Connector, text: str, kept: str) -> None:
    made = subscriber_of(toy, asked(where=(text,)), NOW)
    assert list(made.where.values()) == [(kept,)]


def test_a_value_that_no_payload_can_have_is_refused(toy: Connector) -> None:
    assert problems(toy, where=("member_id=abc",)) == {
        "where": ["`member_id=abc` matches nothing: it is a whole number"]
    }


def test_every_subscription_is_told_from_every_other_one(toy: Connector) -> None:
    assert len({subscriber_of(toy, asked(), NOW).generation for _ in range(3)} - {""}) == 3
