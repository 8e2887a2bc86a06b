"""A webhook that is registered by API, from a change on the platform to a line of `events`, over loopback."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from docebo_connect.sandbox.sites import Site
from tests.test_webhooks_received import PROGRAM, arrived, listening, told

ENROLL = ("run", "enroll_user_into_a_course", "course_id=42", "--json")


def test_an_enrollment_arrives_by_a_webhook_that_was_registered(tmp_path: Path) -> None:
    with listening(tmp_path) as (_, url):
        made = json.loads(told(tmp_path, "webhooks", "register", "sandbox", "--url", url, "--json"))
        assert made["good"] is True
        assert told(tmp_path, *ENROLL, "user_id=7", "--await-events", "30")
        told(tmp_path, "webhooks", "register", "sandbox", "--url", url, "--event", "course.enrollment.deleted")
        told(tmp_path, *ENROLL, "user_id=8")
        told(tmp_path, "run", "unenroll_user_from_course", "course_id=42", "user_id=8")
        with Site(tmp_path / "sandbox"):  # it brings again what came before the new address was known
            lines = arrived(tmp_path, 2)
    assert [(line["event"], line["payload"]["user_id"]) for line in lines] == [
        ("course.enrollment.created", 7),
        ("course.enrollment.deleted", 8),
    ]


def test_listen_registers_again_what_the_platform_has_lost(tmp_path: Path) -> None:
    with listening(tmp_path) as (_, url):
        told(tmp_path, "webhooks", "register", "sandbox", "--url", url)
    with Site(tmp_path / "sandbox") as site:
        site.reset()
        stranger = site.subscribe("http://127.0.0.1:9/", ["course.enrollment.deleted"])
    check = [*PROGRAM, "--data-dir", str(tmp_path), "webhooks", "check", "sandbox", "--json"]
    lost = subprocess.run(check, check=False, capture_output=True, text=True)
    assert (lost.returncode, json.loads(lost.stdout)["wrong"]) == (1, ["missing"])
    with listening(tmp_path, int(url.rpartition(":")[2])) as (process, _):
        assert process.stderr is not None
        while "registered again" not in (line := process.stderr.readline()):
            assert line, "it has ended without having registered"
        told(tmp_path, *ENROLL, "user_id=7", "--await-events", "30")
    assert [line["payload"]["user_id"] for line in arrived(tmp_path, 1)] == [7]
    with Site(tmp_path / "sandbox") as site:
        assert stranger in [row["id"] for row in site.store.rows("SELECT id FROM webhooks")]
