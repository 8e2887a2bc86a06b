"""The listing as its visitors have it: from a folder, in a real browser, before a validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.exports.site import site
from tests.browsing import DESK, PHONE, PINNED, Look, Visit, found_by_the_validator, visit, window


@pytest.fixture(scope="module")
def folder(connector: Connector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The listing on disk."""
    out = tmp_path_factory.mktemp("listing")
    for name, text in site(connector).items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return out


@pytest.fixture(scope="module", params=[DESK, PHONE], ids=lambda look: look.name)
def visits(request: pytest.FixtureRequest, browser: Any, folder: Path) -> dict[str, Visit]:
    """Every page visited once, on a desk in light and on a phone in the dark."""
    look: Look = request.param
    with window(browser, look) as page:
        return {path.name: visit(page, path.as_uri()) for path in sorted(folder.rglob("*.html"))}


@pytest.fixture
def overview(browser: Any, folder: Path) -> Iterator[Any]:
    with window(browser, DESK) as page:
        page.goto((folder / "index.html").as_uri())
        yield page


def test_what_pages_are_held_against_is_pinned_and_says_not_from_where_it_comes() -> None:
    wanted = json.loads((PINNED / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((PINNED / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    packages = [package for place, package in locked.items() if place]
    assert all("integrity" in package and "resolved" not in package for package in packages)


def test_what_pages_are_held_against_sees_faults(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "faulty.html"
    page.write_text(
        '<!DOCTYPE html><html><head><title>Faulty</title></head><body><img src="https://elsewhere.invalid/a.png">'
        '<p style="width: 3000px; color: #ddd; background: #fff">Pale</p></body></html>',
        encoding="utf-8",
    )
    with window(browser, DESK) as opened:
        seen = visit(opened, page.as_uri())
    rules = {said.partition(":")[0] for said in seen.violations}
    assert {"image-alt", "html-has-lang", "color-contrast"} <= rules
    assert seen.messages and seen.elsewhere == ["https://elsewhere.invalid/a.png"] and seen.wider > 1000
    said = found_by_the_validator(tmp_path, tmp_path / "report.json")
    assert any("no-inline-style" in each for each in said)


def test_a_validator_finds_nothing(folder: Path, tmp_path: Path) -> None:
    assert found_by_the_validator(folder, tmp_path / "report.json") == []


def test_axe_finds_nothing(visits: dict[str, Visit]) -> None:
    assert {name: seen.violations for name, seen in visits.items() if seen.violations} == {}


def test_no_page_is_wider_than_its_window(visits: dict[str, Visit]) -> None:
    assert {name: seen.wider for name, seen in visits.items() if seen.wider > 0} == {}


def test_no_page_complains_or_asks_for_anything_from_elsewhere(connector: Connector, visits: dict[str, Visit]) -> None:
    assert {f"{name}.html" for name in (*connector.actions, *connector.triggers)} < {*visits}
    assert {name: seen for name, seen in visits.items() if seen.messages or seen.elsewhere} == {}


def test_the_search_shows_what_has_all_the_words(overview: Any) -> None:
    overview.fill("#search", "Deadline user_id")
    assert [card.inner_text() for card in overview.locator(".card:visible h3").all()] == ["Get enrollments"]
    assert overview.inner_text("[role=status]") == "1 action, 0 triggers"
    assert not overview.is_visible("#triggers")
    assert overview.inner_text(".card:visible .why") == "Has Deadline, Soft deadline, User ID"
    overview.fill("#search", "")
    assert overview.locator(".why:visible").count() == 0
    assert overview.locator(".card:visible").count() == overview.locator(".card").count()


def test_a_search_by_what_a_card_says_itself_names_no_field(overview: Any) -> None:
    overview.fill("#search", "unenroll")
    assert overview.locator(".card:visible").count() >= 3
    assert overview.locator(".why:visible").count() == 0


def test_a_search_that_finds_nothing_says_so(overview: Any) -> None:
    assert not overview.is_visible("[data-nothing]")
    overview.fill("#search", "zeppelin")
    assert overview.is_visible("[data-nothing]")
    assert overview.locator(".card:visible").count() == 0


def test_a_link_to_what_an_old_search_hides_shows_it(browser: Any, folder: Path) -> None:
    with window(browser, DESK) as page:
        page.goto((folder / "errors.html").as_uri())
        page.fill("#search", "zeppelin")
        assert not page.is_visible("#not_enrolled")
        page.evaluate("location.hash = 'not_enrolled'")
        page.locator("#not_enrolled").wait_for(state="visible")
        assert page.input_value("#search") == ""


def test_every_action_and_event_can_be_reached_and_left_again(overview: Any) -> None:
    overview.get_by_role("link", name="Enroll user into a course").first.click()
    assert overview.inner_text("h1") == "Enroll user into a course"
    overview.get_by_role("link", name="User enrolled in a course").click()
    assert overview.inner_text("h1") == "User enrolled in a course"
    overview.get_by_role("link", name="Enroll user into a course").click()
    overview.get_by_role("link", name="already_enrolled").first.click()
    assert overview.is_visible("#already_enrolled")


def test_the_first_stop_of_the_keyboard_leads_to_the_content(overview: Any) -> None:
    overview.keyboard.press("Tab")
    assert overview.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert overview.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    overview.keyboard.press("Enter")
    assert overview.evaluate("document.activeElement.id") == "main"


def test_without_scripts_everything_shows_and_nothing_is_offered_that_does_not_work(browser: Any, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    assert page.locator(".card:visible").count() == page.locator(".card").count() > 0
    assert not page.is_visible("#search")
    context.close()


def test_paper_has_what_a_click_would_open_and_no_controls(browser: Any, folder: Path) -> None:
    with window(browser, DESK) as page:
        page.goto((folder / "errors.html").as_uri())
        folded = page.locator("#already_enrolled details ul")
        assert not folded.is_visible()
        page.emulate_media(media="print")
        assert folded.is_visible()
        assert not page.is_visible("[role=search]")
        assert not page.is_visible(".bar nav")


def test_nothing_moves_for_who_does_not_want_it(browser: Any, folder: Path) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    page.hover(".card")
    style = "getComputedStyle(document.querySelector('.card'))"
    assert page.evaluate(f"[{style}.transform, {style}.transitionProperty]") == ["none", "none"]
    context.close()
