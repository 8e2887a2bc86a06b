"""What every host holds while it works."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

import connector_runtime
from connector_runtime import Connection, ConnectorError, Session, run_once
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.connected import open_sandbox
from connector_runtime.hosts.directories import records_file
from connector_runtime.run.looking import Recent
from connector_runtime.store import Store
from connector_runtime.values import Json
from tests.connector_runtime.workshop import IDENTITY, altered, copied, declared, housed
from tests.toy_connector.sandbox import Library, site

SO = "if_already: {codes: [already_lent], default: fail}"


def recorded(data_dir: Path) -> list[dict[str, Json]]:
    store = Store(records_file(data_dir))
    found = list(store.newest(100))
    store.close()
    return found


async def test_a_session_runs_plans_and_streams_over_one_connection(toy: Connector, tmp_path: Path) -> None:
    async with Session(toy, data_dir=tmp_path) as session:
        for number in range(5):
            assert (await session.run("lend_book", {"member_id": 7, "book_code": f"B-{number}"})).succeeded
        plan = await session.plan("lend_book", {"member_id": 7, "book_code": "B-9"})
        rows = [row["book"]["code"] async for row in session.stream("list_loans", {"page_size": 2}).rows()]
    assert [request["sent"] for request in plan.requests] == [False]
    assert rows == [f"B-{number}" for number in range(5)]
    assert [run["action"] for run in recorded(tmp_path)] == ["list_loans"] + ["lend_book"] * 5
    assert {run["connection"] for run in recorded(tmp_path)} == {"sandbox"}


def test_the_synchronous_door_runs_one_action(toy: Connector, tmp_path: Path) -> None:
    record = run_once(toy, "lend_book", {"member_id": 7, "book_code": "B-1"}, data_dir=tmp_path)
    assert record.raise_if_failed().output["loan"]["book"]["code"] == "B-1"
    assert recorded(tmp_path) == [record.document()]


def test_a_refused_run_is_a_record_and_raises_only_when_asked(toy: Connector, tmp_path: Path) -> None:
    record = run_once(toy, "lend_book", {"member_id": 99, "book_code": "B-1"}, data_dir=tmp_path)
    assert record.error is not None and record.error["code"] == "unknown_to_the_library"
    with pytest.raises(ConnectorError):
        record.raise_if_failed()


def lenient(directory: Path) -> Connector:
    """The toy library, in which it can be as good that a book is lent already."""
    folder = copied(directory)
    altered(folder, "actions/lend_book.yaml", "kind: create", f"kind: create\n{SO}")
    return connector_runtime.load(folder)


async def test_who_runs_says_how_it_ends_where_nothing_is_left_to_do(tmp_path: Path) -> None:
    book: dict[str, Json] = {"member_id": 7, "book_code": "B-1"}
    async with Session(lenient(tmp_path), data_dir=tmp_path) as session:
        assert not (await session.run("lend_book", book)).already
        refused = await session.run("lend_book", book)
        good = await session.run("lend_book", book, if_already="succeed")
    assert (refused.status, refused.already, refused.if_already) == ("failed", False, "fail")
    assert (good.status, good.already, good.effect, good.events) == ("succeeded", True, "none", [])
    assert good.output == {"loan": None}
    assert recorded(tmp_path)[0] == good.document()


def test_the_synchronous_door_takes_the_choice_too(tmp_path: Path) -> None:
    toy, book = lenient(tmp_path), {"member_id": 7, "book_code": "B-1"}
    assert not run_once(toy, "lend_book", book, data_dir=tmp_path, if_already="succeed").already
    assert run_once(toy, "lend_book", book, data_dir=tmp_path, if_already="succeed").already


async def test_a_choice_that_is_none_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with Session(lenient(tmp_path), data_dir=tmp_path) as session:
        with pytest.raises(InvalidInput, match="must be `succeed` or `fail`"):
            await session.run("lend_book", {"member_id": 7, "book_code": "B-1"}, if_already="suceed")  # type: ignore[arg-type]
    assert recorded(tmp_path) == []


async def test_a_connection_of_ones_own_is_taken(toy: Connector, tmp_path: Path) -> None:
    library = site(tmp_path / "elsewhere")
    mine = Connection("mine", library.base_url, library.headers, library.app)
    async with Session(toy, connection=mine, data_dir=tmp_path / "data") as session:
        record = await session.run("lend_book", {"member_id": 7, "book_code": "B-1"})
    assert (record.succeeded, record.connection) == (True, "mine")
    assert list(library.read()["loans"]) == ["B-1"]
    assert not (tmp_path / "data" / "sandbox").exists()


async def test_an_unknown_connection_is_invalid_input_that_says_which_there_are(toy: Connector, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no connection `acme`; none was added yet"):
        async with Session(toy, connection="acme", data_dir=tmp_path):
            pass


async def test_a_connector_without_a_sandbox_says_so(tmp_path: Path) -> None:
    connector = housed(declared())
    with pytest.raises(InvalidInput, match="Small has no sandbox"):
        async with Session(connector, data_dir=tmp_path):
            pass
    with pytest.raises(InvalidInput, match=r"there is no connection `acme`; none was added yet$"):
        async with Session(connector, connection="acme", data_dir=tmp_path):
            pass


@pytest.mark.parametrize(
    "named", ["nonsense.module:site", "tests.toy_connector.sandbox:nonsense", "tests.toy_connector.sandbox"]
)
def test_a_sandbox_that_cannot_be_opened_is_a_named_error(toy: Connector, tmp_path: Path, named: str) -> None:
    connector = replace(toy, identity=replace(IDENTITY, sandbox=named))
    with pytest.raises(ConnectorError):
        open_sandbox(connector, tmp_path)


async def test_a_directory_that_cannot_be_used_is_invalid_input(toy: Connector, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput):
        async with Session(toy, data_dir=tmp_path / "file"):
            pass


@pytest.mark.parametrize("how", ["aclosing", "break"])
async def test_a_reader_that_stops_early_leaves_no_run_running(toy: Connector, tmp_path: Path, how: str) -> None:
    async with Session(toy, data_dir=tmp_path) as session:
        for number in range(5):
            await session.run("lend_book", {"member_id": 7, "book_code": f"B-{number}"})
        stream = session.stream("list_loans", {"page_size": 1})
        if how == "aclosing":
            async with aclosing(stream.rows()) as rows:
                async for _ in rows:
                    break
        else:
            async for _ in stream.rows():
                break
    latest = recorded(tmp_path)[0]
    assert (latest["action"], latest["status"]) == ("list_loans", "succeeded")
    assert latest["counts"] == {"pages": 1, "records": 1}


@pytest.mark.parametrize("turns", range(6))
async def test_a_reader_that_breaks_and_a_session_that_ends_do_not_meet(
    toy: Connector, tmp_path: Path, turns: int
) -> None:
    complaints: list[dict[str, Json]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
    async with Session(toy, data_dir=tmp_path) as session:
        for number in range(9):
            await session.run("lend_book", {"member_id": 7, "book_code": f"B-{number}"})
        async for _ in session.stream("list_loans", {"page_size": 1}).rows():
            break
        for _ in range(turns):
            await asyncio.sleep(0)
    for _ in range(9):
        await asyncio.sleep(0)
    assert (complaints, recorded(tmp_path)[0]["status"]) == ([], "succeeded")


async def test_a_session_lets_go_of_streams_that_have_ended(toy: Connector, tmp_path: Path) -> None:
    async with Session(toy, data_dir=tmp_path) as session:
        stream = session.stream("list_loans", {})
        assert [row async for row in stream.rows()] == []
        gone = weakref.ref(stream)
        stream = session.stream("list_loans", {})
        gc.collect()
        assert gone() is None


def test_the_package_offers_its_names_lazily() -> None:
    assert [name for name in connector_runtime.__all__ if getattr(connector_runtime, name) is None] == []
    with pytest.raises(AttributeError, match="no attribute nonsense"):
        _ = connector_runtime.nonsense


async def test_the_synchronous_door_says_what_to_use_inside_an_event_loop(toy: Connector, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="use a Session"):
        run_once(toy, "list_loans", {}, data_dir=tmp_path)


async def test_a_session_offers_choices_labels_and_fields_and_keeps_no_record_of_them(
    toy: Connector, tmp_path: Path
) -> None:
    async with Session(toy, data_dir=tmp_path) as session:
        members = await session.choices("lend_book", "member_id")
        labels = await session.labels("lend_book", {"member_id": "8", "shelf": "A", "book_code": "B-2"})
        fields = await session.fields("lend_book")
        assert session.needs("lend_book", "book_code") == ["shelf"]
    assert members.items[0].document() == {"value": 7, "label": "Ada", "hint": "ada@example.org"}
    assert labels == {"/member_id": "8 — Bob", "/book_code": "B-2 — Matilda", "/shelf": "A — Shelf A"}
    assert list(fields["marks"]["properties"]) == ["gift", "state", "note"]
    assert recorded(tmp_path) == []


async def test_what_forms_have_read_can_be_shared_by_sessions(toy: Connector, tmp_path: Path) -> None:
    recent = Recent(now=lambda: 0.0)
    async with Session(toy, data_dir=tmp_path, recent=recent) as session:
        read = await session.fields("lend_book")
    gone = Connection("sandbox", Library.base_url, {}, None)
    async with Session(toy, connection=gone, data_dir=tmp_path, recent=recent) as session:
        assert await session.fields("lend_book") == read


@pytest.mark.parametrize("given", [{"Is a gift": "yes", "State": "as new"}, {"gift": True, "state": "ok"}])
async def test_runs_plans_and_resumed_runs_take_the_platforms_own_fields_by_name_or_id(
    toy: Connector, tmp_path: Path, given: dict[str, Json]
) -> None:
    whole: dict[str, Json] = {"member_id": 7, "book_code": "B-1", "marks": given}
    async with Session(toy, data_dir=tmp_path) as session:
        plan = await session.plan("lend_book", whole)
        record = await session.run("lend_book", whole, key="one")
        again = await session.run("lend_book", whole, key="one")
        wrong = await session.run("lend_book", whole | {"marks": {"State": "torn"}})
    assert plan.requests[0]["body"]["marks"] == {"gift": True, "state": "ok"}
    assert record.error is None and again.run_id == record.run_id
    assert record.input["marks"] == {"gift": True, "state": "ok"}
    assert (wrong.error or {})["message"] == 'Marks, State: choose As new (ok), not "torn"'
