"""The measurements of webhooks work, and their figures that must be nought are."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.casebook import ROOT


def measured(program: str, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / program), *options, "--json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT / "benchmarks",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_no_event_is_lost_or_seen_twice_when_the_receiver_is_killed() -> None:
    figures = measured("storm.py", "--deliveries=1000", "--kills=2")
    assert (figures["kills"], figures["good"] > 900, figures["made twice"] > 0) == (2, True, True)
    assert figures["stored once"] == figures["distinct ids"] == figures["good"]
    assert figures["duplicates counted"] >= figures["made twice"]
    assert figures["refused"] > 0 and figures["taken and dropped"] > 0
    noughts = ("lost", "kept twice", "kept although bad", "bad not counted", "missed", "seen twice", "bad signatures")
    assert {name: figures[name] for name in noughts} == dict.fromkeys(noughts, 0)


def test_what_is_missing_and_what_nobody_asked_for_are_told() -> None:
    figures = measured("loop.py", "--enrollments=100", "--dropped=0.1", "--invented=0.1")
    assert figures["dropped"] > 0 and figures["invented"] > 0
    assert {value for name, value in figures.items() if ":" in name} == {1.0}
