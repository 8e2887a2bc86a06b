"""Pages in a real browser and before a validator. `scripts/browser` brings what this needs; tests/browser pins it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.casebook import ROOT

PINNED = ROOT / "tests" / "browser"
AXE = PINNED / "node_modules" / "axe-core" / "axe.min.js"
VALIDATOR = PINNED / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
FLAGS = [
    "--headless",
    "--no-sandbox",  # as root, which Chromium's own sandbox does not allow
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Look:
    """How somebody looks at a page."""

    name: str
    colours: Literal["light", "dark"]
    width: int


DESK = Look("desk", "light", 1280)
PHONE = Look("phone", "dark", 360)


@dataclass(frozen=True)
class Visit:
    """What one look at a page brought up: all of it should be empty."""

    violations: list[str]
    messages: list[str]
    elsewhere: list[str]
    wider: int
    """By how many pixels the page is wider than the window."""


def need(*paths: str | Path | None) -> None:
    """Skip where something is missing, and say how it comes; where CI is set, it must be there."""
    if all(path is not None and Path(path).exists() for path in paths):
        return
    assert "CI" not in os.environ, "scripts/browser has not been run"
    pytest.skip("there is no Chromium, Node or axe-core here: scripts/browser brings them")


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, driven by Playwright."""
    found = shutil.which("chromium")
    need(found, AXE)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Any, look: Look, **how: Any) -> Iterator[Any]:
    """A window of its own, closed afterwards."""
    context = browser.new_context(color_scheme=look.colours, viewport={"width": look.width, "height": 900}, **how)
    try:
        yield context.new_page()
    finally:
        context.close()


def visit(page: Any, url: str) -> Visit:
    """Open a page, hold it to axe's rules, and note what it says, where it reaches and how wide it is."""
    messages: list[str] = []
    asked: list[str] = []

    def say(message: Any) -> None:
        messages.append(message.text)

    def ask(request: Any) -> None:
        asked.append(request.url)

    page.on("console", say)
    page.on("request", ask)
    try:
        page.goto(url)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    finally:
        page.remove_listener("console", say)
        page.remove_listener("request", ask)
    return Visit(
        violations=violations(page),
        messages=messages,
        elsewhere=[other for other in asked if other.partition("/")[0] != url.partition("/")[0]],
        wider=wider,
    )


def violations(page: Any) -> list[str]:
    """What axe has to say of a page as it is now."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({preload: false})")["violations"]  # preloading is fetching, which the page forbids
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def found_by_the_validator(folder: Path, report: Path) -> list[str]:
    """What html-validate has to say of every page in a folder."""
    node = shutil.which("node")
    need(node, VALIDATOR)
    assert node is not None
    how = ["--config", str(PINNED / "htmlvalidate.json"), "--formatter", f"json={report}"]
    done = subprocess.run(
        [node, str(VALIDATOR), *how, f"{folder}/**/*.html"], capture_output=True, text=True, check=False
    )
    assert report.is_file(), done.stderr
    return [
        f"{Path(page['filePath']).name}:{said['line']}: {said['ruleId']}: {said['message']}"
        for page in json.loads(report.read_text(encoding="utf-8"))
        for said in page["messages"]
    ]
