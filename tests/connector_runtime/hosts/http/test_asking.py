"""What is asked in a way that no operation knows: said, and never a failure of the host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.exports.declined import DECLINED
from connector_runtime.hosts import http
from connector_runtime.hosts.http import arrivals
from tests.connector_runtime.events.test_dispatch import keep
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
        assert (
            problem["whose"]
            and urljoin(f"http://host{path}", problem["type"]) == f"http://host/errors#{problem['code']}"
        )
        page = await api.client.get(problem["type"])  # without a key
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f'<a id="{problem["code"]}">' in page.text
    assert set(re.findall(r'href="([^"#]*)', page.text)) == {""}, "nothing on it leads to what is not on the host"


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


@pytest.mark.parametrize(
    ("method", "path", "title", "fix"),
    [
        (
            "POST",
            "/v1/actions/lend_bok/run",
            "there is no action `lend_bok`, did you mean `lend_book`?",
            "GET /v1/actions",
        ),
        ("GET", "/v1/actions/zzz", "there is no action `zzz`", "GET /v1/actions"),
        (
            "GET",
            "/v1/triggers/loan.mad",
            "there is no trigger `loan.mad`, did you mean `loan.made`?",
            "GET /v1/triggers",
        ),
        ("GET", "/v1/nothing", "there is no `/v1/nothing`", "/v1/openapi.json"),
        ("POST", "/v1/actions/lend_book/runn", "there is no `/v1/actions/lend_book/runn`", "/v1/openapi.json"),
        ("GET", "/v1/runs/x", "there is no run `x`", "GET /v1/runs"),
        ("POST", "/v1/keys/x/rotate", "there is no key `x`", "GET /v1/keys"),
    ],
)
async def test_what_is_not_there_says_where_to_look(api: Hosted, method: str, path: str, title: str, fix: str) -> None:
    answer = await api(method, path, {} if method == "POST" else None)
    told = answer.json()
    assert (answer.status_code, told["code"], told["title"].rstrip(".")) == (404, "unknown", title)
    assert fix in told["fix"]


async def test_fields_that_are_not_in_the_input_are_told_to_go_there(api: Hosted) -> None:
    told = (await api("POST", "/v1/actions/lend_book/run", {"member_id": 7, "book_code": "B-1"})).json()
    assert "into `input`" in told["fix"] and told["code"] == "invalid_input"
    assert {each["pointer"] for each in told["problems"]} == {"/input", "/member_id", "/book_code"}
    other = (await api("POST", "/v1/actions/lend_book/run", {"bogus": 7})).json()
    assert "into `input`" not in other["fix"]


async def test_an_answer_says_that_it_tells_of_what_was_done_before(api: Hosted) -> None:
    path, header = "/v1/actions/lend_book/run", "idempotency-replayed"
    body = {"input": {"member_id": 7, "book_code": "B-1"}}
    answers = [await api("POST", path, body, **{"idempotency-key": "order-17"}) for _ in range(3)]
    assert [each.headers.get(header) for each in answers] == [None, "true", "true"]
    assert len({each.json()["run_id"] for each in answers}) == 1
    assert header not in (await api("POST", path, body)).headers
    wrong = [await api("POST", path, {"input": {}}, **{"idempotency-key": "order-18"}) for _ in range(2)]
    assert [(each.status_code, each.headers.get(header)) for each in wrong] == [(422, None), (422, "true")]


async def test_live_events_begin_where_somebody_joins_unless_a_cursor_is_given(
    api: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "LONGEST_WATCH_S", 0.1)
    keep(tmp_path, 1, 2)
    live = "/v1/events/live"

    async def seen(path: str, **headers: str) -> list[str]:
        return re.findall(r"^id: (\d+)", (await api("GET", path, **headers)).text, re.MULTILINE)

    assert await seen(live) == []
    assert await seen(f"{live}?after=0") == ["1", "2"]
    assert await seen(f"{live}?after=1") == ["2"]
    assert await seen(f"{live}?after=0", **{"last-event-id": "1"}) == ["2"]


async def test_a_key_that_was_revoked_is_said_to_be_and_not_that_it_is_not_there(api: Hosted) -> None:
    made = (await api("POST", "/v1/keys", {"name": "n", "scopes": ["read"]})).json()["id"]
    await api("DELETE", f"/v1/keys/{made}")
    told = await api("POST", f"/v1/keys/{made}/rotate", {})
    assert (told.status_code, told.json()["code"]) == (409, "key_ended")
    assert told.json()["title"] == f"the key `{made}` was revoked"
