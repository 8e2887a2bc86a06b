"""The tutorial's and the README's commands work as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.casebook import ROOT

COMMAND = re.compile(r"^(?:\$ |    )(docebo-connect .*?)(?:   # exit code (\d))?$", re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
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


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
