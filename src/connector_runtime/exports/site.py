"""The listing as a static site: every file, made of the facts. It needs no server and asks nothing of anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib import resources
from typing import TYPE_CHECKING

from connector_runtime.definition import Connector
from connector_runtime.exports.document import listing_facts
from connector_runtime.exports.facts import ListingFacts
from connector_runtime.exports.markdown import rendered
from connector_runtime.exports.templating import Addresses, environment

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = ("listing.css", "listing.js")
PAGES = ("index", "errors", "access", "assumptions", "changelog")
DOCUMENT = "listing.json"
SHOWN_BESIDE = {
    "docs/actions.md": "index.html",
    "docs/triggers.md": "index.html",
    "docs/errors.md": "errors.html",
    "docs/assumptions.md": "assumptions.html",
}
"""Generated pages of docs/ → those of the site that tell the same."""


def site(connector: Connector) -> dict[str, str]:
    """Every file by its name, folders included. Raises InvalidInput without a listing, and DefinitionError."""
    facts = listing_facts(connector)
    files = {name: _asset(name) for name in ASSETS}
    files[facts.icon] = (connector.folder / facts.icon).read_text(encoding="utf-8")
    files[DOCUMENT] = json.dumps(asdict(facts), indent=2, ensure_ascii=False) + "\n"
    files |= dict(_pages(facts))
    return files


def _asset(name: str) -> str:
    return (resources.files("connector_runtime.exports") / "templates" / name).read_text(encoding="utf-8")


def _pages(facts: ListingFacts) -> Iterator[tuple[str, str]]:
    templates = environment()
    here, below = Addresses(), Addresses(up="../")
    changes = [(release.title, rendered(release.changes, SHOWN_BESIDE)) for release in facts.changelog]
    for name in PAGES:
        yield f"{name}.html", _page(templates, name, facts, here, changes=changes)
    for action in facts.actions:
        yield f"actions/{action.key}.html", _page(templates, "action", facts, below, action=action)
    for event in facts.events:
        yield f"triggers/{event.event}.html", _page(templates, "event", facts, below, event=event)


def _page(templates: Environment, name: str, facts: ListingFacts, addresses: Addresses, **others: object) -> str:
    template = templates.get_template(f"listing/{name}.html")
    whole = template.render(listing=facts, addresses=addresses, here=name, **others)
    return "\n".join(line.rstrip() for line in whole.splitlines() if line.strip()) + "\n"
