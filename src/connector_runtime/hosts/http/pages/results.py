"""A result as people look at it: a table of rows, a tree of pills, a request to copy. Pure."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from connector_runtime.exports.listing import kind_in_words
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import Json, pointer_to

LONGEST_SAMPLE = 80
"""Characters of a sample."""

EMPTY = "empty"
"""The sample of a field that holds nothing."""

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""With such a beginning a spreadsheet takes a text for a formula (owasp.org, CSV injection)."""


@dataclass(frozen=True)
class Pill:
    """One field of an output: its path as a JSON pointer, its title and type, what it holds, and those inside."""

    path: str
    title: str
    type_words: str
    sample: str
    inside: Sequence[Pill] = ()


@dataclass(frozen=True)
class Table:
    """The rows of an output: titles and texts."""

    path: str
    titles: Sequence[str]
    rows: Sequence[Sequence[str]] = field(repr=False)


def pills(schema: JsonSchema, value: Json, inside: str = "") -> list[Pill]:
    """The documented fields of an output, each with what it holds; of a list, its first row."""
    first = value[0] if isinstance(value, list) and value else value
    path = f"{inside}/0" if schema.get("type") == "array" and inside else inside
    return list(_pills(schema, first if isinstance(first, Mapping) else {}, path))


def _pills(schema: JsonSchema, held: Mapping[str, Json], inside: str) -> Iterator[Pill]:
    for key, child in children(schema).items():
        value, path = held.get(key), inside + pointer_to([key])
        sample = _inside(value, len(children(child))) if children(child) else in_short(value) or EMPTY
        yield Pill(path, child.get("title", key), kind_in_words(child), sample, pills(child, value, path))


def _inside(value: Json, fields: int) -> str:
    """What an object or a list of rows holds, in short; its fields have samples of their own."""
    if isinstance(value, list):
        return f"{len(value)} row{'' if len(value) == 1 else 's'}"
    return f"{fields} field{'' if fields == 1 else 's'}" if isinstance(value, Mapping) else EMPTY


def tables(schema: JsonSchema, value: Json, inside: str = "") -> Iterator[Table]:
    """Every list of rows in an output."""
    for key, child in schema.get("properties", {}).items():
        held, path = value.get(key) if isinstance(value, Mapping) else None, inside + pointer_to([key])
        if child.get("type") == "array" and children(child) and isinstance(held, list):
            fields = children(child)
            titles = [each.get("title", name) for name, each in fields.items()]
            yield Table(
                path, titles, [[_cell(row.get(name)) for name in fields] for row in held if isinstance(row, Mapping)]
            )
        elif child.get("type") == "object":
            yield from tables(child, held, path)


def as_csv(table: Table, *, titled: bool = True) -> str:
    """A table for a spreadsheet: CSV as in RFC 4180, and no text that could be taken for a formula."""
    return "".join(row_as_csv(row) for row in ([table.titles] if titled else []) + list(table.rows))


def row_as_csv(cells: Sequence[str]) -> str:
    """One line of it."""
    written = io.StringIO()
    csv.writer(written).writerow([_plain(cell) for cell in cells])
    return written.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(RISKY) and not _is_number(cell) else cell


def in_short(value: Json, longest: int = LONGEST_SAMPLE) -> str:
    """A value as a sample."""
    text = _cell(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def address(request: Mapping[str, Json]) -> str:
    """The path of a request, with its query."""
    query = urlencode(request["query"], doseq=True)
    return f"{request['path']}?{query}" if query else str(request["path"])


def as_curl(request: Mapping[str, Json], platform: str) -> str:
    """A request of a record as a command: without its credentials, which no record has."""
    parts = ["curl", "-X", request["method"], f"{platform}{address(request)}"]
    parts += ["-H", "Authorization: Bearer $TOKEN"]
    if request["body"] is not None:
        parts += ["-H", "Content-Type: application/json", "-d", json.dumps(request["body"], ensure_ascii=False)]
    return " ".join('"Authorization: Bearer $TOKEN"' if "$TOKEN" in part else shlex.quote(str(part)) for part in parts)


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
