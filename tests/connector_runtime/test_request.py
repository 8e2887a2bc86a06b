"""The second room: what leaves is made of inputs, constants, and what the handler adds by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connector_runtime.definition.grammar import RequestTemplate, WireHabits
from connector_runtime.definition.mapping import Constant
from connector_runtime.request import draft, draft_read, filled, query_of
from connector_runtime.values import Json
from tests.connector_runtime.workshop import HABITS, declared

REPEAT = WireHabits(query_list="repeat", query_boolean="false/true", date_time="%d.%m.%Y", zone="UTC", no_value=[])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def template(**parts: Any) -> RequestTemplate:
    return RequestTemplate(**{"method": "POST", "path": "/x", **parts})


def body(entries: list[Any], inputs: Json) -> Json:
    return draft(declared(request=template(body=entries)), HABITS, inputs).body


def test_an_input_is_sent_under_its_own_name() -> None:
    assert body(["level"], {"level": 3, "other": 4}) == {"level": 3}


def test_left_of_the_colon_is_the_wires_name() -> None:
    assert body([{"date_expire": "date_end"}], {"date_end": "2026-01-01"}) == {"date_expire": "2026-01-01"}


def test_brackets_send_a_list_of_one() -> None:
    assert body([{"user_ids": ["user_id"]}], {"user_id": 7}) == {"user_ids": [7]}


@pytest.mark.parametrize("value", [1, "x", [1], {"a": 1}, False])
def test_a_constant_is_always_sent(value: Json) -> None:
    assert body([{"channel": Constant(const=value)}], {}) == {"channel": value}


def test_an_absent_input_is_an_absent_key() -> None:
    assert body(["level", {"a": "b"}, {"c": ["d"]}], {}) == {}


def test_what_is_false_or_zero_is_not_absent() -> None:
    assert body(["a", "b", "c"], {"a": False, "b": 0, "c": []}) == {"a": False, "b": 0, "c": []}


def test_no_declared_body_is_no_body() -> None:
    assert draft(declared(request=template()), HABITS, {}).body is None


def test_bodies_keep_jsons_types_and_write_moments_as_the_platform_does() -> None:
    rows = [{"at": AT, "n": 1.5, "yes": True, "none": None}]
    assert body(["rows"], {"rows": rows}) == {
        "rows": [{"at": "2026-03-01 09:30:00", "n": 1.5, "yes": True, "none": None}]
    }


@pytest.mark.parametrize("year", [1, 999])
def test_a_moment_long_ago_has_four_digits_of_year(year: int) -> None:
    assert body(["at"], {"at": AT.replace(year=year)}) == {"at": f"{year:04}-03-01 09:30:00"}


@pytest.mark.parametrize(
    ("habits", "sent"),
    [
        (
            HABITS,
            {"ids[]": ["1", "2"], "yes": "1", "no": "0", "at": "2026-03-01 09:30:00", "n": "7", "t": "a b", "f": "1.5"},
        ),
        (
            REPEAT,
            {"ids": ["1", "2"], "yes": "true", "no": "false", "at": "01.03.2026", "n": "7", "t": "a b", "f": "1.5"},
        ),
    ],
)
def test_a_query_is_written_by_the_platforms_habits(habits: WireHabits, sent: Json) -> None:
    given = {"ids": [1, 2], "yes": True, "no": False, "at": AT, "n": 7, "t": "a b", "f": 1.5, "none": None}
    assert query_of(given, habits) == sent


@pytest.mark.parametrize(("kind", "write"), [("read", False), ("create", True), ("delete", True), ("overwrite", True)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_kind_and_not_the_method_decides_what_is_a_write(kind: str, write: bool, method: str) -> None:
    action = declared(kind=kind, request=template(method=method))
    assert draft(action, HABITS, {}).write is write


def test_a_look_beside_the_request_is_never_a_write() -> None:
    look = draft_read(HABITS, {"id": 7}, "/x/{id}", {"ids": [1]})
    assert (look.method, look.path, look.query, look.body, look.write) == ("GET", "/x/7", {"ids[]": ["1"]}, None, False)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (7, "7"),
        ("a b", "a%20b"),
        ("a/b?c#d&e", "a%2Fb%3Fc%23d%26e"),
        ("100%", "100%25"),
        ("ü", "%C3%BC"),
        ("{x}", "%7Bx%7D"),
    ],
)
def test_an_input_in_the_path_is_percent_encoded(value: Json, part: str) -> None:
    assert filled("/x/{id}/y", {"id": value}) == f"/x/{part}/y"


@pytest.mark.parametrize("odd", ["class", "a.b", "a!r", "a:>9", "0"])
def test_an_input_in_the_path_may_have_any_name(odd: str) -> None:
    assert filled(f"/x/{{{odd}}}/y/{{id}}", {odd: "ü", "id": 7, "other": object()}) == "/x/%C3%BC/y/7"


@pytest.mark.parametrize("value", [".", ".."])
def test_an_input_in_the_path_cannot_climb_out_of_it(value: str) -> None:
    assert value not in filled("/x/{id}/y", {"id": value}).split("/")


def test_what_the_handler_adds_wins_over_the_declaration() -> None:
    action = declared(request=template(query=["a"], body=["a"]))
    request = draft(action, HABITS, {"a": 1}, path="/other/{a}", query={"a": 2, "b": [3]}, body={"a": 4})
    assert (request.path, request.query, request.body) == ("/other/1", {"a": "2", "b[]": ["3"]}, {"a": 4})


def test_a_handler_may_give_a_body_where_none_is_declared() -> None:
    assert draft(declared(request=template()), HABITS, {}, body={"a": 1}).body == {"a": 1}
