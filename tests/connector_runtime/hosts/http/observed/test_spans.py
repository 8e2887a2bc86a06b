"""Spans made from records: what hangs under what, when, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput, RateLimited
from connector_runtime.hosts.http.observed.current import asked, being
from connector_runtime.hosts.http.observed.spans import NAMES, SPANS, collector
from connector_runtime.hosts.session import Session
from connector_runtime.record import Record
from connector_runtime.run import Retries
from connector_runtime.steps import Step
from connector_runtime.transport import Connection
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.observed.test_current import SPAN, TRACE
from tests.connector_runtime.hosts.http.observed.watched import Seen
from tests.connector_runtime.hosts.http.test_keys import LEND

Both = tuple[Hosted, Seen]


def tree(spans: list[ReadableSpan], parent: int | None = None) -> list[Any]:
    """Names, each with those below it."""
    return [
        (span.name, below) if (below := tree(spans, span.context.span_id)) else span.name
        for span in spans
        if (span.parent.span_id if span.parent else None) == parent
    ]


async def test_a_run_hangs_under_the_span_that_asked_for_it(both: Both) -> None:
    api, seen = both
    record = (await api("POST", "/v1/actions/lend_book/run", LEND, traceparent=f"00-{TRACE}-{SPAN}-01")).json()
    run, attempt, request = seen.spans
    assert tree(seen.spans, int(SPAN, 16)) == [("run", [("attempt", ["request"])])]
    assert {f"{span.context.trace_id:032x}" for span in seen.spans} == {TRACE}
    told = dict(run.attributes or {})
    assert told["connector.run_id"] == record["run_id"] and told["connector.action"] == "lend_book"
    assert (told["connector.status"], told["connector.effect"]) == ("succeeded", "done")
    assert dict(attempt.attributes or {}) == {"connector.attempt": 1}
    assert (request.attributes or {})["url.template"] and (request.attributes or {})["http.response.status_code"] == 201
    for inner, outer in ((request, attempt), (attempt, run)):
        assert (outer.start_time or 0) <= (inner.start_time or 0) <= (inner.end_time or 0) <= (outer.end_time or 0)


async def test_a_run_without_a_parent_has_the_trace_of_its_log_line(both: Both) -> None:
    api, seen = both
    await api("POST", "/v1/actions/lend_book/run", {"input": {}})
    (run,) = seen.spans
    assert run.parent is None and f"{run.context.trace_id:032x}" == seen.lines[0]["trace_id"]
    assert run.status.status_code.name == "ERROR" and (run.attributes or {})["error.type"] == "invalid_input"
    assert run.status.description is None and not run.events


async def test_who_keeps_no_trace_gets_none(both: Both) -> None:
    api, seen = both
    await api("POST", "/v1/actions/lend_book/run", LEND, traceparent=f"00-{TRACE}-{SPAN}-00")
    assert seen.spans == [] and seen.lines[0]["trace_id"] == TRACE


async def test_all_pages_hang_under_their_attempt(both: Both) -> None:
    api, seen = both
    for code in ("B-1", "B-2", "B-3"):
        await api("POST", "/v1/actions/lend_book/run", {"input": {"member_id": 7, "book_code": code}})
    seen.forget()
    answer = await api("POST", "/v1/actions/list_loans/rows", {"input": {"page_size": 1}})
    assert answer.status_code == 200
    ((run, ((attempt, pages),)),) = tree(seen.spans)
    assert (
        (run, attempt) == ("run", "attempt") and len(pages) == 3 and set(map(str, pages)) == {"('page', ['request'])"}
    )
    numbers = [(span.attributes or {})["connector.page"] for span in seen.spans if span.name == "page"]
    assert sorted(map(str, numbers), key=int) == [str(number) for number in range(1, len(pages) + 1)]


class Flaky:
    """A platform that is busy once, and repeats what it hears."""

    calls = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        status = 503 if self.calls == 1 else 200
        heard = dict(scope["headers"])[b"authorization"].decode()
        body = f'{{"problem": {{"text": "{heard}"}}, "result": {{"loan": null, "reason": "{heard}"}}}}'.encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


async def test_neither_secrets_nor_inputs_are_in_log_spans_or_metrics(toy: Connector, tmp_path: Path) -> None:
    seen = Seen(toy)
    platform = Connection("acme", "http://127.0.0.1", {"authorization": "Card CANARY-token"}, Flaky())
    quick = Retries(base_s=0, look_again_s=0)
    told: list[Record] = []

    def heard(record: Record) -> None:
        told.append(record)
        seen.observer.kept("main", record)

    given = {"member_email": "canary@example.com", "book_code": "CANARY-code"}
    async with Session(toy, connection=platform, data_dir=tmp_path, retries=quick, heard=heard) as session:
        with being(asked([])):
            await session.run("lend_book", given)
    assert told[-1].requests[0]["status"] == 503
    assert tree(seen.spans)[0][1][0] == ("attempt", ["request", "wait"]) and tree(seen.spans)[0][1][1][0] == "attempt"
    everything = seen.everything()
    assert "canary" not in everything.lower() and "lend_book" in everything
    assert 'connector_upstream_requests_total{answer="5xx",retry="false"} 1.0' in seen.samples
    assert 'connector_run_waits_total{reason="retry"} 1.0' in seen.samples


def test_renewals_and_waits_hang_under_the_page_that_waited(toy: Connector) -> None:
    seen = Seen(toy)
    record = Record.begin(action="list_loans", version="1", connection="acme", given={"member": ["CANARY"]})
    record.steps.add(Step(kind="renewal", page=1, attempt=1, began_at=1_700_000_000.0, seconds=0.25))
    record.steps.add(Step(kind="limit", page=1, attempt=1, began_at=1_700_000_000.25, seconds=0.25))
    late: dict[str, Any] = {"began_at": 1_700_000_000.5, "seconds": 1.5}
    record.steps.add(Step(kind="request", page=1, attempt=1, method="GET", path="/loans/CANARY", status=None, **late))
    record.effect = "none"
    record.close(RateLimited("CANARY", retry_after_s=None), 2.0)
    seen.observer.kept("main", record)
    assert tree(seen.spans) == [("run", [("attempt", [("page", ["refresh", "wait", "request"])])])]
    request = seen.spans[-1]
    assert dict(request.attributes or {}) == {"http.request.method": "GET", "error.type": "none"}
    assert (request.end_time or 0) - (request.start_time or 0) == 1_500_000_000 and "CANARY" not in seen.everything()


def test_every_kind_of_step_has_a_documented_span() -> None:
    assert set(NAMES.values()) <= set(SPANS)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("https://collect.example.com/", "https://collect.example.com/v1/traces"),
        ("https://collect.example.com/otlp/v1/traces", "https://collect.example.com/otlp/v1/traces"),
    ],
)
def test_a_collector_takes_traces_where_it_says(url: str, target: str) -> None:
    assert collector(url) == target


@pytest.mark.parametrize(
    "url", ["collect.example.com", "ftp://x", "http://", "http://me:secret@x", "http://x?key=secret"]
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        collector(url)
    assert "secret" not in str(caught.value) and "OTEL_EXPORTER_OTLP_HEADERS" in caught.value.fix
