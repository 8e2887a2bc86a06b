"""What the HTTP API answers is what its description says, for every action."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.host import Host, first_key

READS = {
    "get_course_enrollments": {},
    "get_enrollments": {},
    "get_learning_plan_enrollments": {},
    "get_learning_plan_course_enrollments": {"learning_plan_id": 1},
}
WRITES = {
    "enroll_user_into_a_course": {"user_id": 7, "course_id": 42},
    "unenroll_user_from_course": {"user_id": 7, "course_id": 42},
}


@pytest.mark.parametrize("given", [READS, WRITES], ids=["reads", "writes"])
async def test_every_answer_holds_to_the_description(
    connector: Connector, tmp_path: Path, given: dict[str, dict[str, Any]]
) -> None:
    host = Host(connector, tmp_path, "docebo-connect", local=True)
    key = first_key(host.tenants)
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(application(host), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host", headers=headers) as client:
        described = (await client.get("/v1/openapi.json")).json()
        for action, input_ in given.items():
            path = f"/v1/actions/{action}/run"
            answer = await client.post(path, json={"input": input_})
            assert answer.status_code == 200, answer.text
            schema = described["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
            assert [each.message for each in Draft202012Validator(schema).iter_errors(answer.json())] == []
        wrong = await client.post("/v1/actions/enroll_user_into_a_course/run", json={"input": {"user_id": "x"}})
        problem = described["components"]["schemas"]["Problem"]
        assert wrong.status_code == 422 and wrong.headers["content-type"] == "application/problem+json"
        assert list(Draft202012Validator(problem).iter_errors(wrong.json())) == []
    await host.close()
