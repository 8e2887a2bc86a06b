"""From a change on the platform to a line of `events`: sandbox, receiver and reader in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from docebo_connect.sandbox.sites import Site
from tests.casebook import ROOT
from tests.served import served

PROGRAM = [sys.executable, "-m", "docebo_connect"]
SLOWEST_S = 60
SAMPLES = sorted((ROOT / "fixtures" / "webhooks").glob("*/*.yaml"))


def told(directory: Path, *command: str) -> str:
    return subprocess.run(
        [*PROGRAM, "--data-dir", str(directory), *command], check=True, capture_output=True, text=True
    ).stdout


@contextmanager
def listening(directory: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [*PROGRAM, "--data-dir", str(directory), "listen", "--json", "--port", str(port), "--replay-window", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        try:
            yield process, url
        finally:
            process.terminate()


def arrived(directory: Path, number: int) -> list[dict[str, Any]]:
    """The events that have arrived, once there are so many."""
    until = time.monotonic() + SLOWEST_S
    while True:
        lines = [json.loads(line) for line in told(directory, "events").splitlines()]
        if len(lines) >= number or time.monotonic() > until:
            return lines
        time.sleep(0.1)


def test_the_samples_are_accepted_as_they_are(tmp_path: Path) -> None:
    shown = json.loads(told(tmp_path, "webhooks", "add", "sandbox", "--json"))
    address, auth = shown["url"].rpartition("/")[2], (shown["username"], shown["password"])
    with listening(tmp_path) as (_, url):
        statuses = [
            httpx.post(
                f"{url}/{address}", json=yaml.safe_load(sample.read_text(encoding="utf-8")), auth=auth
            ).status_code
            for sample in SAMPLES
        ]
    assert (len(SAMPLES) >= 11, set(statuses)) == (True, {202})
    assert {line["event"] for line in arrived(tmp_path, 1)} == {sample.parent.name for sample in SAMPLES}
    counts = json.loads(told(tmp_path, "webhooks", "list", "--json"))["counts"]
    assert {count["what"] for count in counts} <= {"kept", "duplicate"}


def test_an_enrollment_arrives_as_an_event_even_if_the_receiver_dies_meanwhile(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shown = json.loads(told(data, "webhooks", "add", "sandbox", "--json"))
    address = shown["url"].rpartition("/")[2]
    with (
        Site(tmp_path / "platform") as site,
        served(site) as (platform, _),
        httpx.Client(base_url=platform, headers=site.headers) as client,
    ):
        with listening(data) as (process, url):
            site.subscribe(f"{url}/{address}", username=shown["username"], password=shown["password"])
            assert client.post("/learn/v1/enrollments/42/7").status_code < 300
            assert len(arrived(data, 1)) == 1
            process.kill()
            process.wait()
            assert client.post("/learn/v1/enrollments/42/8").status_code < 300
            port = int(url.rpartition(":")[2])
        with listening(data, port):
            lines = arrived(data, 2)
    assert [(line["event"], line["payload"]["user_id"]) for line in lines] == [
        ("course.enrollment.created", 7),
        ("course.enrollment.created", 8),
    ]


def test_a_run_waits_for_the_event_that_it_causes(tmp_path: Path) -> None:
    enroll = ("run", "enroll_user_into_a_course", "user_id=7", "course_id=42", "--json", "--await-events", "30")
    refused = subprocess.run(
        [*PROGRAM, "--data-dir", str(tmp_path), *enroll], check=False, capture_output=True, text=True
    )
    assert (refused.returncode, "docebo-connect webhooks add sandbox" in refused.stderr) == (2, True)
    shown = json.loads(told(tmp_path, "webhooks", "add", "sandbox", "--json"))
    with listening(tmp_path) as (_, url):
        with Site(tmp_path / "sandbox") as site:
            address = f"{url}/{shown['url'].rpartition('/')[2]}"
            site.subscribe(address, username=shown["username"], password=shown["password"])
        run = json.loads(told(tmp_path, *enroll))
    assert [(event["event"], event["status"], event["seen"]) for event in run["events"]] == [
        ("course.enrollment.created", "seen", 1)
    ]
    (line,) = arrived(tmp_path, 1)
    assert line["caused_by"] == run["run_id"]
    assert "course.enrollment.created  user_id 7, course_id 42  seen after" in told(tmp_path, "runs", "show", "last")
