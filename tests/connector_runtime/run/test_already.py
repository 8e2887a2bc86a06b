"""Nothing was left to do: who runs chooses whether that is a success."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition.grammar import AlreadySo
from connector_runtime.errors import InvalidInput, Refused
from connector_runtime.handler import Call
from connector_runtime.record import Record
from connector_runtime.run import OPEN, Retries, resume, run
from connector_runtime.values import Flow, IfAlready
from tests.connector_runtime.run.declarations import WRITE
from tests.connector_runtime.workshop import LOST, Answer, Platform, Shelf, answer, handler, housed

TAKEN = answer({"message": "it is taken"}, 409)
SO = replace(WRITE, if_already=AlreadySo(codes=["taken"], default="fail"))
KNOWN = {"says": "taken"}


def reading_refusal(call: Call) -> Flow:
    """The platform refuses in an accepted answer."""
    response = yield call.request()
    raise Refused(response, "it is taken")


async def acted(if_already: IfAlready | None, *answers: Answer, action: object = SO) -> tuple[Record, Shelf]:
    shelf = Shelf()
    connector = housed(action, handler(reading_refusal))  # type: ignore[arg-type]
    line = Line(Platform(*answers).send)
    how = {"line": line, "connection": "c", "keep": shelf.keep, "gate": OPEN, "if_already": if_already}
    return await run(connector, "act", {"id": 7}, **how), shelf  # type: ignore[arg-type]


async def test_unless_told_otherwise_it_is_as_the_action_says() -> None:
    failed, _ = await acted(None, answer({}))
    assert (failed.status, failed.already, failed.if_already) == ("failed", False, "fail")
    lenient = replace(SO, if_already=AlreadySo(codes=["taken"], default="succeed"))
    good, _ = await acted(None, answer({}), action=lenient)
    assert (good.status, good.already, good.if_already) == ("succeeded", True, "succeed")


async def test_a_success_says_that_nothing_was_changed_and_expects_nothing() -> None:
    record, shelf = await acted("succeed", answer({}))
    assert (record.status, record.effect, record.already, record.events) == ("succeeded", "none", True, [])
    assert "It is taken." in record.warnings[0]["message"]
    assert shelf.documents[-1]["already"] is True
    assert all(value is None for value in (record.output or {}).values())


async def test_another_refusal_stays_one() -> None:
    other = replace(SO, if_already=AlreadySo(codes=["gone"], default="succeed"))
    record, _ = await acted(None, answer({}), action=other)
    assert (record.status, record.already) == ("failed", False)


async def test_an_action_without_such_an_outcome_takes_no_choice() -> None:
    with pytest.raises(InvalidInput, match="has no outcome that is already so"):
        await acted("succeed", action=WRITE)


async def test_a_run_that_is_taken_up_again_ends_as_it_was_told() -> None:
    record, shelf = await acted("succeed", answer({}))
    left = Record.restored({**shelf.documents[0], "status": "running"})
    connector = housed(SO, handler(reading_refusal))
    again = await resume(connector, left, line=Line(Platform(answer({})).send), keep=shelf.keep, gate=OPEN)
    assert (again.status, again.already, again.run_id) == ("succeeded", True, record.run_id)


AT_ONCE = Retries(base_s=0, longest_s=0, look_again_s=0, most=20)
TOLD = ("failed", "unknown", False, False)


OLDER = "older"


def seeing(*looks: bool | str | None) -> Any:
    """The platform refuses; these are what the looks for a lost change see, one after the other."""
    left: Iterator[bool | str | None] = iter(looks)

    def applied(call: Call) -> Flow:
        yield from ()
        seen = next(left)
        call.saw_older = call.saw_older or seen == OLDER
        return False if seen == OLDER else seen

    return SimpleNamespace(run=reading_refusal, check=None, applied=applied)


@pytest.mark.parametrize(
    ("looks", "ended"),
    [
        ([True], ("succeeded", "done", True, False)),
        ([None], TOLD),
        ([False, False, True], ("succeeded", "done", True, False)),  # it showed late: this run made it
        ([False, False, None], TOLD),
        ([False, False, False, None], TOLD),
        ([False, False, False, False], TOLD),  # the list is late: nobody knows since when it is so
        ([OLDER, OLDER, OLDER, OLDER], ("succeeded", "none", False, True)),
        ([False, False, OLDER, OLDER], ("succeeded", "none", False, True)),
    ],
)
@pytest.mark.parametrize("if_already", ["succeed", "fail"])
async def test_a_lost_change_is_already_so_only_where_the_looks_say_that_it_was_not_this_run(
    looks: list[bool | str | None], ended: tuple[str, str, bool, bool], if_already: IfAlready
) -> None:
    line, connector = Line(Platform(LOST, answer({})).send), housed(SO, seeing(*looks))
    how: dict[str, Any] = {"connection": "c", "keep": Shelf().keep, "gate": OPEN, "retries": AT_ONCE}
    record = await run(connector, "act", {"id": 7}, line=line, if_already=if_already, **how)
    if ended[3] and if_already == "fail":
        ended = ("failed", "none", False, False)
    assert (record.status, record.effect, record.recovered, record.already) == ended
    if record.error is not None:
        assert record.error["type"] == ("UnknownOutcome" if ended == TOLD else "Refused")


async def test_a_lost_removal_is_never_already_so_for_the_look_contradicts_the_refusal() -> None:
    removal = replace(SO, kind="delete")
    line, connector = Line(Platform(LOST, answer({})).send), housed(removal, seeing(False, False, False, False))
    how: dict[str, Any] = {"connection": "c", "keep": Shelf().keep, "gate": OPEN, "retries": AT_ONCE}
    record = await run(connector, "act", {"id": 7}, line=line, if_already="succeed", **how)
    assert (record.status, record.effect, record.recovered, record.already) == TOLD
