"""The listing as a static site."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser

import pytest

from connector_runtime.definition import Connector
from connector_runtime.exports.document import listing_facts
from connector_runtime.exports.facts import FieldFacts
from connector_runtime.exports.site import site


class Page(HTMLParser):
    """What stands in a page: its words, its links and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.headings: list[int] = []
        self.shown: list[str] = []
        self.feed(text)
        self.words = " ".join(" ".join(self.shown).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [found[name] or "" for name in ("href", "src") if name in found]
        self.anchors |= {found["id"] or ""} if "id" in found else set()
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


@pytest.fixture(scope="module", params=["toy", "connector"])
def known(request: pytest.FixtureRequest) -> Connector:
    connector: Connector = request.getfixturevalue(request.param)
    return connector


@pytest.fixture(scope="module")
def files(known: Connector) -> dict[str, str]:
    return site(known)


@pytest.fixture(scope="module")
def pages(files: dict[str, str]) -> dict[str, Page]:
    return {name: Page(text) for name, text in files.items() if name.endswith(".html")}


def test_there_is_a_page_for_everything_and_the_same_as_data(known: Connector, files: dict[str, str]) -> None:
    once = {"index.html", "errors.html", "access.html", "assumptions.html", "changelog.html"}
    beside = {"listing.css", "listing.js", "listing.json", "icon.svg"}
    actions = {f"actions/{key}.html" for key in known.actions}
    triggers = {f"triggers/{event}.html" for event in known.triggers}
    assert set(files) == once | beside | actions | triggers
    assert json.loads(files["listing.json"]) == asdict(listing_facts(known))


def test_every_link_leads_to_a_page_and_a_place_on_it(files: dict[str, str], pages: dict[str, Page]) -> None:
    broken = []
    for name, page in pages.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            where = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
            if target.startswith("https://"):
                continue
            if where not in files or (anchor and anchor not in pages[where].anchors):
                broken.append(f"{name} → {link}")
    assert broken == []


def test_an_actions_page_tells_every_field_with_its_type_and_choices(known: Connector, pages: dict[str, Page]) -> None:
    for action in listing_facts(known).actions:
        words = pages[f"actions/{action.key}.html"].words
        for field in inside([*action.input, *action.output]):
            assert f"{field.title} {field.key}".replace("_", "_ ") in words
            assert field.type in words and field.description in words.replace("_ ", "_")
            assert [choice.title for choice in field.choices if choice.title not in words] == []
            listed = "" if field.pick_list is None else field.pick_list.replace("_", " ")
            assert field.pick_list is None or f"Picked from the platform's list of {listed}, by name" in words
        assert words.count("Required") == len([field for field in inside(action.input) if field.required])


def test_a_list_that_depends_on_another_says_what_is_picked_first(known: Connector, pages: dict[str, Page]) -> None:
    lists = {each.key: each for each in listing_facts(known).pick_lists}
    assert set(lists) == set(known.identity.pick_lists)
    told = 0
    for action in listing_facts(known).actions:
        for field in inside(action.input):
            if field.pick_list is not None and (after := lists[field.pick_list].after):
                listed = field.pick_list.replace("_", " ")
                said = f"list of {listed}, by name, once this is picked: {', '.join(after)}."
                assert said in pages[f"actions/{action.key}.html"].words
                told += 1
    assert told == sum(
        bool(known.identity.pick_lists[field.pick_list].needs)
        for action in listing_facts(known).actions
        for field in inside(action.input)
        if field.pick_list is not None
    )


def inside(fields: list[FieldFacts]) -> list[FieldFacts]:
    """Fields with all those inside them."""
    return [found for field in fields for found in (field, *inside(field.fields))]


def test_an_events_page_tells_its_payload_and_leads_to_its_causes(known: Connector, pages: dict[str, Page]) -> None:
    for event in listing_facts(known).events:
        page = pages[f"triggers/{event.event}.html"]
        assert event.fires_when in page.words
        assert [field.title for field in event.payload if field.title not in page.words] == []
        assert {f"../actions/{cause.key}.html" for cause in event.caused_by} <= {*page.links}


def test_every_error_is_told_with_its_remedy(known: Connector, pages: dict[str, Page]) -> None:
    page = pages["errors.html"]
    for error in listing_facts(known).errors:
        assert error.code in page.anchors
        for meaning in error.meanings:
            told = f"What to do: {meaning.fix.replace('`', '')}"
            assert told.replace(" ", "") in page.words.replace(" ", ""), "code stands in elements of its own"


def test_headings_come_in_order(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert page.headings[0] == 1 and page.headings.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))


def test_no_page_has_a_script_or_a_style_of_its_own(files: dict[str, str]) -> None:
    for name, text in files.items():
        if name.endswith(".html"):
            assert "<style" not in text and " style=" not in text and not re.search(r"\son\w+=", text)
            assert re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) == [""]
            assert "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'" in text


def test_what_declarations_say_is_never_markup(toy: Connector) -> None:
    assert toy.identity.listing is not None
    told = replace(toy.identity.listing, name="<b>Library</b>", description="</p><script>x</script>", notice='"><i>')
    lend = replace(toy.actions["lend_book"], title='"><script>x</script>', summary="<i>lends</i>")
    spoilt = replace(toy, identity=replace(toy.identity, listing=told), actions={**toy.actions, "lend_book": lend})
    for name, text in site(spoilt).items():
        if name.endswith(".html"):
            assert "<b>" not in text and "<i>" not in text and "<script>x" not in text


def test_without_a_changelog_the_page_says_so(toy: Connector) -> None:
    assert "Nothing has been written down yet." in site(toy)["changelog.html"]
