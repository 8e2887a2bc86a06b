"""Every pick list and every list of fields that the connector declares is read on the sandbox, as a form would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import docebo_connect
from connector_runtime import Session
from connector_runtime.errors import InvalidInput, Refused
from connector_runtime.transport import Connection
from connector_runtime.values import Json
from docebo_connect.sandbox import site
from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import Client

PICKED: list[tuple[str, str, dict[str, Json], Json, str]] = [
    ("enroll_user_into_a_course", "user_id", {}, 7, "7 — Maya Okafor"),
    ("enroll_user_into_a_course", "course_id", {}, 42, "42 — Information Security Essentials"),
    ("enroll_user_into_a_session", "session_id", {"course_id": 1}, 1, "1 — Group A"),
    ("unenroll_user_from_learning_plan", "learning_plan_id", {}, 1, "1 — Onboarding"),
    ("batch_update_rsvp_event", "event_id", {"session_id": "1"}, 1, "1 — Opening day"),
    ("get_enrollments", "id_course", {}, 42, "42 — Information Security Essentials"),
]


async def every(session: Session, action: str, field: str, given: dict[str, Json]) -> list[Json]:
    """The values on all pages of a list."""
    page, values = 1, list[Json]()
    while True:
        found = await session.choices(action, field, given, page=page)
        values += [choice.value for choice in found.items]
        if not found.more:
            return values
        page += 1


@pytest.mark.parametrize(("action", "field", "given", "value", "label"), PICKED, ids=[f"{p[0]} {p[1]}" for p in PICKED])
async def test_a_list_can_be_walked_and_searched_and_names_what_is_set(
    action: str, field: str, given: dict[str, Json], value: Json, label: str, tmp_path: Path
) -> None:
    async with docebo_connect.session(data_dir=tmp_path) as session:
        values = await every(session, action, field, given)
        assert value in values and len(values) == len(set(values))
        name = label.partition(" — ")[2]
        found = await session.choices(action, field, given, search=name)
        assert label in map(str, found.items)
    async with docebo_connect.session(data_dir=tmp_path) as session:  # that has read nothing before
        assert (await session.labels(action, {**given, field: value}))[f"/{field}"] == label


async def test_an_event_is_found_by_way_of_its_course_and_its_session(tmp_path: Path) -> None:
    async with docebo_connect.session(data_dir=tmp_path) as session:
        given: dict[str, Json] = {}
        for need in session.needs("batch_update_rsvp_event", "event_id"):
            given[need] = (await session.choices("batch_update_rsvp_event", need, given)).items[0].value
        found = await session.choices("batch_update_rsvp_event", "event_id", given)
    assert list(given) == ["course_id", "session_id"]
    assert found.items != []


async def test_the_courses_of_a_learning_plan_are_those_of_the_plan(tmp_path: Path) -> None:
    async with docebo_connect.session(data_dir=tmp_path) as session:
        key = "get_learning_plan_course_enrollments"
        assert await every(session, key, "course_ids", {"learning_plan_id": 1}) == [3, 6, 9, 12]
        with pytest.raises(InvalidInput, match="Learning Plan ID: is needed"):
            await session.choices(key, "course_ids")


async def test_names_with_entities_are_shown_and_searched_as_people_write_them(tmp_path: Path) -> None:
    async with docebo_connect.session(data_dir=tmp_path) as session:
        found = await session.choices("get_course_enrollments", "course_ids", search="travel & exp")
    assert {choice.label.partition(" (")[0] for choice in found.items} == {"Travel & Expenses"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Site]:
    found = site(tmp_path / "world")
    yield found
    found.close()


@pytest.fixture
def headers(world: Site) -> dict[str, str]:
    """What somebody sends who is no administrator."""
    return Client(world).as_user("maya.okafor").headers


async def test_a_user_who_may_not_list_users_is_told_so_and_sees_bare_values(
    world: Site, headers: dict[str, str], tmp_path: Path
) -> None:
    connection = Connection("maya", world.base_url, headers, world.app)
    async with docebo_connect.session(connection=connection, data_dir=tmp_path) as session:
        with pytest.raises(Refused) as refusal:
            await session.choices("enroll_user_into_a_course", "user_id")
        labels = await session.labels("enroll_user_into_a_course", {"user_id": 7})
    assert (refusal.value.code, refusal.value.pointer) == ("permission_denied", "/user_id")
    assert labels == {"/user_id": "7"}


async def test_enrollment_fields_are_given_by_name_and_kept_by_id(tmp_path: Path) -> None:
    given = {"Cost center": "finance", "Approved on": "2026-01-31", "Policy read": "yes", "Remarks": "none"}
    async with docebo_connect.session(data_dir=tmp_path) as session:
        fields = (await session.fields("enroll_user_into_a_course", {"course_id": 42}))["enrollment_fields"]
        record = await session.run(
            "enroll_user_into_a_course", {"user_id": 7, "course_id": 42, "enrollment_fields": given}
        )
    assert [field["title"] for field in fields["properties"].values()] == [
        "Cost center",
        "Purchase order",
        "Approved on",
        "Remarks",
        "Policy read",
    ]
    assert record.error is None
    assert record.input["enrollment_fields"] == {"1": 3, "3": "2026-01-31", "6": 1, "4": "none"}


async def test_course_additional_fields_filter_by_name_and_option(tmp_path: Path) -> None:
    async with docebo_connect.session(data_dir=tmp_path) as session:
        given = {"Department": "sales", "Reviewed on": {"from": "2020-01-01"}, "Sponsor": ["a", "b"]}
        record = await session.run("get_enrollments", {"course_additional_fields": given})
        wrong = await session.run("get_enrollments", {"course_additional_fields": {"Department": "law", "x": 1}})
    assert record.error is None
    query = record.requests[0]["query"]
    assert {name: query[name] for name in query if name.startswith("field_")} == {
        "field_1": "3",
        "field_3[from]": "2020-01-01",
        "field_2[]": ["a", "b"],
    }
    assert [problem["title"] for problem in (wrong.error or {})["problems"]] == [
        "Course Additional fields, Department",
        "Course Additional fields, x",
    ]
