"""The surface: opening, seeds, features, state."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docebo_connect.sandbox import site as open_sandbox
from docebo_connect.sandbox.sites import Site
from docebo_connect.sandbox.store import FILE_NAME
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST, Client

Opener = Callable[..., Site]


def contents(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the world."""
    tables = [row["name"] for row in site.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    own = {"meta", "tokens", "codes", "sqlite_sequence"}
    return {table: [tuple(row) for row in site.store.rows(f"SELECT * FROM {table}")] for table in set(tables) - own}


def test_the_same_seed_makes_the_same_world_and_another_seed_another(tmp_path: Path) -> None:
    with (
        open_sandbox(tmp_path / "a", seed=5) as first,
        open_sandbox(tmp_path / "b", seed=5) as same,
        open_sandbox(tmp_path / "c", seed=6) as other,
    ):
        assert contents(first) == contents(same)
        assert contents(first) != contents(other)


def test_a_new_world_has_seed_1(tmp_path: Path, seeded: Path) -> None:
    with open_sandbox(tmp_path / "explicit", seed=1) as explicit, open_sandbox(seeded.parent) as default:
        assert contents(explicit) == contents(default)


def test_no_seed_and_the_stored_seed_keep_what_happened_and_another_seed_does_not(open_site: Opener) -> None:
    site = open_site()
    Client(site, site.headers).post("/learn/v1/enrollments/42/7")
    for seed, expected in ((None, 1), (1, 1), (2, 0)):
        again = open_site(seed=seed)
        assert Client(again, again.headers).total(f"{COURSE_LIST}?user_id[]=7&course_id[]=42") == expected
    assert open_site().deliveries() == []


def test_state_is_shared_with_another_process(site: Site, api: Client) -> None:
    script = """
import asyncio, sys
from pathlib import Path
import httpx
from docebo_connect.sandbox import site
async def main():
    with site(Path(sys.argv[1])) as s:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(s.app), base_url=s.base_url, headers=s.headers) as c:
            print((await c.post("/learn/v1/enrollments/42/7")).json()["data"]["enrolled"][0]["id_course"])
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(site.store.path.parent)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "42"
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=42") == 1
    assert [delivery["event"] for delivery in site.deliveries()] == ["course.enrollment.created"]


def test_processes_that_create_the_world_at_once_get_one_whole_world(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from docebo_connect.sandbox import site\n"
    script += "s = site(Path(sys.argv[1]))\n"
    script += "print(s.store.meta('token'), s.store.number('SELECT COUNT(*) FROM users')); s.close()"
    command = [sys.executable, "-c", script, str(tmp_path / "world")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {process.communicate()[0] for process in running}
    assert all(process.returncode == 0 for process in running)
    assert len(answers) == 1
    assert answers.pop().split()[1] == "200"


def test_opening_imports_neither_frameworks_nor_the_runtime(seeded: Path) -> None:
    script = "import sys; from pathlib import Path; from docebo_connect.sandbox import site\n"
    script += "s = site(Path(sys.argv[1])); s.close(); import json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(seeded.parent)], capture_output=True, text=True, check=True
    )
    imported = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert imported.isdisjoint(
        {"connector_runtime", "starlette", "uvicorn", "httpx", "yaml", "cryptography", "asyncio"}
    )


def test_an_unknown_feature_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="singular_delete, session_delete"):
        open_sandbox(tmp_path, without=["flying"])
    assert not (tmp_path / FILE_NAME).exists()


def test_secrets_do_not_show(site: Site) -> None:
    token = site.headers["Authorization"].removeprefix("Bearer ")
    assert len(token) == 40
    shown = f"{site.headers!r} {site.headers} {site.credentials!r} {site!r} {[site.headers]}"
    assert token not in shown
    assert site.credentials["client_secret"] not in shown
    assert dict(site.headers) == {"Authorization": f"Bearer {token}"}


def test_the_token_of_the_site_outlives_the_world_and_the_process(open_site: Opener) -> None:
    site = open_site()
    headers = site.headers
    site.reset(3)
    assert open_site().headers == headers
    assert Client(site, headers).get(COURSE_LIST).status_code == 200


def test_reset_brings_back_the_first_state_and_forgets_deliveries(site: Site, api: Client) -> None:
    before = contents(site)
    api.post("/learn/v1/enrollments/42/7")
    site.subscribe("http://127.0.0.1:9/")
    site.reset()
    assert contents(site) == before
    assert site.deliveries() == []


def test_reset_over_http_can_change_the_seed(site: Site, api: Client, anybody: Client) -> None:
    before = contents(site)
    assert anybody.post("/sandbox/reset", json={"seed": 2}).json() == {"seed": 2}
    assert contents(site) != before
    assert anybody.post("/sandbox/reset").json() == {"seed": 2}
    assert anybody.post("/sandbox/reset", json={"seed": 1}).json() == {"seed": 1}
    assert contents(site) == before


def test_an_unknown_route_is_a_404_without_the_apis_body(api: Client) -> None:
    for path in ("/", "/learn/v1/nothing", "/learn/v1/enrollments/1/2/3", "/course/v1/courses/", "/api/user/create"):
        response = api.get(path)
        assert response.status_code == 404
        assert response.headers["content-type"].startswith("text/html")


def test_a_wrong_method_is_a_405_that_names_the_right_ones(api: Client) -> None:
    response = api.request("PATCH", MY_LIST)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, DELETE"
    assert response.json()["status"] == 405
    assert api.post(COURSE_LIST).status_code == 405
    assert api.request("HEAD", COURSE_LIST).content == b""


async def test_half_a_request_is_not_carried_out(site: Site) -> None:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    headers = [(b"authorization", site.headers["Authorization"].encode())]
    scope = {"type": "http", "method": "POST", "path": "/learn/v1/enrollments/42/7", "query_string": b""}

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        pytest.fail(f"nobody is there to read {message}")

    await site.app(scope | {"headers": headers}, receive, send)
    assert site.deliveries() == []
