"""One measurement taken anew replaces what the page of results had of it, and nothing else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.casebook import ROOT

PAGE = """# Performance

## What was aimed at, and what was reached

| what | target | reached |  |
| --- | ---: | ---: | ---: |
| first | ≥ 1 | 2.00 | reached |
| second | ≥ 1 | 0.50 | **missed** |

1 reached, 1 missed, 0 not measured.

Missed, and why:

- second: it is slow

## How to read this

Slowly.

## Second

Old words.

## Versions

none
"""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module("page")
    for name in ("page", "section"):
        sys.modules.pop(name, None)


def section(page: Any, title: str, reached: float) -> Any:
    goals = [page.Goal(title.lower(), "≥", 1, reached, why="it is slow still")]
    return page.Section(title, "New words.", ["way", "figure"], [["this", 3.0]], goals)


def test_what_is_measured_anew_takes_its_old_place(page: Any) -> None:
    renewed = page.renewed(PAGE, [section(page, "Second", 1.5)])
    assert "| second | ≥ 1 | 1.50 | reached |\n\n2 reached, 0 missed, 0 not measured.\n\n## How to read" in renewed
    assert "Slowly.\n\n## Second\n\nNew words.\n\n| way | figure |" in renewed
    assert renewed.endswith("| this | 3.00 |\n\n## Versions\n\nnone\n")
    assert "Old words" not in renewed and "Missed, and why" not in renewed
    assert page.renewed(renewed, [section(page, "Second", 1.5)]) == renewed


def test_what_is_new_comes_last_and_its_miss_is_explained(page: Any) -> None:
    renewed = page.renewed(PAGE, [section(page, "Third", 0.1)])
    assert "| third | ≥ 1 | 0.10 | **missed** |\n\n1 reached, 2 missed, 0 not measured." in renewed
    assert "- second: it is slow\n- third: it is slow still\n\n## How to read" in renewed
    assert "Old words.\n\n## Third\n\nNew words." in renewed


def test_the_page_as_it_is_stays_the_same_when_nothing_is_measured(page: Any) -> None:
    for path in (Path("docs/performance.md"), Path("docs/performance-debian.md")):
        text = (ROOT / path).read_text()
        assert page.renewed(text, []) == text
