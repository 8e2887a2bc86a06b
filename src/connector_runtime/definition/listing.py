"""What connector.yaml may say to those who choose a connector: the facts of its listing. Part of the grammar."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import ClassVar

from connector_runtime.schema import AUTHORED
from connector_runtime.values import Kind

NAME_LENGTH = 30
"""The longest name that all marketplaces take."""
TAGLINE_LENGTH = range(40, 141)
"""How long the line may be that marketplaces show beside a name."""
COLOUR = re.compile(r"#[0-9a-f]{6}")
NOT_FOR_PAGES = re.compile(
    rb"<script|\son\w+=|(?:href|src)=[\"'](?!#)|url\((?!#)|<!DOCTYPE|<foreignObject", re.IGNORECASE
)
"""What lets a drawing run something or reach elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where there is more to read; each begins with https://. What has no address is left out."""

    __pydantic_config__: ClassVar = AUTHORED
    platform: str | None = None
    """The platform's own home."""
    documentation: str | None = None
    source: str | None = None
    support: str | None = None
    privacy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Something that the connector keeps."""

    __pydantic_config__: ClassVar = AUTHORED
    what: str
    where: str
    until: str
    """How long, and who ends it."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How the connector is shown to those who choose one. Texts are plain; a blank line begins a paragraph."""

    __pydantic_config__: ClassVar = AUTHORED
    name: str
    """As marketplaces show it: at most 30 characters."""
    tagline: str
    """One sentence of 40 to 140 characters."""
    description: str
    for_whom: list[str]
    """Who uses it, and for what: a sentence each."""
    categories: list[str]
    """In plain words, the first one first."""
    icon: str
    """An SVG drawing in the connector's folder, square, that needs nothing but itself."""
    brand_colour: str
    """As #rrggbb, in lower case."""
    links: Links = field(default_factory=Links)
    permissions: Mapping[Kind, str]
    """Kind of action → what the connection's user must be allowed to do on the platform."""
    privacy: str
    """Who sees the data, and who does not."""
    keeps: list[Kept] = field(default_factory=list)
    support: str
    """What to do when something is wrong."""
    notice: str | None = None
    """What must be said on every page, such as whose the platform's name is."""


Fault = tuple[str, str]
"""A JSON pointer into the file, and what is wrong there."""


def faults(listing: Listing, kinds: Collection[Kind], folder: Path) -> Iterator[Fault]:
    """What the grammar cannot say of a listing; `kinds` are those of the connector's actions."""
    if not 0 < len(listing.name) <= NAME_LENGTH:
        yield "/name", f"a name has at most {NAME_LENGTH} characters; this has {len(listing.name)}"
    if len(listing.tagline) not in TAGLINE_LENGTH or "\n" in listing.tagline or not listing.tagline.endswith("."):
        yield "/tagline", f"write one sentence of 40 to 140 characters; this has {len(listing.tagline)}"
    if not COLOUR.fullmatch(listing.brand_colour) or listing.brand_colour == "#ffffff":
        yield "/brand_colour", "write a colour as #rrggbb, in lower case; white is none"
    for part in ("for_whom", "categories"):
        if not getattr(listing, part):
            yield f"/{part}", "name at least one"
    for link in fields(listing.links):
        if not (getattr(listing.links, link.name) or "https://").startswith("https://"):
            yield f"/links/{link.name}", "an address begins with https://"
    for kind in sorted({*kinds} - {*listing.permissions}):
        yield "/permissions", f"there are actions that {kind}: say what they need to be allowed"
    yield from _drawing(listing.icon, folder)


def _drawing(name: str, folder: Path) -> Iterator[Fault]:
    path = folder / name
    if path.parent != folder or path.suffix != ".svg" or not path.is_file():
        yield "/icon", f"there is no drawing {name} beside this file; its name ends in .svg"
        return
    content = path.read_bytes()
    if not content.lstrip().startswith(b"<svg") or NOT_FOR_PAGES.search(content):
        yield "/icon", f"{name} must begin with <svg and need nothing but itself: no script, no reference elsewhere"
