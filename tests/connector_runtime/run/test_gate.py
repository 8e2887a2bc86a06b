"""A guess never changes a real platform unasked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.definition.source import Assumption, Source
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.session import Session
from connector_runtime.run import CLOSED, OPEN, Gate, Stream, plan, run
from connector_runtime.transport import Connection
from connector_runtime.values import Json, Kind
from tests.connector_runtime.run.lists import loans, page
from tests.connector_runtime.transport.loopback import connection, platform, saying
from tests.connector_runtime.workshop import Platform, Shelf, answer, declared, housed

SEEN = Assumption(grade="O", why="One program does so.")
GUESSED = Assumption(grade="I", why="It is the usual way.")
METHOD = "its method DELETE is only assumed (grade O, observed in programs or data): One program does so."
PATH = "its path /act is only assumed (grade I, inferred): It is the usual way."
WRITES: tuple[Kind, ...] = ("create", "delete", "overwrite")


def guess(kind: Kind = "delete", /, **assumed: Assumption) -> Connector:
    """A connector of one action; `method` and `path` are what is assumed of its endpoint."""
    source = Source(article=None, assumed={f"/request/{part}": why for part, why in assumed.items()})
    return housed(declared(kind=kind, source=source, request=RequestTemplate(method="DELETE", path="/act")))


async def ran(connector: Connector, gate: Gate, *answers: Json) -> tuple[dict[str, Json], Platform, Shelf]:
    there, shelf = Platform(*answers), Shelf()
    record = await run(connector, "act", {}, line=Line(there.send), connection="acme", keep=shelf.keep, gate=gate)
    return record.document(), there, shelf


@pytest.mark.parametrize("kind", WRITES)
async def test_a_change_by_an_assumed_endpoint_is_refused_and_nothing_is_sent(kind: Kind) -> None:
    document, there, shelf = await ran(guess(kind, method=SEEN, path=GUESSED), CLOSED)
    assert there.requests == [] and document["requests"] == []
    assert (document["status"], document["effect"]) == ("failed", "none")
    assert shelf.documents[-1] == document
    error = document["error"]
    assert (error["type"], error["code"], error["effect"]) == ("InvalidInput", "assumed_endpoint", "none")
    assert [(problem["title"], problem["message"]) for problem in error["problems"]] == [
        ("Connection", f"Act is not allowed: {METHOD}"),
        ("Connection", f"Act is not allowed: {PATH}"),
    ]
    assert error["fix"] == (
        "Nothing was sent. Try it on the sandbox. "
        "To allow it on acme, whoever keeps that connection adds act to its allow_assumed."
    )


@pytest.mark.parametrize("assumed", [{"method": SEEN}, {"path": GUESSED}])
async def test_one_assumption_about_the_endpoint_is_enough(assumed: dict[str, Assumption]) -> None:
    document, there, _ = await ran(guess(**assumed), CLOSED)
    assert (document["error"]["code"], there.requests) == ("assumed_endpoint", [])
    assert len(document["error"]["problems"]) == 1


async def test_an_assumption_about_anything_else_refuses_nothing() -> None:
    document, _, _ = await ran(guess(**{"body/0": GUESSED, "query/0": GUESSED}), CLOSED, answer({}))
    assert (document["status"], document["warnings"]) == ("succeeded", [])


async def test_a_change_that_the_connection_allows_is_made() -> None:
    document, there, _ = await ran(guess(path=GUESSED), Gate(allowed=frozenset({"act"})), answer({}))
    assert (document["effect"], len(there.requests), document["warnings"]) == ("done", 1, [])


async def test_that_another_action_is_allowed_allows_nothing() -> None:
    document, there, _ = await ran(guess(path=GUESSED), Gate(allowed=frozenset({"act_twice", "a", "c", "t"})))
    assert (document["error"]["code"], there.requests) == ("assumed_endpoint", [])


async def test_where_nothing_real_can_change_everything_may() -> None:
    document, _, _ = await ran(guess(path=GUESSED), OPEN, answer({}))
    assert (document["effect"], document["warnings"]) == ("done", [])


async def test_a_read_by_an_assumed_endpoint_runs_with_a_warning_on_a_real_platform_only() -> None:
    connector = guess("read", method=SEEN, path=GUESSED)
    real, _, _ = await ran(connector, CLOSED, answer({}))
    here, _, _ = await ran(connector, OPEN, answer({}))
    assert (real["status"], here["status"]) == ("succeeded", "succeeded")
    assert real["warnings"] == [{"pointer": "", "message": METHOD}, {"pointer": "", "message": PATH}]
    assert here["warnings"] == []


async def test_a_refusal_comes_before_the_input_is_looked_at() -> None:
    there, shelf = Platform(), Shelf()
    record = await run(guess(path=GUESSED), "act", [], line=Line(there.send), connection="acme", keep=shelf.keep)
    assert record.error is not None and record.error["code"] == "assumed_endpoint"


async def test_a_plan_is_refused_as_the_run_would_be() -> None:
    there = Platform()
    with pytest.raises(InvalidInput) as caught:
        await plan(guess(path=GUESSED), "act", {}, line=Line(there.send), connection="acme")
    assert (caught.value.code, caught.value.effect, there.requests) == ("assumed_endpoint", "none", [])
    assert "on acme, whoever keeps that connection adds act to its allow_assumed" in caught.value.fix


async def test_a_plan_warns_as_the_run_would() -> None:
    whole = await plan(guess("read", path=GUESSED), "act", {}, line=Line(Platform().send), connection="acme")
    assert whole.warnings == [{"pointer": "", "message": PATH}]
    allowed = Gate(allowed=frozenset({"act"}))
    whole = await plan(guess(path=GUESSED), "act", {}, line=Line(Platform().send), connection="acme", gate=allowed)
    assert (whole.warnings, [request["sent"] for request in whole.requests]) == ([], [False])


async def test_a_read_of_many_pages_warns_once(toy: Connector) -> None:
    action = toy.action("list_loans")
    assumed = {"/request/path": GUESSED}
    told = replace(toy, actions={action.key: replace(action, source=replace(action.source, assumed=assumed))})
    there, shelf = Platform(page(loans(1)), page(loans(2), more=False)), Shelf()
    stream = Stream(told, "list_loans", {}, line=Line(there.send), connection="acme", keep=shelf.keep)
    assert len([row async for row in stream.rows()]) == 2
    assert stream.record is not None
    assert [warning["message"][:27] for warning in stream.record.warnings] == ["its path /loans is only ass"]


def test_a_gate_is_closed_unless_its_connection_stays_here_or_allows_something() -> None:
    assert Gate.of(Connection("x", "https://acme.example.com")) == CLOSED
    assert Gate.of(Connection("x", "http://127.0.0.1:80")) == OPEN
    assert Gate.of(Connection("sandbox", "http://sandbox.invalid", app=object())) == OPEN
    allowing = Connection("x", "https://acme.example.com", allow_assumed=frozenset({"act"}))
    assert Gate.of(allowing) == Gate(allowed=frozenset({"act"}))


async def test_a_session_passes_on_what_its_connection_says(tmp_path: Path) -> None:
    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived):
        real = connection(url.replace("127.0.0.1", "acme.example.com"), resolver=here)
        results = []
        for mine in (real, replace(real, allow_assumed=frozenset({"act"})), connection(url)):
            async with Session(guess(path=GUESSED), connection=mine, data_dir=tmp_path) as session:
                results.append((await session.run("act", {})).effect)
    assert (results, len(arrived)) == (["none", "done", "done"], 2)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("batch_update_rsvp_event", "assumed_endpoint"),
        ("unenroll_user_from_course", "invalid_input"),  # the article has its path; another is tried after it
        ("unenroll_user_from_session", "assumed_endpoint"),
        ("enroll_user_into_a_course", "invalid_input"),
        ("enroll_user_into_a_session", "invalid_input"),
        ("unenroll_user_from_learning_plan", "invalid_input"),
    ],
)
async def test_these_changes_of_the_connector_are_guesses(connector: Connector, key: str, code: str) -> None:
    record = await run(connector, key, {}, line=Line(Platform().send), connection="acme", keep=Shelf().keep)
    assert record.error is not None and record.error["code"] == code
