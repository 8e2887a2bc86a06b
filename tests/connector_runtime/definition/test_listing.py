# ruff: noqa: E501 — a case is read best on one line
"""What a listing must be, so that every marketplace can take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.definition import load
from tests.connector_runtime.workshop import altered, copied, faults

HOME = "connector.yaml"
TAGLINE = "tagline: Lends books of the village library and takes them back again."

FAULTS = [
    ("name: Village Library", "name: The Village Library of All of Us", "a name has at most 30 characters; this has 32 (at /listing/name)"),
    ("name: Village Library", "name: ''", "a name has at most 30 characters; this has 0 (at /listing/name)"),
    (TAGLINE, "tagline: Lends books.", "write one sentence of 40 to 140 characters; this has 12 (at /listing/tagline)"),
    (TAGLINE, TAGLINE[:-1], "write one sentence of 40 to 140 characters; this has 60 (at /listing/tagline)"),
    (TAGLINE, f"tagline: {'Lends books. ' * 11}Yes.", "this has 147 (at /listing/tagline)"),
    ('brand_colour: "#7a4a12"', "brand_colour: brown", "write a colour as #rrggbb, in lower case; white is none (at /listing/brand_colour)"),
    ('brand_colour: "#7a4a12"', 'brand_colour: "#ffffff"', "white is none (at /listing/brand_colour)"),
    ("categories: [Libraries]", "categories: []", "name at least one (at /listing/categories)"),
    ('for_whom: ["Librarians: they lend from wherever they are."]', "for_whom: []", "name at least one (at /listing/for_whom)"),
    ("https://library.invalid/help", "http://library.invalid/help", "an address begins with https:// (at /listing/links/documentation)"),
    (", delete: A card.}", "}", "there are actions that delete: say what they need to be allowed (at /listing/permissions)"),
    ("icon: icon.svg", "icon: icon.png", "there is no drawing icon.png beside this file; its name ends in .svg (at /listing/icon)"),
    ("icon: icon.svg", "icon: ../icon.svg", "there is no drawing ../icon.svg beside this file"),
    ("icon: icon.svg", "icon: icon.svg\n  ikon: icon.svg", "unknown key `ikon`, did you mean `icon`? (at /listing/ikon)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), FAULTS, ids=[fault[2][-50:] for fault in FAULTS])
def test_what_no_marketplace_would_take_is_a_fault(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = copied(tmp_path)
    text = (folder / HOME).read_text(encoding="utf-8")
    before, listing, after = text.partition("listing:\n")
    assert after.count(old) == 1
    (folder / HOME).write_text(before + listing + after.replace(old, new), encoding="utf-8")
    found = faults(folder)
    assert [fault for fault in found if said in fault], found


@pytest.mark.parametrize(
    "drawn",
    [
        "<svg><script>alert(1)</script></svg>",
        '<svg><g onload="alert(1)"/></svg>',
        '<svg><image href="https://elsewhere.invalid/a.png"/></svg>',
        "<svg><style>g {fill: url(https://elsewhere.invalid)}</style></svg>",
        "<html></html>",
    ],
)
def test_a_drawing_that_needs_more_than_itself_is_a_fault(tmp_path: Path, drawn: str) -> None:
    folder = copied(tmp_path)
    (folder / "icon.svg").write_text(drawn, encoding="utf-8")
    assert [fault for fault in faults(folder) if "no script, no reference elsewhere (at /listing/icon)" in fault]


def test_a_drawing_may_refer_to_its_own_parts(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    drawn = '<svg><linearGradient id="a"/><g fill="url(#a)"/><use href="#a"/></svg>'
    (folder / "icon.svg").write_text(drawn, encoding="utf-8")
    assert faults(folder) == []


def test_a_drawing_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    folder, cache = copied(tmp_path), tmp_path / "cache"
    load(folder, cache)
    (folder / "icon.svg").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(Exception, match="must begin with <svg"):
        load(folder, cache)


def test_a_connector_needs_no_listing(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    text = (folder / HOME).read_text(encoding="utf-8")
    (folder / HOME).write_text(text.partition("\nlisting:\n")[0] + "\n", encoding="utf-8")
    assert load(folder).identity.listing is None
    altered(folder, HOME, "title: Village Library", "title: Library")
    assert load(folder).identity.title == "Library"
