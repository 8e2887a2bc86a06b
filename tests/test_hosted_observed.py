"""`serve` as an operator watches it: its log, its metrics, and the spans that a collector gets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_runtime.hosts.http.observed.logs import FIELDS
from connector_runtime.hosts.http.observed.metrics import METRICS
from connector_runtime.hosts.http.observed.spans import SPANS
from tests.casebook import ROOT
from tests.collecting import collecting

RUN = "/v1/actions/enroll_user_into_a_course/run"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SLOWEST_S = 60


@dataclass
class Served:
    """A host that runs, and what it has said when it has ended."""

    told: dict[str, str]
    log: str = ""
    output: str = field(default="", repr=False)

    def __call__(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """The answer to a request with the first key."""
        shown = {"authorization": f"Bearer {self.told['key']}", **headers}
        method = "GET" if body is None else "POST"
        return httpx.request(method, self.told["url"] + path, json=body, headers=shown, timeout=SLOWEST_S)


@contextmanager
def serving(directory: Path, *options: str) -> Iterator[Served]:
    place = ["--data-dir", str(directory), "serve", "--port", "0", "--json", "--metrics-port", "0"]
    command = [sys.executable, "-m", "docebo_connect", *place, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            served = Served(json.loads(process.stdout.readline()))
            yield served
        finally:
            process.terminate()
            rest, said = process.communicate(timeout=SLOWEST_S)
        served.output, served.log = rest, said


def test_a_run_is_seen_in_the_log_the_metrics_and_at_the_collector(tmp_path: Path) -> None:
    watching = ("--log-format", "json", "--metrics")
    with collecting() as collected, serving(tmp_path, *watching, "--traces", collected.url) as served:
        record = served(RUN, {"input": {"user_id": 7, "course_id": 42}}, traceparent=f"00-{TRACE}-{SPAN}-01").json()
        canary = {"user_id": "CANARY-user", "course_id": "CANARY-course", "CANARY-name": 1}
        assert served(RUN, {"input": canary}).status_code == 422
        metrics = httpx.get(served.told["metrics"]).text
        stranger = httpx.get(served.told["url"] + "/metrics")
    assert 'connector_runs_total{action="enroll_user_into_a_course",effect="done",status="succeeded"} 1.0' in metrics
    assert stranger.status_code == 404 and served.output == ""
    lines = [json.loads(line) for line in served.log.splitlines()]
    line = next(line for line in lines if line.get("run_id") == record["run_id"])
    assert line["trace_id"] == TRACE and line["status"] == 200 and all(set(line) <= set(FIELDS) for line in lines)
    assert collected.services == {"docebo-connect"} and set(collected.paths) == {"/v1/traces"}
    own = {span.name: span for span in collected.spans if span.trace_id.hex() == TRACE}
    assert own["run"].parent_span_id.hex() == SPAN and own["attempt"].parent_span_id == own["run"].span_id
    assert own["request"].parent_span_id == own["attempt"].span_id
    everything = served.log + metrics + " ".join(map(str, collected.spans))
    assert "CANARY" not in everything and served.told["key"].split("_", 2)[2] not in everything


def test_a_collector_that_is_not_there_stops_neither_runs_nor_the_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--traces", "http://127.0.0.1:9") as served:
        assert served(RUN, {"input": {"user_id": 7, "course_id": 42}}).status_code == 200
    assert " info answered run_id=" in served.log and "http://127.0.0.1:9" not in served.output


def test_nothing_is_imported_that_was_not_switched_on(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from connector_runtime.hosts.http.application import application\n"
        "from connector_runtime.hosts.http.observed import front, logs, observer\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'prometheus_client')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("url", ["localhost:4318", "http://me:CANARY@localhost:4318"])
def test_a_collectors_address_that_is_none_is_refused_before_anything_is_served(tmp_path: Path, url: str) -> None:
    command = [sys.executable, "-m", "docebo_connect", "--data-dir", str(tmp_path), "serve", "--traces", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLOWEST_S)
    assert done.returncode == 2 and "OTEL_EXPORTER_OTLP_HEADERS" in done.stderr and "CANARY" not in done.stderr


def test_the_documentation_has_every_field_span_and_metric() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    rows = [f"| `{name}` | {said} |" for name, said in {**FIELDS, **SPANS}.items()]
    rows += [f"| `{each.name}` | {each.kind} | {_labels(each.labels)} | {each.help} |" for each in METRICS]
    assert [row for row in rows if row not in page] == []
    named = re.findall(r"^\| `((?:connector|http_server)_\w+)` \|", page, re.MULTILINE)
    assert named == [each.name for each in METRICS]


def _labels(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
