"""The sandbox holds to every case: same requests, same answers, same output, and the events that were expected.

And it holds to every trigger: each one is announced, as it is declared.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Case, Connector, load
from connector_runtime.definition.delivery import sample_faults
from connector_runtime.record import describe
from connector_runtime.run import OPEN, run
from connector_runtime.transport import open_transport
from connector_runtime.values import Json, Request, Response
from connector_runtime.yamlfile import Document
from docebo_connect.sandbox import events, site
from tests.agreement import differences, hold_to_every_value
from tests.casebook import ROOT, connection_for, every_case
from tests.docebo_connect.sandbox.client import CASCADE, Client

CONNECTOR = load(ROOT)
CASES = [(key, name) for key, name in every_case(CONNECTOR) if CONNECTOR.case(key, name).sandbox == "agrees"]
EXCUSED = [(key, name) for key, name in every_case(CONNECTOR) if CONNECTOR.case(key, name).sandbox == "cannot"]
UNKEPT: dict[str, Any] = {"connection": "sandbox", "keep": lambda _: None, "gate": OPEN}


@pytest.fixture(scope="session")
def fresh_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a sandbox that nobody has touched."""
    directory = tmp_path_factory.mktemp("world")
    site(directory).close()
    return directory


@pytest.mark.parametrize(("key", "name"), CASES, ids=[f"{key}/{name}" for key, name in CASES])
async def test_the_sandbox_answers_as_the_case_says(
    connector: Connector, key: str, name: str, fresh_world: Path, tmp_path: Path
) -> None:
    case = connector.case(key, name)
    world = site(shutil.copytree(fresh_world, tmp_path / "world"), without=case.without)
    exchanges: list[tuple[Request, Response]] = []
    async with open_transport(connection_for(case, world), "tests") as send:

        async def watched(request: Request) -> Response:
            response: Response = await send(request)
            exchanges.append((request, response))
            return response

        for earlier in case.before:
            ready = await run(connector, earlier.action, earlier.given, line=Line(send), **UNKEPT)
            assert ready.succeeded, ready.error
        seen = len(world.deliveries())
        record = await run(connector, key, case.given, line=Line(watched), if_already=case.if_already, **UNKEPT)
        deliveries = world.deliveries()[seen:]
    world.close()

    hold_to_every_value(case, record)
    _same_exchanges(key, case, exchanges)
    if case.fails is None or case.fails.effect == "none":  # a run that failed after its change expects nothing
        assert _delivered_as_expected(record.events, deliveries), (record.events, deliveries)


