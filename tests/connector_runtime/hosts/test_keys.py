"""The same run with the same key is done once, in whichever process; and a run that is open is brought to its end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition.grammar import AlreadySo
from connector_runtime.errors import Conflict, InvalidInput
from connector_runtime.record import Record
from connector_runtime.store import KEY_LIFETIME_S, Store
from connector_runtime.values import Request, Response, as_text
from tests.connector_runtime.hosts.opening import opened
from tests.connector_runtime.run.declarations import OK, WRITE
from tests.connector_runtime.run.test_lookup import ABSENT, listing, made, now
from tests.connector_runtime.workshop import LOST, NEVER_SENT, answer

ROOT = Path(__file__).parents[3]


async def test_the_same_key_and_input_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, OK) as (session, platform):
        first = await session.run("act", {"id": 7}, key="k-1")
        again = await session.run("act", {"id": 7}, key="k-1")
    async with opened(tmp_path, monkeypatch) as (session, _):
        later = await session.run("act", {"id": 7}, key="k-1")
    assert len(platform.requests) == 1
    assert first.succeeded
    assert again.document() == later.document() == first.document()


async def test_a_run_that_was_not_let_in_is_run_once_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, answer({}, 401), OK) as (session, platform):
        refused = await session.run("act", {"id": 7}, key="k-1")
        assert (refused.status, refused.effect) == ("failed", "none")
        again = await session.run("act", {"id": 7}, key="k-1")
    assert (again.status, again.run_id, len(platform.requests)) == ("succeeded", refused.run_id, 2)


async def test_a_key_belongs_to_one_choice_of_how_the_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action = replace(WRITE, if_already=AlreadySo(codes=["taken"], default="fail"))
    async with opened(tmp_path, monkeypatch, OK, action=action) as (session, platform):
        first = await session.run("act", {"id": 7}, key="k-1")
        same = await session.run("act", {"id": 7}, key="k-1", if_already="fail")
        with pytest.raises(Conflict, match="belongs to another input"):
            await session.run("act", {"id": 7}, key="k-1", if_already="succeed")
    assert (first.run_id, len(platform.requests)) == (same.run_id, 1)


async def test_what_began_on_one_platform_is_not_gone_on_with_on_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same name may come to stand for another platform."""
    async with opened(tmp_path, monkeypatch, LOST, answer({}, 403)) as (session, _):
        left = await session.run("act", {"id": 7}, key="k-1")
        assert (left.effect, left.platform) == ("unknown", "https://p.invalid")
    address = "https://q.invalid"
    async with opened(tmp_path, monkeypatch, address=address) as (session, platform):
        with pytest.raises(InvalidInput, match=f"was on https://p.invalid, and p is {address} now"):
            await session.resume(left.run_id)
        with pytest.raises(Conflict, match="belongs to another input, or to another platform"):
            await session.run("act", {"id": 7}, key="k-1")
    assert platform.requests == []


async def test_another_key_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, OK, OK) as (session, platform):
        records = [await session.run("act", {"id": 7}, key=key) for key in ("k-1", "k-2")]
    assert (len(platform.requests), records[0].run_id != records[1].run_id) == (2, True)


@pytest.mark.parametrize(("given", "name"), [({"id": 8}, "p"), ({"id": 7}, "q")], ids=["input", "connection"])
async def test_a_key_belongs_to_one_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, int], name: str
) -> None:
    async with opened(tmp_path, monkeypatch, OK) as (session, _):
        await session.run("act", {"id": 7}, key="k-1")
    async with opened(tmp_path, monkeypatch, name=name) as (session, platform):
        with pytest.raises(Conflict, match="belongs to another input"):
            await session.run("act", given, key="k-1")
        assert platform.requests == []


async def test_a_refusal_is_the_keys_answer_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, answer({"message": "taken"}, 400)) as (session, platform):
        first = await session.run("act", {"id": 7}, key="k-1")
        again = await session.run("act", {"id": 7}, key="k-1")
    assert len(platform.requests) == 1
    assert again.failure is not None and first.failure is not None
    assert (type(again.failure), again.failure.document()) == (type(first.failure), first.failure.document())


async def test_a_bad_moment_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, NEVER_SENT, OK) as (session, platform):
        first = await session.run("act", {"id": 7}, key="k-1")
        again = await session.run("act", {"id": 7}, key="k-1")
    assert (first.run_id, len(platform.requests)) == (again.run_id, 2)
    assert (again.status, again.effect, again.error) == ("succeeded", "done", None)


async def test_a_run_whose_outcome_nobody_knew_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, LOST, answer({}, 403), listing(made(now()))) as (session, platform):
        first = await session.run("act", {"id": 7}, key="k-1")
        unknown = first.effect
        again = await session.run("act", {"id": 7}, key="k-1")
    assert (unknown, again.recovered, again.output) == ("unknown", True, {"n": 5})
    assert [request.method for request in platform.requests] == ["POST", "GET", "GET"]


async def test_a_key_whose_run_is_in_progress_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    going = asyncio.Event()

    async def slow(request: Request) -> Response:
        going.set()
        await asyncio.sleep(10)
        return OK

    async with opened(tmp_path, monkeypatch) as (session, _):
        session._line = Line(slow)
        first = asyncio.create_task(session.run("act", {"id": 7}, key="k-1"))
        await going.wait()
        with pytest.raises(Conflict, match="is in progress"):
            await session.run("act", {"id": 7}, key="k-1")
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_a_key_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, OK, OK) as (session, platform):
        await session.run("act", {"id": 7}, key="k-1")
        session._records._store._connection.execute("UPDATE keys SET claimed = claimed - ?", [KEY_LIFETIME_S + 1])
        await session.run("act", {"id": 7}, key="k-1")
    assert len(platform.requests) == 2


