"""The fixed points that world.yaml promises, for any seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST, PLAN_COURSE_LIST, PLAN_LIST, Client


@pytest.fixture(scope="module", params=[1, 2, 77])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    directory: Path = tmp_path_factory.mktemp("world")
    with Site(directory, seed=request.param) as site:
        yield Client(site, site.headers)


def test_the_demos_user_is_in_neither_of_the_demos_courses(api: Client) -> None:
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=42&course_id[]=1") == 0
    sessions = api.items(f"{MY_LIST}?id_user[]=7&get_session_details=1&page_size=200")
    assert all(item["enrolled_sessions"] == [] for item in sessions)


def test_the_demos_user_is_in_the_first_learning_plan_and_its_courses(api: Client) -> None:
    assert [item["learning_plan_id"] for item in api.items(f"{PLAN_LIST}?user_id[]=7")] == [1]
    assert {item["course_id"] for item in api.items(f"{PLAN_COURSE_LIST}?user_id[]=7")} == {3, 6, 9, 12}


def test_there_are_forty_courses_of_each_type(api: Client) -> None:
    for kind, remainder in (("elearning", 0), ("classroom", 1), ("webinar", 2)):
        items = api.items(f"/course/v1/courses?type[]={kind}&page_size=200")
        assert len(items) == 40
        assert {item["id"] % 3 for item in items} == {remainder}


def test_course_42_is_an_elearning_course_of_the_same_name_in_every_world(api: Client) -> None:
    item = next(item for item in api.items("/course/v1/courses?page_size=200") if item["id"] == 42)
    assert (item["type"], item["name"]) == ("elearning", "Information Security Essentials")


def test_session_1_is_upcoming_with_events_1_to_3_and_free_places(api: Client) -> None:
    first, second = api.items("/course/v1/courses/1/sessions")
    assert (first["id"], second["id"]) == (1, 2)
    assert first["date_start"] > "2030"
    assert first["enrolled"] < first["max_enrollments"]
    assert second["enrolled"] >= second["max_enrollments"]
    assert [event["id"] for event in api.items("/course/v1/sessions/1/events")] == [1, 2, 3]
    assert [session["id"] for session in api.items("/course/v1/courses/4/sessions")] == [3, 4]


def test_every_session_has_one_to_three_dates(api: Client) -> None:
    counts = [api.total(f"/course/v1/sessions/{number}/events") for number in range(1, 13)]
    assert set(counts) <= {1, 2, 3}


def test_user_8_is_in_session_1_and_user_9_in_the_course_alone(api: Client) -> None:
    eight, nine = (api.items(f"{MY_LIST}?id_user[]={user}&id_course[]=1&get_session_details=1")[0] for user in (8, 9))
    assert [session["id"] for session in eight["enrolled_sessions"]] == [1]
    assert nine["enrolled_sessions"] == []


def test_there_are_two_hundred_users_of_all_kinds_with_awkward_names(api: Client) -> None:
    users = api.items("/manage/v1/user?page_size=200")
    assert [user["user_id"] for user in users] == [str(number) for number in range(1, 201)]
    assert [user["level"] for user in users[:7]] == ["godadmin"] * 2 + ["powuser"] * 3 + ["user"] * 2
    assert [user["user_id"] for user in users if user["status"] == "0"] == ["6"]
    names = " ".join(user["fullname"] for user in users)
    assert "'" in names
    assert "&#039;" in names
    assert not names.isascii()
    assert len({user["username"] for user in users}) == 200
    assert all(user["username"].isascii() for user in users)


def test_there_are_some_thousand_enrollments_in_every_status(api: Client) -> None:
    assert 3000 < api.total(COURSE_LIST) < 9000
    words = ("enrolled", "in_progress", "completed", "waiting", "suspended", "subscription_to_confirm", "overbooking")
    totals = {word: api.total(f"{COURSE_LIST}?enrollment_status[]={word}") for word in words}
    assert all(totals.values())
    assert sum(totals.values()) == api.total(COURSE_LIST)


def test_no_time_in_the_seeded_world_is_later_than_its_anchor(api: Client) -> None:
    items = api.items(f"{COURSE_LIST}?sort_attr=enrollment_date_last_updated&sort_dir=desc&page_size=1")
    assert items[0]["enrollment_date_last_updated"] < "2026-09-01"


def test_the_raw_material_lies_where_the_checkout_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from docebo_connect.sandbox import world

    assert world.material_path().parts[-2:] == ("fixtures", "world.yaml")
    packaged = tmp_path / "docebo_connect" / "connector" / "fixtures" / "world.yaml"
    packaged.parent.mkdir(parents=True)
    packaged.touch()
    monkeypatch.setattr(world, "__file__", str(tmp_path / "docebo_connect" / "sandbox" / "world.py"))
    find: Callable[[], Path] = world.material_path
    assert find() == packaged
