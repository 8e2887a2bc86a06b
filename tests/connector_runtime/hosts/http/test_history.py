"""Runs looked for over the API: filters, search, pages and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from connector_runtime.hosts.http import history
from connector_runtime.hosts.http.history import is_about
from connector_runtime.values import Json
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.store.test_runs import document


def keep(api: Hosted, number: int, **changes: Json) -> str:
    """A run of that day of January."""
    moment = f"2026-01-{number:02}T09:00:00.000Z"
    run_id = f"202601{number:02}-090000-{number:08x}"
    runs = api.host.opened("main").home.runs
    runs.save(document(run_id, started_at=moment, status="succeeded", action="lend_book", **changes))
    return run_id


async def listed(api: Hosted, **query: Any) -> list[str]:
    answer = await api.client.get("/v1/runs", params=query, headers={"authorization": f"Bearer {api.key}"})
    assert answer.status_code == 200, answer.text
    return [each["run_id"] for each in answer.json()["items"]]


async def test_filters_leave_what_all_of_them_mean(api: Hosted) -> None:
    one = keep(api, 1, effect="done", connection="a")
    two = keep(api, 2, effect="done", connection="b")
    three = keep(api, 3, effect="unknown", connection="b")
    assert await listed(api, effect="done") == [two, one]
    assert await listed(api, effect="done", connection="b", action="lend_book") == [two]
    assert await listed(api, since="2026-01-02") == [three, two]
    assert await listed(api, until="2026-01-02") == [two, one], "the whole day"
    assert await listed(api, since="2026-01-02T10:00:00+01:00", until="2026-01-02T09:00:00Z") == [two]
    assert await listed(api, since="2026-01-02T09:00:01") == [three]


async def test_a_run_is_searched_by_its_id_or_by_what_was_filled_in(api: Hosted) -> None:
    one = keep(api, 1, input={"member_id": 7, "book_code": "B-1"})
    two = keep(api, 2, input={"member_id": "17", "loans": [{"book_code": "B-1"}]})
    keep(api, 3, input={"note": "7 of 17"}, output={"member_id": 7})
    assert await listed(api, search="7") == [one]
    assert await listed(api, search="B-1") == [two, one]
    assert await listed(api, search="member_id=17") == [two]
    assert await listed(api, search="book_code=17") == []
    assert await listed(api, search=two) == await listed(api, search="00000002") == [two]


@pytest.mark.parametrize(
    ("given", "text", "about"),
    [
        ({"x": True}, "true", True),
        ({"x": "a, b,c"}, "b", True),
        ({"x": [{"id": 5}, {"id": 6}]}, "id=6", True),
        ({"x": {"a": None}}, "null", False),
        ({"x": "k=v"}, "k=v", True),
        ({"x": "12"}, "1", False),
        (None, "1", False),
    ],
)
def test_a_value_is_found_whole_wherever_it_stands(given: Json, text: str, about: bool) -> None:
    record: Mapping[str, Json] = {"run_id": "20260101-090000-00000001", "input": given}
    assert is_about(record, text) is about


def test_a_part_of_an_id_is_long_enough_to_mean_it() -> None:
    record: Mapping[str, Json] = {"run_id": "20260101-090000-0000000f", "input": {}}
    assert is_about(record, "20260101") and is_about(record, "0000000f") and not is_about(record, "0f")


async def test_pages_of_a_choice_have_each_run_once(api: Hosted) -> None:
    kept = [keep(api, number, effect="done" if number % 2 else "none", input={"n": 7}) for number in range(1, 12)]
    for query in ("effect=done", "search=n%3D7", "search=7&effect=done"):
        seen, before = [], ""
        while True:
            page = (await api("GET", f"/v1/runs?limit=2&{query}{before}")).json()
            seen += [each["run_id"] for each in page["items"]]
            if page["next"] is None:
                break
            before = f"&before={page['next']}"
        assert seen == [each for each in kept[::-1] if "effect" not in query or int(each[-8:], 16) % 2]


async def test_a_search_that_has_looked_at_many_says_where_it_goes_on(
    api: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LOOKED_AT", 4)
    monkeypatch.setattr(history, "AT_ONCE", 2)
    one = keep(api, 1, input={"n": 7})
    for number in range(2, 8):
        keep(api, number, input={"n": "not 7" if number % 2 else "other"})
    first = (await api("GET", "/v1/runs?search=7")).json()
    assert first["items"] == [] and first["next"] is not None
    second = (await api("GET", f"/v1/runs?search=7&before={first['next']}")).json()
    assert [each["run_id"] for each in second["items"]] == [one]


async def test_runs_are_counted_by_what_became_of_them_as_far_as_the_key_sees(api: Hosted) -> None:
    keep(api, 1, effect="done", connection="a")
    keep(api, 2, effect="done", connection="a")
    keep(api, 3, effect="unknown", connection="b")
    counted = (await api("GET", "/v1/runs/counts")).json()["items"]
    assert counted == [
        {"status": "succeeded", "effect": "done", "number": 2},
        {"status": "succeeded", "effect": "unknown", "number": 1},
    ]
    only = api.made("read", connections=["b"])
    assert [each["number"] for each in (await api("GET", "/v1/runs/counts", key=only)).json()["items"]] == [1]
    assert len((await api("GET", "/v1/runs?connection=a", key=only)).json()["items"]) == 0


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-02-30", "since=0001-01-01T00:00:00%2B10:00", "effect=maybe"]
)
async def test_what_is_no_filter_is_said(api: Hosted, query: str) -> None:
    answer = await api("GET", f"/v1/runs?{query}")
    assert answer.status_code == 422 and query.partition("=")[0] in answer.text
