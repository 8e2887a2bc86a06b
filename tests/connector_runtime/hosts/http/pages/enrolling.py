"""Forms of a host of enrollments, as a browser sends them, and what became of them."""

from __future__ import annotations

import re
from typing import Any

import httpx

from connector_runtime.hosts.http.host import Host
from tests.connector_runtime.hosts.http.hosting import OWN

ENROLL = "/actions/enroll_user_into_a_course"
SESSION = "/actions/enroll_user_into_a_session"
RSVP = "/actions/batch_update_rsvp_event"
ANSWER = {"/items/0/user_id": "18", "/items/0/user_rsvp_response": "1"}


def runs(host: Host) -> list[Any]:
    return [record["input"] for _, record in host.opened("main").home.runs.search(limit=10)]


async def enrolled(browser: httpx.AsyncClient, user: str, course: str, do: str = "run", **more: str) -> httpx.Response:
    return await browser.post(ENROLL, data={"/user_id": user, "/course_id": course, "do": do, **more}, headers=OWN)


def carried(page: httpx.Response) -> dict[str, str]:
    """What a form holds without showing it."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "once"}
