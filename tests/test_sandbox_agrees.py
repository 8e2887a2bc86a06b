"""The sandbox holds to every case: same requests, same answers, same output, and the events that were expected."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Case, Connector, load
from connector_runtime.record import describe
from connector_runtime.run import OPEN, run
from connector_runtime.transport import open_transport
from connector_runtime.values import Json, Request, Response
from docebo_connect.sandbox import site
from tests.agreement import differences, hold_to_every_value
from tests.casebook import ROOT, connection_for, every_case

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
