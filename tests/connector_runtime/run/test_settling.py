"""The platform's own fields of a run: names become IDs, values are held to their types, and nothing depends on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition.grammar import Paging, RequestTemplate
from connector_runtime.errors import InvalidInput
from connector_runtime.record import Record
from connector_runtime.run import NO_RETRIES, OPEN, Stream, plan, resume, run
from connector_runtime.run.forms import Forms
from connector_runtime.values import Json, Response
from tests.connector_runtime.run.directory import ACTION, EXTRAS, FIELDS, INPUT, Directory, connector
from tests.connector_runtime.run.test_attempts import Clock
from tests.connector_runtime.workshop import LOST, NEVER_SENT, Shelf, answer, declared, handler, housed

DONE = answer({})
WRITE = replace(ACTION, kind="create", request=RequestTemplate(method="POST", path="/act", body=["extras", "note"]))
OWN = housed(WRITE, handler(), pick_lists=connector().identity.pick_lists, dynamic_fields={"extras": EXTRAS})


async def acted(directory: Directory, given: Json, forms: Forms | None = None, **how: Any) -> tuple[Record, Json]:
    """A run, and the body that it sent."""
    sent: list[Json] = []

    async def send(request: Any) -> Response:
        if request.path == "/act":
            sent.append(request.body)
            return DONE
        return await directory.send(request)

    record = await run(
        OWN,
        "act",
        given,
        line=Line(send),
        connection="script",
        keep=Shelf().keep,
        gate=OPEN,
        forms=forms or directory.forms(OWN),
        **how,
    )
    return record, sent[0] if sent else None


async def test_fields_may_be_named_and_options_by_their_labels_and_ids_are_sent_and_recorded() -> None:
    given: Json = {
        "extras": {"Department": "r & d", "COST  centre": "C-1", "3": "2026-01-31", "signed": "yes", "7": [1]}
    }
    record, body = await acted(Directory({"/extras": FIELDS}), given)
    assert record.error is None
    assert body == {"extras": {"1": 4, "2": "C-1", "3": "2026-01-31", "4": True, "7": [1]}}
    assert record.input == body
    assert [request["path"] for request in record.requests] == ["/act"]


async def test_everything_wrong_with_them_is_said_at_once_by_name_with_what_is_wrong_elsewhere() -> None:
    given = {
        "person": "x",
        "extras": {
            "Departmnt": 1,
            "1": "Law",
            "Approved on": "soon",
            "Twin": "x",
            "2": "C-1",
            "Cost centre": "C-2",
            "99": 1,
        },
    }
    record, body = await acted(Directory({"/extras": FIELDS}), given)
    assert body is None and record.error is not None and record.effect == "none"
    assert [(problem["title"], problem["message"].split(";")[0]) for problem in record.error["problems"]] == [
        ("Person ID", 'must be a whole number, such as 12, not "x"'),
        ("Extras, Department", 'choose R & D (4) or Sales (5), not "Law"'),
        ("Extras, Approved on", 'must be a day as ISO 8601, such as 2026-01-31, not "soon"'),
        ("Extras, 99", "there is no such field"),
        ("Extras, Cost centre", "is given twice, by its name and by its ID 2"),
        ("Extras, Departmnt", "there is no such field, did you mean `Department`?"),
        ("Extras, Twin", "is the name of several fields"),
    ]
    assert record.error["problems"][1]["pointer"] == "/extras/1"
    assert record.input == given


async def test_a_field_that_must_be_filled_in_is_left_to_the_platform_to_ask_for() -> None:
    _, body = await acted(Directory({"/extras": FIELDS}), {"extras": {"1": 5}})
    assert body == {"extras": {"1": 5}}


@pytest.mark.parametrize(
    "told", [answer({"message": "no"}, 403), answer({}, 503), NEVER_SENT, LOST, answer({"rows": 1})]
)
async def test_a_list_that_cannot_be_read_stops_no_run_with_ids(told: Json) -> None:
    directory, clock = Directory({"/extras": told}), Clock()
    record, body = await acted(
        directory, {"extras": {"1": "4", "99": "x"}}, directory.forms(OWN, retries=clock.retries())
    )
    assert (record.error, body, clock.waited) == (None, {"extras": {"1": "4", "99": "x"}}, [])
    [warning] = record.warnings
    assert (warning["pointer"], "went unchecked" in warning["message"]) == ("/extras", True)


async def test_a_name_needs_the_list_so_that_its_refusal_ends_the_run_and_says_the_way_out() -> None:
    directory = Directory({"/extras": answer({"message": "no"}, 403)})
    record, body = await acted(directory, {"extras": {"Department": 4}})
    assert body is None and record.error is not None
    assert (record.error["type"], record.error["pointer"], record.effect) == ("Refused", "/extras", "none")
    assert "by its ID" in record.error["fix"]


async def test_where_ids_are_texts_nothing_tells_a_name_so_that_what_is_given_goes() -> None:
    own = housed(
        WRITE, handler(), dynamic_fields={"extras": replace(EXTRAS, ids="texts")}, pick_lists=OWN.identity.pick_lists
    )
    directory = Directory({"/extras": answer({"message": "no"}, 403)})
    _, body = await acted(directory, {"extras": {"colour": "blue"}}, directory.forms(own))
    assert body == {"extras": {"colour": "blue"}}


async def test_the_list_is_read_once_a_minute_for_all_runs() -> None:
    directory = Directory({"/extras": FIELDS[:1]})
    forms = directory.forms(OWN)
    for _ in range(3):
        await acted(directory, {"extras": {"1": 4}}, forms)
    await acted(directory, {"note": "no extras"}, forms)
    assert len(directory.asked) == 1


async def test_a_field_that_was_just_added_is_not_called_unknown_and_wrong_rows_cost_no_call_each() -> None:
    directory = Directory({"/extras": FIELDS[:1]})
    forms = directory.forms(OWN)
    await acted(directory, {"extras": {"1": 4}}, forms)
    directory.lists["/extras"] = FIELDS[:2]
    directory.now = 30
    record, body = await acted(directory, {"extras": {"Cost centre": "C-1"}}, forms)
    assert (record.error, body, len(directory.asked)) == (None, {"extras": {"2": "C-1"}}, 2)
    for _ in range(5):
        assert (await acted(directory, {"extras": {"99": 1}}, forms))[1] is None
    assert len(directory.asked) == 2


async def test_a_run_that_is_taken_up_again_means_the_same_field_after_it_was_renamed() -> None:
    directory = Directory({"/extras": FIELDS[:1]})
    given = {"extras": {"Department": "Sales"}}
    record, _ = await acted(directory, given)
    record.status, record.error, record.failure, record.effect, record.sent_at = "running", None, None, "none", None
    directory.lists["/extras"] = [{**FIELDS[0], "name": "Division"}]
    sent: list[Json] = []

    async def send(request: Any) -> Response:
        sent.append(request.body)
        return DONE

    means: Any = {
        "line": Line(send),
        "keep": Shelf().keep,
        "gate": OPEN,
        "retries": NO_RETRIES,
        "forms": directory.forms(OWN),
    }
    again = await resume(OWN, record, given=dict(given), **means)
    assert (again.error, sent) == (None, [{"extras": {"1": 5}}])


async def test_a_plan_shows_the_ids_and_says_what_is_wrong() -> None:
    directory = Directory({"/extras": FIELDS})
    means: Any = {"line": Line(directory.send), "connection": "script", "gate": OPEN, "forms": directory.forms(OWN)}
    shown = await plan(OWN, "act", {"extras": {"Department": "Sales"}}, **means)
    assert shown.document()["requests"][0]["body"] == {"extras": {"1": 5}}
    with pytest.raises(InvalidInput, match="Extras, Department: choose"):
        await plan(OWN, "act", {"extras": {"Department": "Law"}}, **means)


async def test_a_stream_takes_names_as_well() -> None:
    action = declared(
        input={"properties": {**INPUT["properties"], "page": {"title": "Page", "type": "integer"}}},
        output={"properties": {"rows": {"items": {"properties": {}}}, "more": {"type": "boolean"}}},
        paging=Paging(items="/rows", page="page", more="/more"),
    )
    own = housed(action, dynamic_fields={"extras": EXTRAS})
    directory = Directory({"/extras": FIELDS})
    stream = Stream(
        own,
        "act",
        {"extras": {"Law": 1}},
        line=Line(directory.send),
        connection="script",
        keep=Shelf().keep,
        forms=directory.forms(own),
    )
    with pytest.raises(InvalidInput, match="Extras, Law: there is no such field"):
        async for _ in stream.rows():
            pass


async def test_what_is_no_object_and_what_is_no_input_is_said_as_ever() -> None:
    directory = Directory({"/extras": FIELDS})
    for given, said in (
        ({"extras": "text"}, "Extras: must be an object"),
        ("[]", "must be an object"),
        ({"extras": {}}, None),
    ):
        record, _ = await acted(directory, given)
        assert (record.error is None) if said is None else said in (record.error or {})["message"]
    assert directory.asked == []


async def test_a_change_that_was_sent_is_looked_for_though_its_field_is_gone() -> None:
    directory = Directory({"/extras": FIELDS[:1]})
    record, _ = await acted(directory, {"extras": {"1": 5}})
    record.status, record.effect, record.sent_at = "running", "unknown", "2026-01-01T00:00:00.000Z"
    directory.lists["/extras"] = []
    half = handler()

    def applied(call: Any) -> Any:
        yield from ()
        assert call.inputs["extras"] == {"1": 5}
        return True

    half.applied = applied
    own = replace(OWN, _handlers={"act": half})
    means: Any = {"line": Line(directory.send), "keep": Shelf().keep, "gate": OPEN, "forms": directory.forms(own)}
    again = await resume(own, record, **means)
    assert (again.error, again.recovered) == (None, True)
