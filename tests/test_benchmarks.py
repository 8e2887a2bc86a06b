"""The benchmarks' server stands in for the platform: what is measured on it is what an action really does."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import yaml

import docebo_connect
from connector_runtime import Connection, Session

ROOT = Path(__file__).parents[1]
ROWS = 450


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "server.py"), f"--rows={ROWS}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture
async def session(address: str, tmp_path: Path) -> AsyncIterator[Session]:
    async with docebo_connect.session(connection=Connection("benchmark", address), data_dir=tmp_path) as opened:
        yield opened


async def test_every_record_comes_once_and_in_order_without_a_warning(session: Session) -> None:
    stream = session.stream("get_course_enrollments", {})
    users = [row["user_id"] async for row in stream.rows()]

    assert stream.record is not None
    stream.record.raise_if_failed()
    assert len(users) == ROWS
    assert users == sorted(set(users))
    assert stream.record.counts == {"pages": 3, "records": ROWS}
    assert stream.record.warnings == []


async def test_its_pages_have_the_keys_that_were_recorded(address: str) -> None:
    recorded = yaml.safe_load((ROOT / "fixtures/cassettes/get_course_enrollments/of_one_user.yaml").read_text())
    expected = json.loads(recorded["interactions"][0]["response"]["body"]["string"])["data"]
    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.get("/course/v1/courses/enrollments", params={"page": 2})
    data = answer.json()["data"]

    assert data.keys() == expected.keys()
    assert data["items"][0].keys() == expected["items"][0].keys()


async def test_an_enrollment_answers_with_whom_it_names(session: Session) -> None:
    record = await session.run("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})

    assert record.raise_if_failed().output == {"enrolled": [{"user_id": 7, "course_id": 42, "waiting": False}]}
