"""How pages are made of facts: one environment of templates, for what is written to disk and for what is served.

Partials are macros that take facts (`exports.facts`) and `Addresses`:

- `partials/action_card.html`: `action_card(action, addresses)`
- `partials/event_card.html`: `event_card(event, addresses)`
- `partials/fields.html`: `field_list(fields, empty="", required="Required")`, with those inside each
- `partials/choices.html`: `choice_list(field)`
- `partials/error_entry.html`: `error_entry(error, addresses)`
- `partials/sample.html`: `sample_of(title, value)`
- `partials/assumptions.html`: `assumption_list(assumptions)`
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector_runtime.connections.extra import extra
from connector_runtime.exports.facts import FieldFacts
from connector_runtime.exports.listing import choices_of, kind_in_words
from connector_runtime.schema import JsonSchema, choices_in_words
from connector_runtime.values import Json

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

PARAGRAPHS = re.compile(r"\n\s*")
CODE = re.compile(r"`([^`]+)`")
SEPARATOR = re.compile(r"([_./])(?=\w|\{)")
SHORT = 60
"""Sample values longer than this are cut beside their field; the whole sample has them."""


@dataclass(frozen=True)
class Addresses:
    """Where the pages stand. As it is: one file each, seen from a page that is `up` from their folder."""

    up: str = ""
    ending: str = ".html"

    def page(self, name: str) -> str:
        """One of the pages that there is once: index, errors, access, assumptions, changelog."""
        return f"{self.up}{name}{self.ending}"

    def action(self, key: str) -> str:
        return f"{self.up}actions/{key}{self.ending}"

    def event(self, event: str) -> str:
        return f"{self.up}triggers/{event}{self.ending}"

    def error(self, code: str) -> str:
        return f"{self.page('errors')}#{code}"

    def file(self, name: str) -> str:
        """A style sheet, a script or a drawing."""
        return f"{self.up}{name}"


def environment() -> Environment:
    """The templates of this package, with their filters. Raises InvalidInput where the extra `pages` is missing."""
    with extra("pages"):
        from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("connector_runtime.exports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "with_code": with_code,
        "paragraphs": paragraphs,
        "as_json": as_json,
        "in_short": in_short,
        "breakable": breakable,
        "field_names": field_names,
        "kind_in_words": kind_in_words,
        "choices_in_words": choices_of_schema_in_words,
    }
    return made


def with_code(text: str) -> Markup:
    """A plain text with what stands between backticks as code; everything else is escaped."""
    from markupsafe import Markup, escape

    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def paragraphs(text: str) -> Markup:
    """A plain text as paragraphs: a line break begins one."""
    from markupsafe import Markup

    parts = (part.strip() for part in PARAGRAPHS.split(text))
    return Markup("\n").join(Markup("<p>{}</p>").format(with_code(part)) for part in parts if part)


def as_json(value: Json) -> str:
    """A value as JSON for people: a line for each part."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def in_short(value: Json) -> str:
    """A sample value beside its field: text as it is, everything else as JSON, and cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 1].rstrip()}…"


def breakable(name: str) -> Markup:
    """A key, an event or a path that may go on in the next line after its separators, and nowhere else if possible."""
    from markupsafe import Markup, escape

    return Markup(SEPARATOR.sub(r"\1<wbr>", str(escape(name))))


def field_names(fields: list[FieldFacts]) -> str:
    """The titles and keys of fields and those inside them, for the search: each once, a line for each."""
    whole = [f"{field.title}\t{field.key}" for field in _all(fields)]
    return "\n".join(dict.fromkeys(whole))


def _all(fields: list[FieldFacts]) -> Iterator[FieldFacts]:
    for field in fields:
        yield field
        yield from _all(field.fields)


def choices_of_schema_in_words(schema: JsonSchema) -> str:
    """`Student (3), Tutor (4) or Instructor (6)`; empty where there is nothing to choose."""
    return choices_in_words(choices_of(schema))
