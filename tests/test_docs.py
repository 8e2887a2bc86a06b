"""The commands on the pages work as they stand there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.casebook import ROOT

COMMAND = re.compile(r"^(?:\$ |    )(docebo-connect .*?)(?:   # exit code (\d))?$", re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", "docs/webhooks.md"])
def test_every_command_of_a_page_ends_as_it_says(page: str, tmp_path: Path) -> None:
    commands = COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(commands) >= 5
    for command, code in commands:
        arguments = shlex.split(command)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "docebo_connect", *arguments],
            env={**os.environ, "DOCEBO_CONNECT_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == int(code or 0), f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("sh") is None, reason="the commands are for a shell")
def test_the_served_sandbox_can_be_connected_as_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs/connections.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ (.*)$", page, re.MULTILINE)
    assert len(commands) >= 5
    program, here = shlex.join([sys.executable, "-m", "docebo_connect"]), {"DOCEBO_CONNECT_DATA_DIR": str(tmp_path)}
    serve = [*shlex.split(program), "sandbox", "--port", "0", "--json", "--data-dir", str(tmp_path / "served")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DOCEBO_CONNECT_")} | here
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env=environ) as server:
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())["url"].rpartition("/")[2].replace("127.0.0.1", "localhost")
            for command in commands:
                exact = command.replace("docebo-connect ", f"{program} ", 1).replace("localhost:8080", address)
                done = subprocess.run(
                    ["sh", "-c", exact], env=environ, capture_output=True, text=True, cwd=tmp_path, check=False
                )
                assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        finally:
            server.terminate()


def test_the_readmes_python_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    own = [block for block in blocks if "https://" not in block]  # the others need a platform
    assert len(own) == 2
    program = (
        "import asyncio\n" + own[0] + "async def main():\n" + textwrap.indent(own[1], "    ") + "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DOCEBO_CONNECT_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{'enrolled': [{'user_id': 8, 'course_id': 42, 'waiting': False}]}")


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
