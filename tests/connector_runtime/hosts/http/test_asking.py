"""What is asked in a way that no operation knows: said, and never a failure of the host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.exports.catalogue import page
from connector_runtime.exports.declined import DECLINED
from connector_runtime.hosts import http
from tests.connector_runtime.hosts.http.hosting import Hosted

TOO_LARGE = 2**63
LEND = {"input": {"member_id": 7, "book_code": "B-1"}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/v1/runs?before={TOO_LARGE}", None),
        ("GET", f"/v1/audit?before={TOO_LARGE}", None),
        ("GET", f"/v1/events?after={TOO_LARGE}", None),
        ("POST", "/v1/actions/lend_book/run", LEND | {"because_of": TOO_LARGE}),
        ("POST", "/v1/actions/lend_book/run", LEND | {"because_of": -TOO_LARGE}),
        ("POST", "/v1/subscribers/any/replay", {"after": TOO_LARGE}),
        ("POST", "/v1/subscribers/any/replay", {"cursors": [TOO_LARGE]}),
    ],
)
async def test_a_number_that_no_file_can_hold_is_refused(api: Hosted, method: str, path: str, body: Any) -> None:
    answer = await api(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/keys", {"GET", "HEAD", "POST"}),
        ("/v1/connections/sandbox/webhooks", {"PUT", "DELETE"}),
        ("/v1/audit", {"GET", "HEAD"}),
    ],
)
async def test_whoever_asks_otherwise_is_told_all_that_may_be_asked_there(
    api: Hosted, path: str, methods: set[str]
) -> None:
    answer = await api("PATCH", path)
    assert (answer.status_code, answer.json()["code"]) == (405, "not_allowed_here")
    assert {each.strip() for each in answer.headers["allow"].split(",")} == methods
    assert all(each in answer.json()["fix"] for each in methods)


async def test_a_head_is_a_get_without_what_it_would_show(api: Hosted) -> None:
    answer = await api("HEAD", "/v1/keys")
    assert answer.status_code == 200 and (await api("HEAD", "/v1/keys", key="x")).status_code == 401


@pytest.mark.parametrize("cursor", [0, -5, 2**63, 10**30])
async def test_no_event_has_a_cursor_that_none_can_have(api: Hosted, cursor: int) -> None:
    session = await api.host.opened("main").home.session("sandbox")
    with pytest.raises(InvalidInput, match="no event has the cursor"):
        await session.run("lend_book", LEND["input"], because_of=cursor)


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_header_is_held_to_what_is_said_of_it(api: Hosted, key: str) -> None:
    answer = await api("POST", "/v1/actions/lend_book/run", LEND, **{"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "Idempotency-Key" in answer.json()["title"]
    assert (await api("GET", "/v1/runs")).json()["items"] == []
    longest = await api("POST", "/v1/actions/lend_book/run", LEND, **{"idempotency-key": "k" * 200})
    assert longest.status_code == 200


@pytest.mark.parametrize("path", ["/v1/actions", "/v1/actions/lend_book", "/v1/triggers/loan.made"])
async def test_what_is_as_it_was_is_not_told_again(api: Hosted, path: str) -> None:
    first = await api("GET", path)
    again = await api("GET", path, **{"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    key = api.made("read", actions=["list_loans"])
    other = await api("GET", "/v1/actions", key=key, **{"if-none-match": first.headers["etag"]})
    assert (other.status_code, len(other.json()["items"])) == (200, 1)


def test_every_code_that_is_explained_is_said_and_no_other() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in Path(http.__path__[0]).rglob("*.py"))
    assert set(re.findall(r'Declined\(\s*"(\w+)"', source)) == set(DECLINED)


async def test_every_problem_leads_to_its_place_on_the_page_of_errors(api: Hosted) -> None:
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/v1/keys/x", None),
        ("POST", "/v1/actions/lend_book/run", {}),
        ("GET", "/v1/runs/x", None),
    ]
    for method, path, body in asked:
        problem = (await api(method, path, body)).json()
        assert problem["type"] == f"docs/errors.md#{problem['code']}" and problem["whose"]
    assert f'<a id="{problem["code"]}">' in page(api.host.connector)


@pytest.mark.parametrize(
    ("method", "path", "body", "title", "pointer"),
    [
        (
            "POST",
            "/v1/keys",
            {"name": "n", "scopes": ["read", "bogus"]},
            'Scopes: must be read, run, connect or admin, not "bogus"',
            "/scopes/1",
        ),
        ("POST", "/v1/keys", {"name": "n", "scopes": []}, "Scopes: must have at least 1, and has 0", "/scopes"),
        ("POST", "/v1/keys", {"name": "n", "scopes": ["read", "read"]}, "Scopes: has something twice", "/scopes"),
        ("POST", "/v1/keys", {"name": "n"}, "Scopes: is needed", "/scopes"),
        (
            "POST",
            "/v1/keys",
            {"name": "n", "scopes": ["read"], "days": 0},
            "Days: must be at least 1, not 0",
            "/days",
        ),
        (
            "POST",
            "/v1/keys",
            {"name": "n", "scopes": ["read"], "actions": ["lend_bok"]},
            "Actions: there is no action `lend_bok`, did you mean `lend_book`?",
            "/actions",
        ),
        (
            "POST",
            "/v1/keys",
            {"name": "n", "scopes": ["read"], "connections": ["sandbx"]},
            "Connections: there is no connection `sandbx`, did you mean `sandbox`?",
            "/connections",
        ),
        (
            "POST",
            "/v1/keys",
            {"name": "n", "scopes": ["read"], "connections": "all"},
            "Connections: must be a list, not a text",
            "/connections",
        ),
        ("GET", "/v1/runs?limit=0", None, "Limit: must be at least 1, not 0", "/limit"),
        (
            "POST",
            "/v1/subscribers/any/replay",
            {},
            "Body: must have one of cursors, after, parked, and no other",
            "",
        ),
        (
            "POST",
            "/v1/subscribers",
            {"name": "s", "url": "https://x.example.com", "events": ["bogus"]},
            None,
            "/events",
        ),
        ("POST", "/v1/connections", {"name": "a/b", "method": "card", "fields": {}}, None, "/name"),
        ("POST", "/v1/connections", {"name": "a", "method": "bogus", "fields": {}}, None, "/method"),
        ("POST", "/v1/connections", {"name": "a", "method": "card", "fields": {"odd": "1"}}, None, "/fields/odd"),
        ("POST", "/v1/actions/lend_book/run", LEND | {"connection": "gone"}, None, "/connection"),
    ],
)
async def test_what_is_wrong_is_said_in_words_at_its_place(
    api: Hosted, method: str, path: str, body: Any, title: str | None, pointer: str
) -> None:
    answer = await api(method, path, body)
    told = answer.json()
    assert answer.status_code == 422, told
    assert title in (None, told["title"])
    assert pointer in [each["pointer"] for each in told["problems"]]


async def test_a_key_to_connect_may_name_connections_that_are_to_come(api: Hosted) -> None:
    answer = await api("POST", "/v1/keys", {"name": "n", "scopes": ["connect"], "connections": ["village"]})
    assert answer.status_code == 201
