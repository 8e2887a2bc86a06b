"""A change whose answer was lost: it is looked up, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import cast

import pytest

from connector_runtime.definition.grammar import Emit
from connector_runtime.handler import Call, Flow
from connector_runtime.values import Handler, Json, Response
from tests.connector_runtime.run.declarations import OK, WRITE, twice
from tests.connector_runtime.run.test_attempts import BROKEN, BUSY, tried
from tests.connector_runtime.workshop import HABITS, LOST, Answer, answer, one_request


def looking(*, warning: str = "") -> Handler:
    """A handler that sees on a list whether its thing is there, and when it was made."""

    def applied(call: Call) -> Flow:
        response = yield call.read("/things")
        rows = call.rows(response, "/rows", {"id": call.inputs["id"]}, more="/more")
        if not rows:
            return None if rows is None else False
        if warning:
            call.warn("", warning)
        return call.is_new(rows[0].get("made_at")) and call.found({"n": 5})

    return cast(Handler, SimpleNamespace(run=one_request, check=None, applied=applied))


def listing(*rows: Json, **headers: str) -> Response:
    return answer({"rows": list(rows), "more": False}, 200, **headers)


def made(at: datetime) -> Json:
    return {"id": 7, "made_at": f"{at:%Y-%m-%d %H:%M:%S}"}


def now() -> datetime:
    return datetime.now(UTC)


ABSENT = listing()


@pytest.mark.parametrize("moment", [LOST, BROKEN, Response(200, content=b"<html>")], ids=["lost", "5xx", "unreadable"])
async def test_a_change_that_was_made_is_a_success_with_the_documented_output(moment: Answer) -> None:
    record, shelf, platform, _ = await tried(WRITE, moment, listing(made(now())), half=looking(warning="look"))
    assert (record.status, record.output, record.effect, record.recovered) == ("succeeded", {"n": 5}, "done", True)
    assert shelf.effects == ["none", "unknown", "done"]
    assert [request.method for request in platform.requests] == ["POST", "GET"]
    assert record.warnings == [{"pointer": "", "message": "look"}]
    assert shelf.documents[-1]["recovered"] is True


async def test_a_change_that_was_not_made_is_sent_again() -> None:
    record, shelf, platform, clock = await tried(WRITE, LOST, ABSENT, ABSENT, OK, half=looking())
    assert (record.status, record.effect, record.recovered, record.output) == ("succeeded", "done", False, {"n": 1})
    assert [request.method for request in platform.requests] == ["POST", "GET", "GET", "POST"]
    assert shelf.effects == ["none", "unknown", "none", "unknown", "done"]
    assert clock.waited == [2.0]  # whatever chance says: it may still be on its way


async def test_a_change_that_shows_only_after_a_while_is_not_sent_again() -> None:
    record, _, platform, _ = await tried(WRITE, LOST, ABSENT, listing(made(now())), half=looking())
    assert (record.status, record.recovered) == ("succeeded", True)
    assert [request.method for request in platform.requests] == ["POST", "GET", "GET"]


async def test_a_change_that_shows_only_when_it_is_refused_as_made_is_recovered() -> None:
    taken = answer({"message": "taken"}, 400)
    record, _, platform, _ = await tried(WRITE, LOST, ABSENT, ABSENT, taken, listing(made(now())), half=looking())
    assert (record.status, record.recovered, record.effect) == ("succeeded", True, "done")
    assert len(platform.requests) == 5


@pytest.mark.parametrize("look", [answer({"message": "no"}, 403), Response(200, content=b"<html>"), listing({"id": 7})])
async def test_a_refusal_after_a_lost_answer_proves_nothing_where_it_cannot_be_looked_up(look: Answer) -> None:
    taken = answer({"message": "taken"}, 400)
    record, shelf, _, _ = await tried(WRITE, LOST, ABSENT, ABSENT, taken, look, half=looking())
    assert record.error is not None
    assert (record.error["type"], record.effect) == ("UnknownOutcome", "unknown")
    assert shelf.effects[-1] == "unknown"


async def test_a_refusal_after_a_lost_answer_is_believed_after_a_second_look() -> None:
    taken = answer({"message": "taken"}, 400)
    late: list[Answer] = [LOST, ABSENT, ABSENT, taken, ABSENT, listing(made(now()))]
    record, _, _, _ = await tried(WRITE, *late, half=looking())
    assert (record.recovered, record.effect) == (True, "done")
    record, _, _, _ = await tried(WRITE, *late[:5], ABSENT, half=looking())
    assert record.error is not None
    assert (record.error["type"], record.effect) == ("Refused", "none")


async def test_who_is_not_let_in_after_the_looks_has_changed_nothing() -> None:
    record, shelf, platform, _ = await tried(WRITE, LOST, ABSENT, ABSENT, answer({}, 401), half=looking())
    assert record.error is not None
    assert (record.error["type"], record.effect, len(platform.requests)) == ("Unauthorized", "none", 4)
    assert shelf.documents[-1]["sent_at"], "whoever takes it up looks again"


async def test_a_slow_look_leaves_the_platforms_clock_uncertain() -> None:
    """What was made in the seconds that the look took may be older than the run, or not."""
    call = Call(WRITE, HABITS, {"id": 7})
    call.sent_at = (now() - timedelta(seconds=40), now())
    assert [call.is_new(made(now() - timedelta(seconds=ago))["made_at"]) for ago in (50, 20, -2)] == [False, None, True]
    assert call.saw_older


async def test_what_is_older_than_the_run_is_not_its_own() -> None:
    old = listing(made(now() - timedelta(hours=1)))
    taken = answer({"message": "taken"}, 400)
    record, _, _, _ = await tried(WRITE, LOST, old, old, taken, old, old, half=looking())
    assert record.error is not None
    assert (record.error["type"], record.effect, record.recovered) == ("Refused", "none", False)


@pytest.mark.parametrize("ahead_s", [-90_000, -30, 30, 90_000])
async def test_the_platforms_clock_may_be_wrong(ahead_s: int) -> None:
    there = now() + timedelta(seconds=ahead_s)
    told = format_datetime(there, usegmt=True)
    record, _, _, _ = await tried(WRITE, LOST, listing(made(there), date=told), half=looking())
    assert record.recovered is True
    older = listing(made(there - timedelta(seconds=60)), date=told)
    record, _, _, _ = await tried(WRITE, LOST, older, half=looking(), most=1)
    assert (record.recovered, record.effect) == (False, "unknown")


CANNOT_TELL: list[tuple[str, Answer]] = [
    ("no list", answer({"rows": "none"})),
    ("a list that goes on", answer({"rows": [], "more": True})),
    ("rows about something else", listing({"id": 8})),
    ("a row that is none", listing("x")),
    ("no date", listing({"id": 7})),
    ("a date that is none", listing({"id": 7, "made_at": "yesterday"})),
    ("a refusal", answer({"message": "no"}, 403)),
    ("no JSON", Response(200, content=b"<html>")),
    ("a broken transport", RuntimeError("oops")),
]


@pytest.mark.parametrize("seen", [case[1] for case in CANNOT_TELL], ids=[case[0] for case in CANNOT_TELL])
async def test_where_it_cannot_be_told_a_person_has_to_look(seen: Answer) -> None:
    record, shelf, platform, _ = await tried(WRITE, LOST, seen, half=looking())
    assert record.error is not None
    assert (record.error["type"], record.effect) == ("UnknownOutcome", "unknown")
    assert "Act, with ID 7" in record.error["fix"]
    assert [request.method for request in platform.requests] == ["POST", "GET"]
    assert shelf.effects == ["none", "unknown"]


async def test_why_it_could_not_be_looked_up_is_said() -> None:
    record, _, _, _ = await tried(WRITE, LOST, answer({"message": "not yours"}, 403), half=looking())
    assert record.error is not None
    assert "could not be looked up (the platform refused" in record.error["message"]
    assert "HTTP status 403, not yours)" in record.error["message"]


async def test_a_look_waits_for_a_better_moment_too() -> None:
    record, _, platform, clock = await tried(WRITE, LOST, BUSY, BROKEN, listing(made(now())), half=looking())
    assert (record.recovered, len(platform.requests), len(clock.waited)) == (True, 4, 2)


async def test_without_time_to_look_twice_nothing_is_sent_again() -> None:
    record, _, platform, _ = await tried(WRITE, LOST, ABSENT, half=looking(), most=1)
    assert (record.effect, len(platform.requests)) == ("unknown", 2)


async def test_a_look_may_change_nothing() -> None:
    def applied(call: Call) -> Flow:
        yield call.request()
        return True

    half = cast(Handler, SimpleNamespace(run=one_request, check=None, applied=applied))
    record, _, platform, _ = await tried(WRITE, LOST, half=half)
    assert (record.effect, record.recovered, len(platform.requests)) == ("unknown", False, 1)


async def test_a_handler_that_cannot_look_leaves_the_outcome_unknown() -> None:
    record, _, platform, _ = await tried(WRITE, LOST)
    assert record.error is not None
    assert (record.error["type"], len(platform.requests)) == ("UnknownOutcome", 1)


async def test_a_second_change_that_is_lost_is_not_looked_up_as_if_it_were_the_first() -> None:
    half = looking()
    half.run = twice
    record, _, platform, _ = await tried(WRITE, OK, LOST, half=half)
    assert record.error is not None
    assert (record.error["type"], record.effect, len(platform.requests)) == ("UnknownOutcome", "unknown", 2)


async def test_the_events_of_a_recovered_change_are_expected() -> None:
    emitting = replace(WRITE, emits=[Emit(event="thing.made", match={"id": "id"})])
    record, _, _, _ = await tried(emitting, LOST, listing(made(now())), half=looking())
    assert record.events == [{"event": "thing.made", "status": "expected", "match": {"id": 7}, "count": 1}]