Step = tuple[str, str, Json]
PLAN_7 = {"user_ids": [7], "learningplan_ids": [1], CASCADE: True}
IN_SESSION = {"user_id": 9, "session_id": 1}
STORY: list[Step] = [
    ("POST", "/learn/v1/enrollments/42/7", {"date_begin_validity": "2026-01-10"}),
    ("PUT", "/learn/v1/enrollments/42/7", {"status": "in_progress"}),
    ("PUT", "/learn/v1/enrollments/42/7", {"status": "completed"}),
    ("DELETE", "/learn/v1/enrollments/42/7", None),
    ("POST", "/learn/v1/enrollments/45/7", {}),
    ("POST", "/learn/v1/enrollments", {"course_ids": [42, 48], "user_ids": [101, 102, 103]}),
    ("POST", "/sandbox/complete", {"user_id": 101, "course_id": 42}),
    ("POST", "/learn/v1/enrollments", {"course_ids": [1], "user_ids": [9], "level": 3, "session_id": 1}),
    ("POST", "/sandbox/update", {**IN_SESSION, "status": "in_progress"}),
    ("POST", "/sandbox/complete", IN_SESSION),
    ("POST", "/sandbox/unenroll", IN_SESSION),
    ("POST", "/learningplan/v1/learningplans/2/enrollments/7", None),
    ("POST", "/sandbox/complete", {"user_id": 7, "learning_plan_id": 2}),
    ("DELETE", "/learn/v1/enrollments", PLAN_7),
]
"""Every change that the sandbox announces, through every route that makes it."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """All deliveries of the story."""
    world = site(tmp_path_factory.mktemp("told"))
    client = Client(world, world.headers)
    for method, path, body in STORY:
        before = len(world.deliveries())
        answer = client.request(method, path, json=body)
        assert answer.is_success, (method, path, answer.text)
        assert len(world.deliveries()) > before, (method, path)
    deliveries = world.deliveries()
    world.close()
    return deliveries


def test_the_sandbox_announces_every_declared_event_and_no_other(
    connector: Connector, told: list[dict[str, Any]]
) -> None:
    constants = {value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}
    assert {delivery["event"] for delivery in told} == constants == set(connector.triggers)


def test_every_delivery_of_the_sandbox_is_as_its_trigger_declares(
    connector: Connector, told: list[dict[str, Any]]
) -> None:
    for delivery in told:
        sample = Document(Path("delivery"), delivery, {"": (1, 1)})
        assert sample_faults(connector.triggers[delivery["event"]], connector.identity, sample) == []
    assert any("payloads" in delivery for delivery in told)


def test_what_the_sandbox_invents_is_as_its_trigger_declares(connector: Connector, tmp_path: Path) -> None:
    world = site(tmp_path, faults=[{"fault": "invented_webhook", "event": event} for event in connector.triggers])
    assert Client(world, world.headers).get("/course/v1/courses/enrollments").status_code == 200
    deliveries = world.deliveries()
    world.close()
    assert [delivery["event"] for delivery in deliveries] == list(connector.triggers)
    for delivery in deliveries:
        sample = Document(Path("delivery"), delivery, {"": (1, 1)})
        assert sample_faults(connector.triggers[delivery["event"]], connector.identity, sample) == []


def test_the_sandbox_tells_as_many_fields_as_are_declared(connector: Connector, told: list[dict[str, Any]]) -> None:
    for delivery in told:
        declared = set(connector.triggers[delivery["event"]].payload["properties"])
        for payload in delivery.get("payloads", [delivery.get("payload")]):
            assert set(payload) == declared, delivery["event"]


def _same_exchanges(key: str, case: Case, exchanges: list[tuple[Request, Response]]) -> None:
    assert len(exchanges) == len(case.exchanges)
    for (request, response), told in zip(exchanges, case.exchanges, strict=True):
        assert describe(request) == asdict(told.request)
        assert response.status == told.response.status
        if told.response.text is None:
            assert list(differences(key, told.response.body, response.json, whole=False)) == []


def _delivered_as_expected(expected: list[dict[str, Json]], deliveries: list[dict[str, Any]]) -> bool:
    """Whether the deliveries are those that the record expects: each of them, and no others."""
    made = [(d["event"], payload) for d in deliveries for payload in d.get("payloads", [d.get("payload")])]
    for event in expected:
        fitting = [one for one in made if one[0] == event["event"] and event["match"].items() <= one[1].items()]
        wanted = len(fitting) if event["count"] == "one or more" else event["count"]
        if not fitting or len(fitting) != wanted:
            return False
        made = [one for one in made if one not in fitting]
    return not made


def test_answers_are_compared_by_value_and_json_type() -> None:
    told = {"id": 7, "waiting": False, "rows": [{"score": 83.0}], "cursor": "a"}

    def found(**other: Json) -> list[str]:
        return [line.partition(":")[0] for line in differences("get_books", told, {**told, **other}, whole=True)]

    assert found() == found(rows=[{"score": 83}]) == []
    assert found(id=8) == found(id="7") == found(id=None) == ["/id"]
    assert found(waiting=0) == ["/waiting"]
    assert found(rows=[]) == ["/rows"]
    assert found(rows=[{}]) == ["/rows/0/score"]
    assert found(extra=1) == ["/extra"]
    assert list(differences("get_books", told, {**told, "extra": 1}, whole=False)) == []


def test_what_is_drawn_anew_is_compared_by_type_alone() -> None:
    def found(cursor: Json) -> list[str]:
        return list(differences("get_enrollments", {"data": {"cursor": "a"}}, {"data": {"cursor": cursor}}, whole=True))

    assert found("b") == []
    assert found(None) != []


@pytest.mark.parametrize(("key", "name"), EXCUSED, ids=[f"{key}/{name}" for key, name in EXCUSED])
def test_a_case_that_the_sandbox_cannot_play_shows_or_says_why(connector: Connector, key: str, name: str) -> None:
    text = (ROOT / "fixtures" / key / f"{name}.yaml").read_text(encoding="utf-8")
    assert _shows_why(connector.case(key, name)) or "\n# The sandbox " in text


def _shows_why(case: Case) -> bool:
    """Answers that the sandbox never gives: none, no JSON, a limit, a failure of its own, a 403 to its superadmin, and
    what no run can read or trust."""
    answers = [exchange.response for exchange in case.exchanges]
    unsound = case.fails is not None and case.fails.error in ("UnexpectedOutput", "UnknownOutcome")
    return bool(
        unsound
        or case.warns
        or any(answer.lost or answer.text is not None for answer in answers)
        or any(answer.status in (403, 429) or answer.status >= 500 for answer in answers)
    )
