"""A host in a process of its own, and somebody at a browser who is let in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SLOWEST_MS = 30_000


class Served(NamedTuple):
    """Where the host is, and the key for it."""

    url: str
    key: str


@contextmanager
def hosting(directory: Path) -> Iterator[Served]:
    """The connector served from that directory."""
    command = [sys.executable, "-m", "docebo_connect", "--data-dir", str(directory), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        try:
            yield Served(told["url"], told["key"])
        finally:
            process.terminate()


def enter(page: Any, served: Served) -> None:
    """Sign in."""
    page.goto(f"{served.url}/enter")
    page.get_by_label("API key").fill(served.key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{served.url}/")


def enrolled(page: Any, served: Served, user: str, course: str) -> str:
    """Enroll a user by IDs; the run's ID, or nothing where the form is shown again."""
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    page.locator("#f-user_id").fill(user)
    page.locator("#f-course_id").fill(course)
    page.get_by_role("button", name="Enroll user into a course").click()
    page.wait_for_load_state()
    before, _, run_id = page.url.rpartition("/runs/")
    return run_id if before else ""
