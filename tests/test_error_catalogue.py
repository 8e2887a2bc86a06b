# ruff: noqa: E501 — a run is read best on one line
"""Every error that the sandbox can answer has its entry in the catalogue, and a run that meets it says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.record import Record
from connector_runtime.refusal import refused, said_by
from connector_runtime.run import OPEN, run
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Json, Request, Response
from connector_runtime.wording import WORDS
from docebo_connect.sandbox import enrolling, site, unenrolling_many
from docebo_connect.sandbox.registered_webhooks import MOST_ENABLED
from tests.casebook import ROOT
from tests.refusals import ADMIN, NOBODY, POWER, REFUSED, USER, Step, sites

GENERIC = {code for kind in ("Refused", "NotFound") for code in WORDS[kind]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A sandbox that nobody changes: what is refused undoes itself."""
    opened = site(tmp_path_factory.mktemp("world"))
    for _ in range(MOST_ENABLED):
        opened.subscribe("https://hooks.invalid/")  # one more is too many
    yield opened
    opened.close()


@asynccontextmanager
async def door(world: Any, who: str) -> Any:
    """The runtime's transport, with somebody's credentials."""
    headers = world.headers if who == ADMIN else {}
    if who not in (ADMIN, NOBODY):
        form = {**world.credentials, "grant_type": "password", "username": who}
        async with door(world, NOBODY) as send:
            response: Response = await send(Request(method="POST", path="/oauth2/token", body=form))
        headers = {"authorization": f"Bearer {response.at('/access_token')}"}
    async with open_transport(Connection("sandbox", world.base_url, headers, world.app), "tests") as send:
        yield send


async def answer_to(world: Any, step: Step) -> Response:
    async with door(world, step.who) as send:
        response: Response = await send(step.request)
    return response


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: f"{step.code}: {step.method} {step.path}")
async def test_what_the_sandbox_refuses_is_in_the_catalogue(connector: Connector, world: Any, step: Step) -> None:
    habits = connector.identity.errors
    error = refused(habits, await answer_to(world, step))
    assert error is not None
    assert error.code == step.code
    assert error.code in {entry.code for entry in habits.catalogue} - GENERIC
    assert "not in the catalogue" not in error.message


async def test_no_refusal_in_the_sandboxes_source_is_left_out(world: Any) -> None:
    heard = set()
    for step in REFUSED:
        answer = await answer_to(world, step)
        if "json" in answer.headers["content-type"]:
            heard |= {answer.at("/error"), *(answer.at("/message") or [])}
    silent = [place for place, said in sites() if not any(said.fullmatch(text) for text in heard if text)]
    assert silent == [], "add a step to tests/refusals.py, and an entry to the catalogue in connector.yaml"


async def attempt(
    connector: Connector, world: Any, key: str, given: dict[str, Json], who: str = ADMIN
) -> tuple[Record, dict[str, Json]]:
    """Run an action that fails. Returns the record, and the error as it is published."""
    async with door(world, who) as send:
        record = await run(connector, key, given, line=Line(send), connection="sandbox", keep=lambda _: None, gate=OPEN)
    assert record.error is not None
    return record, record.error


