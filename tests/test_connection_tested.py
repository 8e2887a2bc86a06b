"""`connections test` on a platform that does not say as whom a connection acts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.served import serving


async def listed(request: Request) -> JSONResponse:
    return JSONResponse({"data": {"items": [], "has_more_data": False}})


def test_a_connection_works_where_nobody_says_as_whom_it_acts(tmp_path: Path) -> None:
    app = Starlette(routes=[Route("/course/v1/courses/enrollments", listed)])
    environment = {**os.environ, "DOCEBO_CONNECT_DATA_DIR": str(tmp_path / "data"), "TOKEN": "a-token-of-mine"}

    def call(*arguments: str) -> tuple[dict[str, Any], str]:
        command = [sys.executable, "-m", "docebo_connect", "connections", *arguments, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout), done.stderr

    with serving(app) as address:
        added, said = call("add", "acme", "--method", "token", f"domain={address}", "token=env:TOKEN")
        tested, _ = call("test", "acme")
    assert "as whom the connection acts could not be asked" in said
    for told in (added, tested):
        assert (told["acts_as"], told["test"]["status"]) == (None, "succeeded")
