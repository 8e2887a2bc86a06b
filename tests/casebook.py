"""Case files played: each is a run told in room order, with the platform's answers in a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connector_runtime.connections import Line
from connector_runtime.definition import Case, Connector
from connector_runtime.definition.case import CaseResponse, Exchange
from connector_runtime.errors import Unreachable
from connector_runtime.record import Record, describe
from connector_runtime.run import OPEN, run
from connector_runtime.transport import Connection
from connector_runtime.values import Json, Request, Response

ROOT = Path(__file__).parents[1]


class Script:
    """The platform of a case: answers in the case's order, and holds every request to the letter."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        self.left = list(exchanges)
        self.unexpected: list[str] = []
        """What was sent and is not in the script. A look after a lost answer may fail without a word, so it is kept."""

    async def send(self, request: Request) -> Response:
        exchange = self.left.pop(0) if self.left else None
        if exchange is None or describe(request) != asdict(exchange.request):
            self.unexpected.append(f"{describe(request)} instead of {exchange and asdict(exchange.request)}")
            raise AssertionError(self.unexpected[-1])
        if exchange.response.lost:
            raise Unreachable("the platform did not answer (ReadTimeout)", effect="unknown")
        return answer_of(exchange.response)


def answer_of(told: CaseResponse) -> Response:
    """The answer that a case tells."""
    content = told.text.encode() if told.text is not None else json.dumps(told.body).encode()
    return Response(told.status, {"content-type": "application/json"}, content)


async def play(connector: Connector, key: str, case: Case) -> tuple[Record, list[dict[str, Json]]]:
    """Run a case on its script. Returns the record, and the record's document at each time it was kept."""
    kept: list[dict[str, Json]] = []
    script = Script(case.exchanges)
    record = await run(
        connector,
        key,
        case.given,
        line=Line(script.send),
        connection="script",
        keep=lambda record: kept.append(deepcopy(record.document())),
        gate=OPEN,
        if_already=case.if_already,
    )
    assert script.unexpected == []
    assert script.left == [], "the script has answers that nobody asked for"
    return record, kept


def hold_to(case: Case, record: Record) -> None:
    """Assert that a record is what the case says: output, failure, events, warnings."""
    events = [{"event": e.event, "status": "expected", "match": e.match, "count": e.count} for e in case.emits]
    if case.fails is None:
        assert record.error is None
        assert record.output == case.returns
    else:
        assert record.error is not None, f"expected {case.fails.error}, but the run succeeded"
        found = {"error": record.error["type"], "effect": record.effect}
        assert found == {"error": case.fails.error, "effect": case.fails.effect}, record.error["message"]
        assert case.fails.code in (None, record.error["code"])
        assert (case.fails.says or "") in record.error["message"]
        assert [problem["field"] for problem in record.error["problems"]] == case.fails.problems
    assert sorted(record.events, key=str) == sorted(events, key=str)
    assert record.already == case.already
    assert [warning["pointer"] for warning in record.warnings] == case.warns


def every_case(connector: Connector) -> Iterator[tuple[str, str]]:
    """Action or operation key, and case name, of every case file."""
    for key in connector.declared:
        for name in connector.cases(key):
            yield key, name


def connection_for(case: Case, site: Any) -> Connection:
    """The connection to a sandbox on which a case is told: a story about credentials has wrong ones."""
    refused = case.fails is not None and case.fails.error == "Unauthorized"
    headers = {"authorization": "Bearer expired"} if refused else site.headers
    return Connection("sandbox", site.base_url, headers, site.app)