SESSION = {"user_id": 8, "course_id": 1, "level": 3, "session_id": 1}
RSVP = {"event_id": 1, "items": [{"user_id": 7, "user_rsvp_response": 1}]}
RUNS: list[tuple[str, dict[str, Json], str, str, str, str]] = [
    # action, input, who runs it; code, whose move, the input that is pointed at
    ("enroll_user_into_a_course", {"user_id": 8, "course_id": 1}, ADMIN, "already_enrolled", "nobody", "/user_id"),
    ("enroll_user_into_a_course", {"user_id": 9999, "course_id": 1}, ADMIN, "unknown_user", "recipe_author", "/user_id"),
    ("enroll_user_into_a_course", {"user_id": 7, "course_id": 999}, ADMIN, "unknown_course", "recipe_author", "/course_id"),
    ("enroll_user_into_a_course", {"user_id": 1, "course_id": 42}, POWER, "permission_denied", "administrator", ""),
    ("enroll_user_into_a_course", {"user_id": 8, "course_id": 42}, USER, "permission_denied", "administrator", ""),
    ("enroll_user_into_a_course", {"user_id": 7, "course_id": 60}, ADMIN, "enrollment_field_rejected", "recipe_author", "/enrollment_fields"),
    ("enroll_user_into_a_course", {"user_id": 7, "course_id": 42}, NOBODY, "unauthorized", "connection_owner", ""),
    ("enroll_user_into_a_session", SESSION, ADMIN, "already_enrolled", "nobody", "/user_id"),
    ("enroll_user_into_a_session", SESSION | {"session_id": 3}, ADMIN, "unknown_session", "recipe_author", "/session_id"),
    ("unenroll_user_from_course", {"user_id": 7, "course_id": 42}, ADMIN, "not_enrolled", "recipe_author", "/user_id"),
    ("unenroll_user_from_course", {"user_id": 7, "course_id": 999}, ADMIN, "unknown_course", "recipe_author", "/course_id"),
    ("unenroll_user_from_session", {"user_id": 9, "course_id": 1, "session_id": 1}, ADMIN, "not_enrolled", "recipe_author", "/user_id"),
    ("unenroll_user_from_learning_plan", {"user_id": 7, "learning_plan_id": 99}, ADMIN, "unknown_learning_plan", "recipe_author", "/learning_plan_id"),
    ("unenroll_user_from_learning_plan", {"user_id": 1, "learning_plan_id": 1}, ADMIN, "not_enrolled", "recipe_author", "/user_id"),
    ("unenroll_user_from_learning_plan", {"user_id": 1, "learning_plan_id": 1}, POWER, "permission_denied", "administrator", ""),
    ("unenroll_user_from_learning_plan", {"user_id": 9999, "learning_plan_id": 1}, ADMIN, "unknown_user", "recipe_author", "/user_id"),
    ("get_enrollments", {"cursor": "none"}, ADMIN, "cursor_expired", "recipe_author", "/cursor"),
    ("get_learning_plan_course_enrollments", {"learning_plan_id": 99}, ADMIN, "unknown_learning_plan", "recipe_author", "/learning_plan_id"),
    ("batch_update_rsvp_event", RSVP | {"event_id": 9999}, ADMIN, "unknown_event", "recipe_author", "/event_id"),
    ("batch_update_rsvp_event", RSVP, USER, "permission_denied", "administrator", ""),
    ("batch_update_rsvp_event", {"event_id": 1, "items": [{"user_id": 9999, "user_rsvp_response": 1}]}, ADMIN, "all_rows_failed", "recipe_author", "/items"),
    ("batch_update_rsvp_event", {"event_id": 1, "items": [{"user_id": 1, "user_rsvp_response": 1}]}, POWER, "all_rows_failed", "recipe_author", "/items"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "given", "who", "code", "whose", "pointer"), RUNS)
async def test_a_refused_run_says_what_to_do_whose_move_it_is_and_which_input_it_is_about(
    connector: Connector, world: Any, key: str, given: dict[str, Json], who: str, code: str, whose: str, pointer: str
) -> None:
    record, error = await attempt(connector, world, key, given, who)
    assert (error["code"], error["whose"], error["pointer"]) == (code, whose, pointer)
    assert record.effect == "none"
    assert error["docs"] == f"docs/errors.md#{code}"
    assert f'<a id="{code}"></a>' in (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_reason_that_stands_in_an_accepted_answer_is_in_the_catalogue(connector: Connector) -> None:
    names = {each.name for shape in (enrolling.Outcome, unenrolling_many.Outcome) for each in fields(shape)}
    for name in names - {"enrolled", "un_enrolled"}:
        said = name.replace("_", " ")
        assert any(entry.status is None and entry.says == said for entry in connector.identity.errors.catalogue), said


def test_every_code_that_a_python_half_gives_an_error_has_its_words(connector: Connector) -> None:
    known = {(str(entry.raised), entry.code) for entry in connector.identity.errors.catalogue}
    known |= {(kind, code) for kind, said in WORDS.items() for code in said}
    for path in sorted(path for part in ("actions", "operations") for path in (ROOT / part).glob("*.py")):
        for raised in codes_in(path):
            assert raised in known, f"{path.name} raises {raised}: add an entry with `raised` to the catalogue"


def codes_in(path: Path) -> list[tuple[str, str]]:
    """Type and code of every error that a file makes."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [
        (call.func.id, str(word.value.value))
        for call in calls
        for word in call.keywords
        if word.arg == "code" and isinstance(word.value, ast.Constant) and isinstance(call.func, ast.Name)
    ]


def test_the_catalogue_says_one_thing_with_one_code(connector: Connector) -> None:
    habits = connector.identity.errors
    moves: dict[str, set[str | None]] = {}
    for entry in (said_by(habits, each) for each in habits.catalogue):
        moves.setdefault(entry.code, set()).add(entry.whose)
        assert entry.whose is not None, f"{entry.code} does not say whose move it is"
        assert entry.fix.endswith(".") and entry.cause.endswith("."), entry.code
    assert [code for code, whose in moves.items() if len(whose) > 1] == []
