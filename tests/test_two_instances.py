"""Several instances serve one tenant from one database, and one of them is killed while it works."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from docebo_connect.sandbox import site as open_site
from docebo_connect.sandbox.sites import Site
from tests.instances import Instance, called, instance
from tests.served import Noting, served

ENROLLMENTS = 60
KILLED_AFTER = 20
READ = "/v1/actions/get_course_enrollments/rows"
COURSE = 40
CONNECTION = {"name": "campus", "method": "password"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[tuple[Site, str, Noting]]:
    site = open_site(tmp_path / "platform")
    with served(site) as (url, noting):
        yield site, url, noting
    site.close()


@pytest.fixture
def two(database: str, tmp_path: Path) -> Iterator[tuple[Instance, Instance]]:
    with instance(database, tmp_path / "a") as a, instance(database, tmp_path / "b") as b:
        yield a, b


def test_one_is_killed_and_nobody_is_enrolled_twice_or_not_at_all(
    two: tuple[Instance, Instance], platform: tuple[Site, str, Noting], database: str
) -> None:
    a, b = two
    site, url, noting = platform
    assert a.key is not None and b.key is None, "the first key is made once, by whoever is first"
    key = a.key
    fields = {name: site.credentials[name] for name in ("client_id", "client_secret", "username", "password")}
    made = called([a], key, "POST", "/v1/connections", {**CONNECTION, "fields": {"domain": url, **fields}})
    assert made.status_code == 201, made.text
    path = "/v1/actions/enroll_user_into_a_course/run"
    there = called([b], key, "POST", READ, {"connection": "campus", "input": {"course_ids": [COURSE]}}).text
    enrolled = {json.loads(line)["user_id"] for line in there.splitlines()}
    users = [user for user in range(10, 200) if user not in enrolled][:ENROLLMENTS]

    def enroll(number: int) -> str:
        body = {"connection": "campus", "input": {"user_id": users[number], "course_id": COURSE}}
        order = [a, b] if number % 2 else [b, a]
        answer = called(order, key, "POST", path, body, idempotency_key=f"order-{number}")
        if number == KILLED_AFTER:
            a.kill()
        while answer.status_code == 409 and answer.json()["code"] == "in_progress":
            answer = called([b], key, "POST", path, body, idempotency_key=f"order-{number}")
        if answer.status_code >= 500:  # it may still be on its way from the one that was killed: nobody sends it again
            assert answer.json()["effect"] == "unknown", answer.text
            long_ago(database, answer.json()["run"]["run_id"])
            answer = called([b], key, "POST", path, body, idempotency_key=f"order-{number}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["run_id"])

    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(enroll, range(ENROLLMENTS)))

    assert len(set(runs)) == ENROLLMENTS
    again = [called([b], key, "GET", f"/v1/runs/{run}").json() for run in runs]
    assert Counter((run["status"], run["effect"]) for run in again) == {("succeeded", "done"): ENROLLMENTS}
    sent = sum(each.startswith("/learn/v1/enrollments/") for each in noting.posted)
    assert sent == ENROLLMENTS


def long_ago(database: str, run_id: str) -> None:
    """Let a run's change have been sent long before."""
    moments = json.dumps(dict.fromkeys(("sent_at", "last_sent_at"), "2026-01-01T00:00:00.000Z"))
    earlier = "CAST(CAST(record AS jsonb) || CAST(%s AS jsonb) AS text)"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"UPDATE runs.runs SET record = {earlier} WHERE run_id = %s", [moments, run_id])


def test_what_one_is_told_the_other_knows(two: tuple[Instance, Instance]) -> None:
    a, b = two
    assert a.key is not None
    body = {"name": "for a while", "scopes": ["read"]}
    made = called([a], a.key, "POST", "/v1/keys", body).json()
    assert called([b], made["key"], "GET", "/v1/actions").status_code == 200
    assert called([b], a.key, "DELETE", f"/v1/keys/{made['id']}").status_code == 204
    assert called([a], made["key"], "GET", "/v1/actions").status_code == 401
    assert [each["name"] for each in called([a], a.key, "GET", "/v1/connections").json()["items"]] == []
    refused = called([a], a.key, "POST", "/v1/actions/get_enrollments/run", {"input": {}})
    assert refused.status_code == 422 and "not in a database" in refused.json()["title"]
