"""Two processes keep to one limit: the demonstration of benchmarks/, in a small size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "benchmarks" / "limits.py"
SLOWEST_S = 60


def test_two_processes_never_send_more_than_the_limit_in_any_window_and_use_most_of_it() -> None:
    command = [sys.executable, str(PROGRAM), "--calls=20", "--window=0.5", "--seconds=2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLOWEST_S)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(done.stdout)
    assert 0 < figures["most in any window"] <= 20
    assert figures["arrivals"] >= 40, "more than one window's calls were made"
