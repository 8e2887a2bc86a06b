"""The sandbox behind a real HTTP server, asked by real HTTP clients."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import httpx
import pytest
import uvicorn

import docebo_connect
from connector_runtime import Connection
from connector_runtime.run import NO_RETRIES
from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST


class Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets=None)
        self.ready.set()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    server = Server(uvicorn.Config(site.app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.ready.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_program_that_knows_only_the_api_can_log_in_enroll_and_page(site: Site, address: str) -> None:
    form = {**site.credentials, "grant_type": "password", "scope": "api"}
    token = httpx.post(f"{address}/oauth2/token", data=form).json()["access_token"]
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.post("/learn/v1/enrollments/42/7", json={"level": 3}).json()["data"]["enrolled"]
        rows, page, more = [], 1, True
        while more:
            data = client.get(COURSE_LIST, params={"page": page, "page_size": 200, "user_id[]": 7}).json()["data"]
            rows += data["items"]
            page, more = page + 1, data["has_more_data"]
        assert 42 in [row["course_id"] for row in rows]
        assert client.request("DELETE", "/learn/v1/enrollment/42/7").status_code == 200


def test_the_standard_library_will_do(site: Site, address: str) -> None:
    url = f"{address}{MY_LIST}?id_user%5B0%5D=7&page_size=2"
    with urlopen(Request(url, headers=site.headers)) as response:
        assert json.load(response)["data"]["count"] == 2


def test_many_clients_at_once_and_the_owner_of_the_site_do_not_disturb_each_other(site: Site, address: str) -> None:
    def enroll(user_id: int) -> int:
        answer = client.post(f"/learn/v1/enrollments/42/{user_id}")
        assert answer.status_code == 200
        return len(answer.json()["data"]["enrolled"])

    with httpx.Client(base_url=address, headers=site.headers) as client, ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(enroll, user_id) for user_id in range(100, 140)]
        seen = len(site.deliveries())
        enrolled = sum(future.result() for future in futures)
    assert seen <= len(site.deliveries()) == enrolled


def test_a_head_request_has_no_body(site: Site, address: str) -> None:
    response = httpx.head(f"{address}{COURSE_LIST}", headers=site.headers)
    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
def test_a_lost_answer_is_a_closed_connection(
    site: Site, address: str, when: str, done: int, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults.set([{"fault": "lost_answer", "when": when, "times": 2}])
    with httpx.Client(base_url=address, headers=site.headers) as client:
        for body in ({}, {"level": 3, "padding": "x" * 2**20}):
            with pytest.raises(httpx.TransportError):
                client.post("/learn/v1/enrollments/42/7", json=body)
        total = client.get(COURSE_LIST, params={"user_id[]": 7, "course_id[]": 42}).json()["data"]["total_count"]
    assert total == done
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_body_drips_over_the_network(site: Site, address: str) -> None:
    whole = httpx.get(f"{address}{MY_LIST}?id_user[]=7&page_size=2", headers=site.headers).content
    site.faults.set([{"fault": "dripping_body", "piece_bytes": len(whole) // 4, "delay_s": 0.01}])
    begun = time.monotonic()  # the first pause may begin before its head has been read
    with httpx.stream("GET", f"{address}{MY_LIST}?id_user[]=7&page_size=2", headers=site.headers) as response:
        assert response.read() == whole
    assert time.monotonic() - begun >= 0.03


def test_a_client_that_stops_waiting_does_not_stop_the_change(site: Site, address: str) -> None:
    site.faults.set([{"fault": "slow_answer", "delay_s": 0.05, "method": "POST"}])
    with httpx.Client(base_url=address, headers=site.headers) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/learn/v1/enrollments/42/7", timeout=httpx.Timeout(5, read=0.02))
        assert client.get("/learn/v1/enrollments/42/7").status_code == 200


async def test_a_run_over_the_network_knows_a_lost_answer(site: Site, address: str, tmp_path: Path) -> None:
    site.faults.set([{"fault": "lost_answer", "times": 1}])
    connection = Connection("served", address, site.headers)
    async with docebo_connect.session(connection=connection, data_dir=tmp_path / "runs", retries=NO_RETRIES) as session:
        lost = await session.run("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})
        again = await session.run("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})
    assert lost.error is not None and again.error is not None
    assert (lost.error["type"], lost.effect) == ("UnknownOutcome", "unknown")
    assert again.error["code"] == "already_enrolled"
