"""How tests let something go wrong, and see what has come of it."""

from __future__ import annotations

from typing import Any

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client

ENROLL = "/learn/v1/enrollments/42/7"
ENROLLED = f"{COURSE_LIST}?user_id[]=7&course_id[]=42"


def enrolled(site: Site) -> bool:
    return site.store.row("SELECT 1 FROM course_enrollments WHERE user_id = 7 AND course_id = 42") is not None


def befalls(site: Site, fault: str, **rule: Any) -> None:
    site.faults.set([{"fault": fault, **rule}])


def logged_in(site: Site) -> dict[str, Any]:
    form = {**site.credentials, "grant_type": "password"}
    answer: dict[str, Any] = Client(site).post("/oauth2/token", data=form).json()
    return answer


def refreshed(site: Site, token: str) -> dict[str, Any]:
    form = {**site.credentials, "grant_type": "refresh_token", "refresh_token": token}
    answer: dict[str, Any] = Client(site).post("/oauth2/token", data=form).json()
    return answer


def bearing(site: Site, tokens: dict[str, Any]) -> Client:
    return Client(site, {"Authorization": f"Bearer {tokens['access_token']}"})
