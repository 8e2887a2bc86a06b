"""What a run says of the error that ends it: in the catalogue's words, with the input it is about."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.definition.grammar import Catalogued, ErrorHabits
from connector_runtime.errors import Refused
from connector_runtime.handler import Call, Flow
from connector_runtime.record import Record
from connector_runtime.values import Json, Response
from connector_runtime.wording import WORDS
from tests.connector_runtime.run.declarations import READ, WRITE
from tests.connector_runtime.workshop import LOST, NEVER_SENT, answer, handler, housed, perform


def errors(**entry: Any) -> ErrorHabits:
    """A catalogue of one entry."""
    whole = {"code": "known", "cause": "It is known.", "fix": "Do this.", **entry}
    return ErrorHabits(message="/message", catalogue=[Catalogued(**whole)])


async def failed(habits: ErrorHabits, told: Any, half: Any = None) -> dict[str, Json]:
    """The error that a run publishes when it gets that answer."""
    record, _, _ = await perform(housed(WRITE, half, errors=habits), "act", {"id": 7, "pin": "CANARY"}, told)
    assert record.error is not None
    return record.error


@pytest.mark.parametrize(
    ("about", "pointer"), [("id", "/id"), (["user", "pin", "id"], "/pin"), (["user"], ""), ([], "")]
)
async def test_an_error_points_at_the_first_input_that_the_action_has(about: Any, pointer: str) -> None:
    error = await failed(errors(status=400, about=about), answer({"message": "no"}, 400))
    assert (error["code"], error["pointer"]) == ("known", pointer)


async def test_a_refusal_that_the_handler_reads_points_at_its_input_too() -> None:
    def run(call: Call) -> Flow:
        response = yield call.request()
        raise Refused(response, "no")

    error = await failed(errors(about="id"), answer({}), handler(run))
    assert (error["code"], error["pointer"], error["message"]) == ("known", "/id", "It is known. (no)")


async def test_an_error_that_the_handler_names_gets_the_words_of_its_entry() -> None:
    def run(call: Call) -> Flow:
        response = yield call.request()
        raise Refused(response, "no row was taken", code="known", fix="Old words.")

    error = await failed(errors(raised="Refused", about="id", whose="administrator"), answer({}), handler(run))
    assert (error["message"], error["fix"]) == ("no row was taken", "Do this.")
    assert (error["pointer"], error["whose"]) == ("/id", "administrator")


async def test_an_unknown_refusal_shows_its_evidence_without_secrets_and_where_its_record_is() -> None:
    told = answer({"message": "I am a teapot, CANARY"}, 418)
    record, shelf, _ = await perform(housed(WRITE), "act", {"id": 7, "pin": "CANARY"}, told)
    assert record.error is not None
    assert record.error["message"].endswith("not in the catalogue: HTTP status 418, I am a teapot, [secret]")
    assert record.error["fix"].endswith(f"The run's record: `runs show {record.run_id} --json`.")
    assert "CANARY" not in str(shelf.documents)


async def test_an_error_that_was_kept_says_the_same_when_its_record_is_taken_up() -> None:
    told = answer({"message": "no"}, 400)
    habits = errors(status=400, about="id", whose="administrator")
    record, shelf, _ = await perform(housed(WRITE, errors=habits), "act", {"id": 7}, told)
    restored = Record.restored(shelf.documents[-1])
    assert restored.failure is not None
    assert restored.failure.document() == record.error


async def test_a_fault_of_ours_says_where_its_record_is() -> None:
    def run(call: Call) -> Flow:
        yield call.request()
        raise ZeroDivisionError

    record, _, _ = await perform(housed(READ, handler(run)), "act", {"id": 7}, answer({}))
    assert record.error is not None
    assert (record.error["code"], record.error["whose"]) == ("internal", "connector_author")
    assert f"runs show {record.run_id}" in record.error["fix"]


ENDS: list[tuple[Any, str]] = [
    (answer({}, 400), "refused"),
    (answer({}, 401), "unauthorized"),
    (answer({}, 404), "not_found"),
    (answer({}, 429), "rate_limited"),
    (answer({}, 503), "unknown_outcome"),
    (LOST, "unknown_outcome"),
    (NEVER_SENT, "unreachable"),
    (Response(200, content=b"<html>"), "unknown_outcome"),
    (RuntimeError("oops"), "unknown_outcome"),
]


@pytest.mark.parametrize(("told", "code"), ENDS)
async def test_whatever_ends_a_run_has_code_fix_whose_move_and_a_place_in_the_docs(told: Any, code: str) -> None:
    error = await failed(ErrorHabits(message="/message", catalogue=[]), told)
    assert error["code"] == code
    assert error["whose"] == WORDS[error["type"]][code].whose
    assert error["docs"] == f"docs/errors.md#{code}"
    assert error["fix"]


async def test_an_unknown_outcome_says_what_to_look_at_and_that_somebody_must() -> None:
    error = await failed(ErrorHabits(message="/message", catalogue=[]), LOST)
    assert "Look whether this was done: Act, with ID 7. `runs resume " in error["fix"]
    assert error["whose"] == "recipe_author"