def kept(directory: Path, **parts: Any) -> str:
    """A run that a process left behind."""
    record = Record.begin(action="act", version="1", connection="p", given={"id": "7"})
    for name, value in parts.items():
        setattr(record, name, value)
    store = Store(directory / "runs.sqlite3")
    store.save(record.document())
    store.close()
    return record.run_id


OPEN: list[tuple[str, list[Any], dict[str, Any], list[str]]] = [
    ("none", [OK], {"status": "succeeded", "effect": "done", "recovered": False, "output": {"n": 1}}, ["POST"]),
    (
        "unknown",
        ["just made"],
        {"status": "succeeded", "effect": "done", "recovered": True, "output": {"n": 5}},
        ["GET"],
    ),
    ("unknown", [ABSENT], {"status": "failed", "effect": "unknown", "recovered": False}, ["GET"]),
    (
        "done",
        ["just made"],
        {"status": "succeeded", "effect": "done", "recovered": True, "output": {"n": 5}},
        ["GET"],
    ),
    ("done", [ABSENT], {"status": "failed", "effect": "done", "recovered": False}, ["GET"]),
]


@pytest.mark.parametrize(("effect", "answers", "ends", "sent"), OPEN)
async def test_a_run_that_its_process_left_open_is_brought_to_its_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    effect: str,
    answers: list[Any],
    ends: dict[str, Any],
    sent: list[str],
) -> None:
    run_id = kept(tmp_path, effect=effect, sent_at=None if effect == "none" else as_text(now()))
    told = [listing(made(now())) if each == "just made" else each for each in answers]
    async with opened(tmp_path, monkeypatch, *told) as (session, platform):
        record = await session.resume(run_id)
    assert {name: getattr(record, name) for name in ends} == ends
    assert [request.method for request in platform.requests] == sent
    store = Store(tmp_path / "runs.sqlite3")
    assert [run["status"] for run in store.newest(9)] == [ends["status"]]
    store.close()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"status": "succeeded", "effect": "done"}, "has succeeded"),
        ({"status": "failed", "effect": "none"}, "has failed"),
        ({"counts": {"pages": 1, "records": 2}}, "reads a list"),
        ({"input": {"id": 7, "pin": "[secret]"}}, "had input that is not kept"),
    ],
)
async def test_some_runs_cannot_be_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any], says: str
) -> None:
    run_id = kept(tmp_path, **parts)
    async with opened(tmp_path, monkeypatch) as (session, _):
        with pytest.raises(InvalidInput, match=says):
            await session.resume(run_id)
        with pytest.raises(InvalidInput, match="there is no run"):
            await session.resume("20200101-000000-00000000")
    async with opened(tmp_path, monkeypatch, name="q") as (session, _):
        with pytest.raises(InvalidInput, match="was on the connection p"):
            await session.resume(run_id)


async def test_a_key_whose_run_another_has_ended_meanwhile_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch, NEVER_SENT, OK) as (session, platform):
        first = await session.run("act", {"id": 7}, key="k-1")
        get = session._records._store.get

        def slow(run_id: str) -> Any:  # between the look for the key and that for its run, another ends it
            session._records._store.save({**first.document(), "status": "succeeded", "effect": "done", "error": None})
            return get(run_id)

        monkeypatch.setattr(session._records._store, "get", slow)
        again = await session.run("act", {"id": 7}, key="k-1")
    assert (again.status, len(platform.requests)) == ("succeeded", 1)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "\udcff"])
async def test_a_key_is_a_text_that_can_be_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    async with opened(tmp_path, monkeypatch) as (session, platform):
        with pytest.raises(InvalidInput, match="Key: must be a text"):
            await session.run("act", {"id": 7}, key=key)
        assert platform.requests == []


async def test_a_secret_is_no_part_of_what_a_key_belongs_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, monkeypatch, OK) as (session, platform):
        await session.run("act", {"id": 7, "pin": "7"}, key="k-1")
        again = await session.run("act", {"pin": "other", "id": 7}, key="k-1")
        with pytest.raises(Conflict):
            await session.run("act", {"id": 8, "pin": "8"}, key="k-1")
    assert (again.status, len(platform.requests)) == ("succeeded", 1)


async def test_a_bad_moment_with_a_secret_is_taken_up_with_the_input_that_is_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, monkeypatch, NEVER_SENT, OK) as (session, platform):
        await session.run("act", {"id": 7, "pin": "CANARY"}, key="k-1")
        again = await session.run("act", {"id": 7, "pin": "CANARY"}, key="k-1")
    assert (again.status, platform.requests[-1].body) == ("succeeded", {"id": 7, "pin": "CANARY"})
    assert b"CANARY" not in everything(tmp_path)


def everything(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


async def test_a_crash_after_a_lost_change_was_judged_not_made_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = kept(tmp_path, effect="none", sent_at=as_text(now()))
    taken = answer({"message": "taken"}, 400)
    async with opened(tmp_path, monkeypatch, taken, listing(made(now()))) as (session, platform):
        record = await session.resume(run_id)
    assert (record.status, record.effect, record.recovered) == ("succeeded", "done", True)
    assert [request.method for request in platform.requests] == ["POST", "GET"]
