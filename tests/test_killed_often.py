"""Processes are killed again and again while answers are lost: the demonstration of benchmarks/, in a small size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SLOWEST_S = 60
ENROLLMENTS = 60


@pytest.fixture(scope="module")
def stages() -> list[dict[str, Any]]:
    program = [sys.executable, str(ROOT / "benchmarks" / "never_twice.py")]
    command = [*program, f"--enrollments={ENROLLMENTS}", "--longest=0.08", "--killed", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLOWEST_S)
    assert done.returncode == 0, done.stdout + done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_every_enrollment_leaves_one_run_that_is_right_and_nobody_is_enrolled_twice(
    stages: list[dict[str, Any]],
) -> None:
    assert [stage["runs"] for stage in stages] == [ENROLLMENTS, ENROLLMENTS, ENROLLMENTS // 5]
    for stage in stages:
        assert {stage[name] for name in ("twice", "lost", "wrong", "unknown")} == {0}, stage
        assert not stage["sent again"], stage


def test_it_was_hard_enough(stages: list[dict[str, Any]]) -> None:
    assert all(stage["answers lost"] >= 10 for stage in stages)
    assert sum(stage["kills"] for stage in stages) >= 5
    assert sum(stage["torn"] for stage in stages) >= 5
