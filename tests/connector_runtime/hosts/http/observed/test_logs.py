"""The log: a line for each request, and for nobody a value of what was put in."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput, NotFound, NotNow, Unreachable
from connector_runtime.hosts import subscribed
from connector_runtime.hosts.http.followed import Followed
from connector_runtime.hosts.http.observed.logs import FIELDS, logging_as
from connector_runtime.store import Location
from connector_runtime.values import Problem, Response
from tests.connector_runtime.events.test_dispatch import until
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.observed.test_current import SPAN, TRACE
from tests.connector_runtime.hosts.http.observed.watched import Seen, watched
from tests.connector_runtime.hosts.http.test_keys import LEND

Both = tuple[Hosted, Seen]


async def test_each_request_leaves_a_line_with_its_run_its_trace_and_its_key(both: Both) -> None:
    api, seen = both
    record = (await api("POST", "/v1/actions/lend_book/run", LEND, traceparent=f"00-{TRACE}-{SPAN}-01")).json()
    (line,) = seen.lines
    assert line["run_id"] == record["run_id"] and line["trace_id"] == TRACE and line["tenant"] == "main"
    assert line["key_id"] == api.key.split("_")[1] and line["operation"] == "run_lend_book" and line["status"] == 200
    assert (line["level"], line["message"]) == ("info", "answered") and line["duration_ms"] > 0
    assert list(line) == [name for name in FIELDS if name in line]


async def test_a_run_that_was_done_before_is_named_and_a_stranger_is_not(both: Both) -> None:
    api, seen = both
    once = {"idempotency-key": "order 17"}
    for _ in range(2):
        await api("POST", "/v1/actions/lend_book/run", LEND, **once)
    await api("GET", "/v1/runs", key="key_000000000000_" + "x" * 43)
    first, again, stranger = seen.lines
    assert first["run_id"] == again["run_id"] and first["trace_id"] != again["trace_id"]
    assert (stranger["status"], stranger["operation"]) == (401, "list_runs") and "tenant" not in stranger


async def test_paths_that_nobody_is_to_know_are_named_by_what_they_are(both: Both) -> None:
    api, seen = both
    for path in ("/hooks/main/SECRET-address", "/connected?code=SECRET", "/v1/SECRET", "/livez"):
        await api("GET", path)
    assert [line["operation"] for line in seen.lines] == ["webhook", "other", "other"]
    assert "SECRET" not in seen.everything()


async def test_of_what_goes_wrong_inside_the_type_and_the_place_are_told(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(home: Any, run_id: str) -> Any:
        raise KeyError("CANARY")

    monkeypatch.setattr("connector_runtime.hosts.http.seen.found_run", broken)
    api, seen = both
    assert (await api("GET", "/v1/runs/any")).status_code == 500
    wrong, line = seen.lines
    assert wrong["error"] == "KeyError" and wrong["stack"][-1].endswith(" broken") and wrong["operation"] == "show_run"
    assert (line["level"], line["status"]) == ("error", 500) and "CANARY" not in seen.everything()


@pytest.mark.parametrize(
    ("wrong", "status", "level"),
    [
        (Unreachable("the platform could not be reached"), 504, "warning"),
        (NotNow("desk did not take it", code="not_taken"), 503, "warning"),
        (NotNow("the keys could not be written", code="not_kept"), 503, "error"),
        (NotFound(Response(404, {}, b""), "no such loan"), 404, "info"),
    ],
)
async def test_what_fails_elsewhere_is_no_failure_of_the_host(
    both: Both, monkeypatch: pytest.MonkeyPatch, wrong: ConnectorError, status: int, level: str
) -> None:
    def failing(home: Any, run_id: str) -> Any:
        raise wrong

    monkeypatch.setattr("connector_runtime.hosts.http.seen.found_run", failing)
    api, seen = both
    assert (await api("GET", "/v1/runs/any")).status_code == status
    assert seen.lines[-1]["level"] == level


async def test_the_same_is_told_in_words(toy: Connector, tmp_path: Path) -> None:
    async with watched(toy, tmp_path, form="text") as (api, seen):
        await api("POST", "/v1/actions/lend_book/run", LEND)
        said = seen.log.getvalue()
    assert said.count("\n") == 1 and " info answered run_id=" in said and " operation=run_lend_book status=200 " in said


async def test_what_the_host_does_by_itself_is_no_part_of_the_request_that_came_first(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(*means: Any) -> Any:
        raise InvalidInput([Problem("data_dir", "cannot be used", "Data directory")])

    async def has_any(self: Followed, data_dir: Location) -> bool:
        return True

    monkeypatch.setattr(Followed, "has_any", has_any)
    monkeypatch.setattr(subscribed, "dispatch_of", unusable)
    api, seen = both
    await api("GET", "/v1/runs")
    await until(lambda: any(line["level"] == "error" for line in seen.lines))
    (wrong,) = [line for line in seen.lines if line["level"] == "error"]
    assert "nothing is brought to subscribers" in wrong["message"] and "trace_id" not in wrong


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_line_stays_one_line_and_the_loggers_are_as_before(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:]
    for name in ("uvicorn", "uvicorn.error"):  # a server of another test may have set them
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    with logging_as(form, stream):
        logging.getLogger("uvicorn.error").warning("odd: %s", "a\nforged line\x1b[2J é")
    assert root.handlers == before and stream.getvalue().count("\n") == 1 and "\x1b" not in stream.getvalue()
    assert form == "text" or json.loads(stream.getvalue())["logger"] == "uvicorn.error"
