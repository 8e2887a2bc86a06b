"""Small declarations, platforms made of scripted answers, and copies of the toy connector to spoil."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from connector_runtime.connections import Line
from connector_runtime.definition import Action, Connector, load
from connector_runtime.definition.connection import Authentication, ConnectionTemplate, Method
from connector_runtime.definition.grammar import (
    AnswerTemplate,
    Catalogued,
    ErrorHabits,
    Identity,
    RequestTemplate,
    WireHabits,
)
from connector_runtime.definition.source import Source
from connector_runtime.errors import DefinitionError, Unreachable
from connector_runtime.handler import Call
from connector_runtime.inputs import as_given, check_inputs
from connector_runtime.record import Record
from connector_runtime.run import OPEN, run
from connector_runtime.schema import completed
from connector_runtime.values import Flow, Handler, Inputs, Json, Problems, Request, Response
from tests.casebook import ROOT

TOY = ROOT / "tests" / "toy_connector"

HABITS = WireHabits(
    query_list="brackets", query_boolean="0/1", date_time="%Y-%m-%d %H:%M:%S", zone="UTC", no_value=["0000-00-00"]
)
AUTHENTICATION = Authentication(
    input={"properties": {"token": {"title": "Token", "type": "string", "x-secret": True}}},
    methods={"token": Method(grant="token", title="Token", description="One that you have.")},
)
IDENTITY = Identity(
    key="small",
    title="Small",
    version="1.2.3",
    summary="Does one thing.",
    connection=ConnectionTemplate(
        input={}, base_url="https://small.invalid", test="act", authentication=AUTHENTICATION
    ),
    wire=HABITS,
    errors=ErrorHabits(
        message="/message",
        catalogue=[
            Catalogued(says="taken", code="taken", cause="It is taken.", fix="Choose another."),
            Catalogued(status=400, code="bad", cause="It is bad.", fix="Make it good."),
        ],
    ),
)

NEVER_SENT = Unreachable("the platform could not be reached (ConnectError)")
LOST = Unreachable("the platform did not answer (ReadTimeout)", effect="unknown")

Answer = Response | BaseException


def declared(*, input: Json = None, output: Json = None, **others: Any) -> Action:
    """An action `act` with these schemas; a read, unless `kind` says otherwise."""
    whole: dict[str, Any] = {
        "key": "act",
        "title": "Act",
        "action_name": "Act",
        "summary": "Acts.",
        "description": "Acts.",
        "source": Source(article="Act"),
        "request": RequestTemplate(method="GET", path="/act"),
        "response": AnswerTemplate(),
        "kind": "read",
        "samples": ["one"],
    }
    schemas = {"input": completed(input or {"properties": {}}), "output": completed(output or {"properties": {}})}
    return Action(**(whole | others | schemas))


def one_request(call: Call) -> Flow:
    """What most handlers do."""
    response = yield call.request()
    return call.output(response)


def handler(run: Callable[[Call], Any] = one_request, check: Callable[[Inputs], Problems] | None = None) -> Handler:
    return cast(Handler, SimpleNamespace(run=run, check=check, applied=None))


def housed(action: Action, half: Handler | None = None, **identity: Any) -> Connector:
    """A connector of that one action."""
    return Connector(
        folder=Path("nowhere"),
        identity=replace(IDENTITY, **identity),
        actions={action.key: action},
        triggers={},
        _handlers={action.key: half or handler()},
    )


def answer(body: Json, status: int = 200, **headers: str) -> Response:
    return Response(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()
    )


def check(action: Action, half: Handler, raw: Json) -> Inputs:
    """What the first room makes of an input, however it came."""
    return check_inputs(action, half, as_given(raw))


class Platform:
    """Answers in the order of its script; an error in it is raised. `requests` is what arrived."""

    def __init__(self, *answers: Answer) -> None:
        self.left = list(answers)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        assert self.left, f"nothing more may be sent, but {request.method} {request.path} was"
        told = self.left.pop(0)
        if isinstance(told, BaseException):
            raise copy(told)  # a run may write on the error it gets
        return told


class Shelf:
    """Keeps what a store would have: the record's document at each commit."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Json]] = []

    def keep(self, record: Record) -> None:
        self.documents.append(deepcopy(record.document()))

    @property
    def effects(self) -> list[str]:
        """The effect at each commit, repetitions left out."""
        found: list[str] = []
        for document in self.documents:
            if not found or found[-1] != document["effect"]:
                found.append(document["effect"])
        return found


async def perform(connector: Connector, key: str, raw: Json, *answers: Answer) -> tuple[Record, Shelf, Platform]:
    """Run an action on a platform that gives these answers."""
    platform, shelf = Platform(*answers), Shelf()
    record = await run(connector, key, raw, line=Line(platform.send), connection="script", keep=shelf.keep, gate=OPEN)
    return record, shelf, platform


def copied(directory: Path) -> Path:
    """A copy of the toy connector, to be spoilt."""
    return Path(shutil.copytree(TOY, directory / "toy", ignore=shutil.ignore_patterns("__pycache__")))


def altered(folder: Path, file: str, old: str, new: str) -> Path:
    """Replace a text that stands once in one of the folder's files."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def faults(folder: Path) -> list[str]:
    """The faults of a folder, without the folder's own path."""
    try:
        load(folder)
    except DefinitionError as wrong:
        return [fault.removeprefix(f"{folder}/") for fault in wrong.faults]
    return []
