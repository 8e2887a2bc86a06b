"""How the tests talk to the sandbox: blocking calls into the ASGI application, in process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from docebo_connect.sandbox.sites import Site

COURSE_LIST = "/course/v1/courses/enrollments"
PLAN_LIST = "/learningplan/v1/learningplans/enrollments"
PLAN_COURSE_LIST = "/learningplan/v1/learningplans/1/courses/enrollments"
MY_LIST = "/learn/v1/enrollments"
CASCADE = "cascade_unenroll_from_courses_in_selected_learning_plan"


class Client:
    """One user's requests; without headers, nobody's."""

    def __init__(self, site: Site, headers: Mapping[str, str] | None = None) -> None:
        self.site = site
        self.headers = dict(headers or {})

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send one request and wait for the answer; an exception in the application fails the test."""
        return asyncio.run(self._send(method, url, **options))

    async def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.site.app)
        async with httpx.AsyncClient(transport=transport, base_url=self.site.base_url, headers=self.headers) as client:
            return await client.request(method, url, **options)

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", url, **options)

    def items(self, url: str) -> list[dict[str, Any]]:
        """The items on one page of a list."""
        response = self.get(url)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["data"]["items"]
        return items

    def total(self, url: str) -> int:
        """The number of items on all pages of a list."""
        response = self.get(url)
        assert response.status_code == 200, response.text
        return int(response.json()["data"]["total_count"])

    def as_user(self, username: str) -> Client:
        """The same site, asked by another user."""
        form = {**self.site.credentials, "grant_type": "password", "username": username}
        token = self.post("/oauth2/token", data=form).json()["access_token"]
        return Client(self.site, {"Authorization": f"Bearer {token}"})


def is_api_error(response: httpx.Response, status: int) -> bool:
    """The status with the API's error body."""
    if response.status_code != status:
        return False
    content = response.json()
    return set(content) == {"name", "message", "code", "status"} and isinstance(content["message"], list)
