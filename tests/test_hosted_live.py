"""What the hosted runtime shows live: server-sent events, read until enough of them have come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from connector_runtime.hosts.directories import tenants_file
from connector_runtime.hosts.http.host import add_tenant
from connector_runtime.hosts.http.keys import now_utc
from connector_runtime.store.tenants import Tenants
from connector_runtime.values import as_text
from tests.casebook import ROOT
from tests.hosted_apart import hosted

ENROLL = "/v1/actions/enroll_user_into_a_course/run"
UNENROLL = "/v1/actions/unenroll_user_from_course/run"
SAMPLE = ROOT / "fixtures" / "webhooks" / "course.enrollment.created" / "one_enrollment.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with hosted(folder) as host:
        headers = {"authorization": f"Bearer {host.key}"}
        with httpx.Client(base_url=host.url, headers=headers, timeout=60, trust_env=False) as client:
            yield client


def messages(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """The messages of a stream, each with its fields."""
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-type"].startswith("text/event-stream")
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif fields:
            yield fields
            fields = {}


def run(client: httpx.Client, path: str, user_id: int) -> Any:
    """Each test has a user of its own: what happens twice to one within a second is one event."""
    answer = client.post(path, json={"input": {"user_id": user_id, "course_id": 42}})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_run_is_watched_until_its_event_has_arrived(client: httpx.Client) -> None:
    run_id = run(client, ENROLL, user_id=7)["run_id"]
    with client.stream("GET", f"/v1/runs/{run_id}/live") as answer:
        *shown, end = messages(answer)
    assert end == {"event": "end", "data": "{}"}
    records = [json.loads(each["data"]) for each in shown if each["event"] == "run"]
    described = client.get("/v1/openapi.json").json()["components"]["schemas"]["Run"]
    assert [list(Draft202012Validator(described).iter_errors(each)) for each in records] == [[]] * len(shown)
    assert {each["run_id"] for each in records} == {run_id}
    assert [event["status"] for event in records[-1]["events"]] == ["seen"]
    assert run(client, UNENROLL, user_id=7)["effect"] == "done"


def test_events_are_watched_and_gone_on_with_after_the_last_one(client: httpx.Client) -> None:
    with client.stream("GET", "/v1/events/live", params={"connection": "sandbox"}) as answer:
        coming = messages(answer)
        assert next(coming) == {"retry": "1000"}
        run(client, ENROLL, user_id=8)
        run(client, UNENROLL, user_id=8)
        first, second = islice((each for each in coming if "id" in each), 2)  # and whoever watches goes away
    for each in (first, second):
        assert each["event"] == "event" and str(json.loads(each["data"])["cursor"]) == each["id"]
    with client.stream("GET", "/v1/events/live", headers={"last-event-id": first["id"]}) as answer:
        again = next(each for each in messages(answer) if "id" in each)
    assert json.loads(again["data"]) == json.loads(second["data"])
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("path", ["/v1/events/live", "/v1/runs/20200101-000000-00000000/live"])
def test_nothing_is_shown_live_to_whoever_may_not_see_it(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers={"authorization": "Bearer x"}).status_code == 401
    if "runs" in path:
        missing = client.get(path)
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown")
    wrong = client.get(path, params={"nothing": "1"})
    assert wrong.status_code == 422 and wrong.headers["content-type"] == "application/problem+json"


def test_another_tenant_watches_its_own_events_only(client: httpx.Client, folder: Path) -> None:
    """It begins before all that has arrived; what is seen first is what was brought to it."""
    run_id = run(client, ENROLL, user_id=10)["run_id"]
    run(client, UNENROLL, user_id=10)
    with client.stream("GET", f"/v1/runs/{run_id}/live") as answer:  # its event has arrived when that ends
        assert list(messages(answer))[-1]["event"] == "end"
    with closing(Tenants(tenants_file(folder / "data"))) as tenants:
        shown = {"authorization": f"Bearer {add_tenant(tenants, 'second')}"}
    place = client.put("/v1/connections/sandbox/webhooks", json={}, headers=shown).json()
    brought = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    brought["payload"]["fired_at"] = as_text(now_utc())[:19].replace("T", " ")  # what is old is not shown
    answered = client.post(place["url"], json=brought, auth=(place["username"], place["password"]))
    assert answered.status_code == 202, answered.text
    with client.stream("GET", "/v1/events/live", params={"after": 0}, headers=shown) as answer:
        first = next(each for each in messages(answer) if "id" in each)
    assert json.loads(first["data"])["payload"] == brought["payload"]
    assert (
        len(client.get("/v1/events", headers=shown).json()["items"])
        == 1
        < len(client.get("/v1/events").json()["items"])
    )
    assert client.get(f"/v1/runs/{run_id}/live", headers=shown).status_code == 404
