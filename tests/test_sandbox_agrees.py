"""The sandbox holds to every case: same requests, same statuses, same keys, and the events that were expected."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.definition import Case, Connector, load
from connector_runtime.record import describe
from connector_runtime.run import run
from connector_runtime.transport import open_transport
from connector_runtime.values import Json, Request, Response
from docebo_connect.sandbox import site
from tests.casebook import ROOT, connection_for, every_case

CONNECTOR = load(ROOT)
CASES = [(key, name) for key, name in every_case(CONNECTOR) if CONNECTOR.case(key, name).sandbox == "agrees"]


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
            ready = await run(
                connector, earlier.action, earlier.given, send=send, connection="sandbox", keep=lambda _: None
            )
            assert ready.succeeded, ready.error
        seen = len(world.deliveries())
        record = await run(connector, key, case.given, send=watched, connection="sandbox", keep=lambda _: None)
        deliveries = world.deliveries()[seen:]
    world.close()

    _same_outcome(case, record.document())
    _same_exchanges(case, exchanges)
    assert _delivered_as_expected(record.events, deliveries), (record.events, deliveries)


def _same_outcome(case: Case, record: dict[str, Json]) -> None:
    if case.fails is None:
        assert record["error"] is None
        assert record["output"].keys() == (case.returns or {}).keys()
    else:
        assert record["error"] is not None
        found = (record["error"]["type"], record["effect"], record["error"]["code"])
        assert found == (case.fails.error, case.fails.effect, case.fails.code or record["error"]["code"])
    expected = [{"event": e.event, "status": "expected", "match": e.match, "count": e.count} for e in case.emits]
    assert sorted(record["events"], key=str) == sorted(expected, key=str)


def _same_exchanges(case: Case, exchanges: list[tuple[Request, Response]]) -> None:
    assert len(exchanges) == len(case.exchanges)
    for (request, response), told in zip(exchanges, case.exchanges, strict=True):
        asked = told.request
        assert describe(request) == {
            "method": asked.method,
            "path": asked.path,
            "query": asked.query,
            "body": asked.body,
        }
        assert response.status == told.response.status
        if told.response.text is None:
            missing = set(_keys(told.response.body)) - set(_keys(response.json))
            assert not missing, f"the sandbox's answer lacks {missing}"


def _keys(value: Json, inside: str = "") -> Iterator[str]:
    """The paths of all keys in an answer; the rows of a list count as one."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"{inside}/{key}"
            yield from _keys(part, f"{inside}/{key}")
    elif isinstance(value, list):
        for part in value:
            yield from _keys(part, f"{inside}/*")


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
