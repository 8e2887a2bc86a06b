"""The metrics: what is counted, and that labels have few values."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.observed.metrics import METRICS, RUNNING, RUNS, Metrics
from connector_runtime.hosts.http.observed.observer import Observer, switched_on
from connector_runtime.hosts.http.observed.scraped import scraped
from connector_runtime.hosts.http.observed.standing import standing
from connector_runtime.store.events import Events
from connector_runtime.store.file import Failure
from tests.connector_runtime.events.subscribing import URL
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.observed.watched import Seen, watched
from tests.connector_runtime.hosts.http.test_keys import LEND

Both = tuple[Hosted, Seen]


async def test_runs_requests_and_answers_are_counted(both: Both) -> None:
    api, seen = both
    bodies: list[dict[str, Any]] = [LEND, {"input": {}}]
    for body in bodies:
        await api("POST", "/v1/actions/lend_book/run", body)
    counted = set(seen.samples)
    assert {
        'connector_runs_total{action="lend_book",effect="done",status="succeeded"} 1.0',
        'connector_runs_total{action="lend_book",effect="none",status="failed"} 1.0',
        'connector_run_duration_seconds_count{action="lend_book",status="succeeded"} 1.0',
        'connector_upstream_requests_total{answer="2xx",retry="false"} 1.0',
        'http_server_request_duration_seconds_count{http_response_status_code="200",operation="run_lend_book"} 1.0',
        'http_server_request_duration_seconds_count{http_response_status_code="422",operation="run_lend_book"} 1.0',
        "connector_runs_running 0.0",
        "connector_runs_waiting 0.0",
    } <= counted


async def test_runs_that_run_and_wait_are_told_while_they_do(both: Both) -> None:
    api, seen = both
    async with api.host.opened("main").home.turn():
        assert "connector_runs_running 1.0" in seen.samples


async def test_events_and_deliveries_of_all_tenants_are_told_together(both: Both) -> None:
    api, seen = both
    for key in (api.key, api.tenant("second")):
        opened = (await api("PUT", "/v1/connections/sandbox/webhooks", {}, key=key)).json()
        path = opened["url"].removeprefix("http://host")
        at = f"{datetime.now(UTC):%d.%m.%Y %H:%M}"
        made = {"at": at, "book_code": "B-1", "member_id": 7, "note": None}
        delivery = {"number": 1, "event": "loan.made", "payload": made}
        for _ in range(2):
            assert (
                await api.client.post(path, json=delivery, auth=(opened["username"], opened["password"]))
            ).status_code == 202
        subscribed = {"name": "mine", "url": URL, "events": ["loan.made"]}
        assert (await api("POST", "/v1/subscribers", subscribed, key=key)).status_code == 201
    counted = seen.samples
    assert 'connector_events_total{event="loan.made",outcome="kept"} 2.0' in counted
    assert 'connector_events_total{event="loan.made",outcome="duplicate"} 2.0' in counted
    assert 'connector_event_delay_seconds_count{event="loan.made"} 4.0' in counted
    assert {"connector_deliveries_waiting 0.0", "connector_deliveries_parked 0.0"} <= set(counted)


async def test_tenants_are_labels_only_where_asked_for(toy: Connector, tmp_path: Path, both: Both) -> None:
    api, seen = both
    await api("POST", "/v1/actions/lend_book/run", LEND, key=api.tenant("second"))
    assert 'second"' not in seen.metrics.text().decode()
    async with watched(toy, tmp_path / "labelled", by_tenant=True) as (labelled, told):
        await labelled("POST", "/v1/actions/lend_book/run", LEND, key=labelled.tenant("second"))
        line = 'connector_runs_total{action="lend_book",effect="done",status="succeeded",tenant="second"} 1.0'
        assert line in told.samples and 'connector_runs_running{tenant="second"} 0.0' in told.samples


async def test_labels_have_no_values_that_a_caller_chooses(both: Both) -> None:
    api, seen = both
    await api("POST", "/v1/actions/CHOSEN/run", {"input": {}, "connection": "CHOSEN"})
    await api("POST", "/v1/actions/lend_book/run", LEND | {"connection": "CHOSEN"})
    await api("CHOSEN", "/v1/runs/CHOSEN")
    assert "CHOSEN" not in seen.metrics.text().decode()


async def test_what_is_exposed_is_what_is_declared(both: Both) -> None:
    api, seen = both
    await api("POST", "/v1/actions/lend_book/run", LEND)
    declared = {each.name.removesuffix("_total"): each for each in METRICS}
    for family in text_string_to_metric_families(seen.metrics.text().decode()):
        if not family.name.startswith("process_"):
            assert (family.type, family.documentation) == (declared[family.name].kind, declared[family.name].help)


async def test_prometheus_asks_at_one_address_and_nothing_else_is_there() -> None:
    metrics = Metrics()
    transport = httpx.ASGITransport(scraped(metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        answer = await client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4") and RUNS.help in answer.text
        assert [(await client.get(path)).status_code for path in ("/", "/v1/runs")] == [404, 404]


async def test_what_cannot_be_observed_stops_nobody(toy: Connector, tmp_path: Path, both: Both) -> None:
    api, seen = both

    def broken(*told: Any) -> None:
        raise RuntimeError("CANARY")

    api.host.observer.metrics.ended = broken  # type: ignore[union-attr, method-assign]
    assert (await api("POST", "/v1/actions/lend_book/run", LEND)).status_code == 200
    assert seen.lines[0]["error"] == "RuntimeError" and "CANARY" not in seen.log.getvalue()


async def test_a_file_that_cannot_be_read_is_left_out(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    api, _ = both

    def unreadable(events: Events) -> Any:
        raise Failure("database disk image is malformed")

    await api("PUT", "/v1/connections/sandbox/webhooks", {})
    assert any(tenant == "main" for _, tenant, _, _ in standing(api.host))
    monkeypatch.setattr(Events, "counts", unreadable)
    assert [name for name, _, _, _ in standing(api.host)].count(RUNNING) == 1


@pytest.mark.parametrize(
    ("module", "on"),
    [
        ("prometheus_client", {"metrics": True}),
        ("opentelemetry.sdk.trace.export", {"traces": "http://127.0.0.1:1"}),
        ("opentelemetry.exporter.otlp.proto.http.trace_exporter", {"traces": "http://127.0.0.1:1"}),
    ],
)
def test_the_extra_is_named_where_it_is_not_installed(
    toy: Connector, monkeypatch: pytest.MonkeyPatch, module: str, on: dict[str, Any]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidInput) as caught:
        switched_on(toy, "library", **on)
    assert caught.value.code == "extra_missing" and "`observe`" in caught.value.fix


def test_what_is_not_switched_on_is_not_there(toy: Connector) -> None:
    observer = switched_on(toy, "library")
    assert isinstance(observer, Observer) and observer.metrics is None and observer.spans is None
