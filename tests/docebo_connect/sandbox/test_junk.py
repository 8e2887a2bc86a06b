"""Whatever is sent, the answer is never a 500 and the world stays whole."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.routing import Route

from docebo_connect.sandbox.routes import ROUTES
from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import Client

NESTED = "[" * 100_000
HUGE = "9" * 5000
SEGMENTS = ("0", "-1", "1.5", "x", "%00", "%F0%9F%92%A5", "%FF", str(2**63), HUGE, "' OR 1=1 --", "null", "７")
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, 2**63, 2**200, "", "x", "\x00", "💥", "' OR 1=1 --", [], {}, [[]], [{}], [None], [7],
    [2**70], ["\x00"], {"id": 7}, {"a": {"b": [{"c": None}]}}, "0000-00-00", "9999-99-99", "2026-01-01\n",
)  # fmt: skip
BODIES = (
    b"", b" ", b"null", b"7", b'"x"', b"[]", b"{", b"\x00", b"\xff\xfe", b'{"a":1}x', b'{"user_ids":NaN}', b"-Infinity",
    b'{"level":' + HUGE.encode() + b"}", b'{"a":"\\ud800"}', b'{"\\udfff":1}', NESTED.encode(), b'{"a":' * 50_000,
    b'{"a":1,"a":2}', b'{"":""}', b'\xef\xbb\xbf{"a":1}',
)  # fmt: skip
QUERIES = (
    "page=0", "page=-1", "page=abc", "page=1.5", f"page={HUGE}", f"page={2**63}", "page_size=abc", "page_size=-1",
    f"page_size={HUGE}", "page[]=1", "page=%00", "page_size=１", "&&&=&=", "%", "%zz=1", "[]=1", "[[]]=1", "user_id[]=",
    "user_id[]=%00", f"user_id[]={HUGE}", f"user_id[]={2**64}", "user_id[a][b]=1", "id_user[]=1e3", "sort_attr=%00",
    "sort_dir=%FF", "sort_by=name_asc%00", "sort_attr[]=x", "search=%00", "search=" + "%25" * 3000, "search_text=\\",
    "search=[a-z]*?", "field_1=%00", "field_3[from]=", "field_3[to]=9999-99-99", "field_4$^%22=1", "field_4$^a.b[0]=1",
    "field_4$^=1", "field_999999999999999999=1", "field_999999999$^a=1", "language=,,,", "skills[]=-1", "cursor=%00",
    "cursor=",
    "get_cursor=1&cursor=", "deadline=0000-00-00", "updated_from=0001-01-01", "rating=-9", f"channel={HUGE}",
    "duration_from_seconds=-1", f"duration_to_seconds={2**64}", "search_text=%F0%9F%92%A5", "after=x", "after=-5",
    f"after={2**80}", "extra_fields[]=%00", "course=x", "session_id=%00", "state=%0d%0aX:y", "redirect_uri=http://127.0.0.1/%0d%0a",
)  # fmt: skip
NAMES = (
    "level", "date_begin_validity", "date_expire_validity", "enrollment_fields", "session_id", "course_ids", "user_ids",
    "learningplan_ids", "reset_tracks", "cascade_unenroll_from_courses_in_selected_learning_plan", "assignment_type",
    "consider_ef_as_optional", "items", "synchronization_timestamp", "status", "url", "events", "username", "password",
    "event", "payloads", "redirect_uri", "iss", "public_key", "seed", "grant_type",
)  # fmt: skip
READABLE: dict[str, Any] = {
    "course_ids": [42], "user_ids": [7], "learningplan_ids": [1], "items": [{"user_id": 7, "user_rsvp_response": 1}],
    "url": "http://127.0.0.1:9/", "event": "x", "payloads": [{}], "redirect_uri": "http://127.0.0.1/", "iss": "a",
    "public_key": "b", "seed": 1,
}  # fmt: skip


def method_of(route: Route) -> str:
    """Each route has one."""
    assert route.methods is not None
    (method,) = route.methods
    return method


# Making a world takes longer than all the rest; what it reads is one integer, swept in a test of its own.
SWEPT = [route for route in ROUTES if route.path != "/sandbox/reset"]
READS = [route for route in SWEPT if method_of(route) == "GET"]
WRITES = [route for route in SWEPT if method_of(route) != "GET"]


def each(routes: list[Route]) -> pytest.MarkDecorator:
    """One test for each of the routes, under its name."""
    return pytest.mark.parametrize("route", routes, ids=lambda route: f"{method_of(route)} {route.path}")


def path_of(route: Route, *segments: str) -> str:
    path = route.path
    for segment in segments:
        start, end = path.find("{"), path.find("}")
        path = path if start < 0 else path[:start] + segment + path[end + 1 :]
    return path


async def send(site: Site, method: str, path: str, query: bytes, body: bytes, kind: bytes) -> tuple[int, bytes]:
    """One request as a server hands it over, however odd: no client library tidies it up."""
    sent: list[dict[str, Any]] = []
    headers = [(b"authorization", site.headers["Authorization"].encode()), (b"content-type", kind)]
    scope = {"type": "http", "method": method, "path": unquote(path), "query_string": query, "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Any) -> None:
        sent.append(message)

    await site.app(scope, receive, keep)
    return sent[0]["status"], sent[1]["body"]


def sweep(site: Site, requests: list[tuple[str, str, bytes, bytes]], kind: bytes = b"application/json") -> None:
    async def run() -> None:
        for method, path, query, body in requests:
            status, content = await send(site, method, path, query, body, kind)
            assert status < 500, (method, path, query[:80], body[:80])
            if content and not content.startswith(b"<!DOCTYPE"):
                json.loads(content)

    asyncio.run(run())


@pytest.fixture(autouse=True)
def whole(site: Site, api: Client) -> Any:
    """After the sweep the world still works."""
    yield
    assert not site.store.connection.in_transaction
    assert api.get("/course/v1/courses/enrollments").status_code == 200


@each([route for route in SWEPT if "{" in route.path])
def test_no_path_is_a_500(site: Site, route: Route) -> None:
    pairs = [(first, second) for first in SEGMENTS for second in ("7", first)]
    sweep(site, [(method_of(route), path_of(route, *pair), b"", b"{}") for pair in pairs])


@each([*READS, next(route for route in WRITES if method_of(route) == "DELETE" and "{" in route.path)])
def test_no_query_is_a_500(site: Site, route: Route) -> None:
    path = path_of(route, "1", "7")
    queries = [query.encode("utf-8", "replace") for query in QUERIES]
    queries += [b"\xff=\xfe", b"user_id[]=\xff", b"\x00", b"a" * 70_000]
    sweep(site, [(method_of(route), path, query, b"") for query in queries])


@each(WRITES)
def test_no_body_is_a_500(site: Site, route: Route) -> None:
    sweep(site, [(method_of(route), path_of(route, "1", "7"), b"", body) for body in BODIES])


@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"\xff"])
def test_no_form_is_a_500(site: Site, kind: bytes) -> None:
    sweep(site, [("POST", "/oauth2/token", b"", body) for body in BODIES], kind)


@each(WRITES)
def test_no_value_of_a_body_is_a_500(site: Site, route: Route) -> None:
    path = path_of(route, "1", "7")
    bodies = [json.dumps(READABLE | {name: value}).encode() for name in NAMES for value in VALUES]
    sweep(site, [(method_of(route), path, b"", body) for body in bodies])


@pytest.mark.parametrize("name", ["user_id", "user_email", "user_rsvp_response"])
def test_no_value_of_an_rsvp_is_a_500(site: Site, name: str) -> None:
    rows = [{"user_id": 7, "user_rsvp_response": 1} | {name: value} for value in VALUES]
    rows += [{"user_email": value, "user_rsvp_response": 1} for value in VALUES]
    sweep(site, [("POST", "/course/v1/events/1/rsvp/batch", b"", json.dumps({"items": rows}).encode())])


@pytest.mark.parametrize("field_id", ["1", "2", "3", "4", "5", "99", "", "\x00"])
def test_no_value_of_an_enrollment_field_is_a_500(site: Site, field_id: str) -> None:
    bodies = [json.dumps({"enrollment_fields": {field_id: value}}).encode() for value in VALUES]
    sweep(site, [("POST", "/learn/v1/enrollments/60/7", b"", body) for body in bodies])


def test_no_seed_is_a_500(site: Site) -> None:
    seeds: tuple[Any, ...] = ("x", [], {}, 1.5, True, -1, 2**200)
    sweep(site, [("POST", "/sandbox/reset", b"", json.dumps({"seed": seed}).encode()) for seed in seeds])
