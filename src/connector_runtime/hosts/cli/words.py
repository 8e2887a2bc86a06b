"""How results look on a terminal: words for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from connector_runtime.schema import JsonSchema
    from connector_runtime.values import Json

EFFECTS = {
    "none": "Nothing was changed.",
    "unknown": "Whether the change was made is not known.",
    "done": "The change was made.",
}


def say_json(value: Json) -> None:
    """One JSON document on standard output."""
    click.echo(as_json(value, indent=2))


def as_json(value: Json, indent: int | None = None) -> str:
    """JSON that this terminal can show: UTF-8 where it can, escapes where not."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    text = json.dumps(value, indent=indent, ensure_ascii=encoding != "utf8")
    return text if text.isascii() else STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What steers a terminal, or turns the direction of what follows: JSON can say it by escapes."""


def say_lines(lines: bytes) -> None:
    """JSON lines on standard output: as they are where this terminal is UTF-8, else with escapes."""
    if as_json("é") == '"é"':
        click.echo(lines, nl=False)
    else:
        for line in lines.splitlines():
            click.echo(as_json(json.loads(line)))


def heading(text: str) -> None:
    click.secho(text, bold=True)


def note(text: str) -> None:
    """Something that is not a result: standard error."""
    click.echo(text, err=True)


def counted(number: int, thing: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def progress(counts: dict[str, int]) -> str:
    """How far a read of many pages has come."""
    return f"{counted(counts['records'], 'row')} on {counted(counts['pages'], 'page')}"


def say_how_to_go_on(run_id: str, bookmark: Json) -> None:
    """The next step after a read that has not come to the end of its list."""
    if bookmark is not None:
        note(f"To go on where it stopped, run the same again with: --after {run_id}")


def warn(warning: dict[str, str]) -> None:
    """A warning of a record or a plan."""
    place = f"{warning['pointer']}: " if warning["pointer"] else ""
    note(click.style("! ", fg="yellow") + plain(place + warning["message"]))


def plain(text: str) -> str:
    """Text without the characters that steer a terminal; what a platform says is only shown."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)


def complain(error: dict[str, Json]) -> None:
    """An error's document on standard error: what is wrong, what already happened, what to do next, and who."""
    cross = click.style("✗ ", fg="red")
    for problem in error["problems"]:
        title = f"{problem['title']}: " if problem["title"] else ""
        key = f"  [{problem['field']}]" if problem["title"] not in ("", problem["field"]) else ""
        note(cross + plain(title + problem["message"]) + click.style(plain(key), dim=True))
    if not error["problems"]:
        for line in error["message"].splitlines():
            note(cross + plain(line))
        note(f"  {EFFECTS[error['effect']]}")
    if error["fix"]:
        note(click.style("→ ", fg="yellow") + plain(error["fix"]))
    if (whose := error.get("whose")) is not None:  # records of earlier versions have none
        from connector_runtime.wording import WHOSE, WHOSE_MOVE

        note(click.style(f"  {WHOSE_MOVE.format(who=WHOSE[whose][0])}", dim=True))


def fields(schema: JsonSchema, value: Json, indent: int = 2) -> Iterator[str]:
    """A documented output as lines of `Title: value`; rows of a list as a table."""
    pad = " " * indent
    for key, child in schema.get("properties", {}).items():
        title, part = child.get("title", key), (value or {}).get(key)
        if isinstance(part, dict) and "properties" in child:
            yield f"{pad}{title}"
            yield from fields(child, part, indent + 2)
        elif isinstance(part, list) and part and "properties" in child.get("items", {}):
            yield f"{pad}{title}"
            yield from rows(child["items"], part, indent + 2)
        else:
            yield f"{pad}{title}: {shown(part)}"


def rows(schema: JsonSchema, values: Sequence[Json], indent: int) -> Iterator[str]:
    """Rows as a table of the columns that have something and fit; the rest is named."""
    import shutil

    known = schema.get("properties", {})
    keys = [key for key in known if any((row or {}).get(key) not in (None, "", []) for row in values)]
    cells = {key: [shown((row or {}).get(key), 28) for row in values] for key in keys}
    widths = {key: max(len(known[key].get("title", key)), *map(len, cells[key])) for key in keys}
    room = shutil.get_terminal_size((100, 24)).columns - indent
    fitting: list[str] = []
    for key in keys:
        if room >= widths[key]:
            fitting.append(key)
            room -= widths[key] + 2
    titles = "  ".join(known[key].get("title", key).ljust(widths[key]) for key in fitting)
    yield " " * indent + click.style(titles.rstrip(), dim=True)
    for index in range(len(values)):
        yield (" " * indent + "  ".join(cells[key][index].ljust(widths[key]) for key in fitting)).rstrip()
    if hidden := len(keys) - len(fitting):
        yield " " * indent + click.style(f"… and {hidden} more columns; --json shows them all", dim=True)


def shown(value: Json, width: int | None = None) -> str:
    """A value in words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = plain(value if isinstance(value, str) else as_json(value))
    return text if width is None or len(text) <= width else f"{text[: width - 1]}…"


def request_line(request: dict[str, Json]) -> str:
    """`POST /path?a=1  {"level": 3}  → 200`."""
    query = "&".join(
        f"{name}={part}"
        for name, value in request["query"].items()
        for part in (value if isinstance(value, list) else [value])
    )
    line = f"{request['method']} {request['path']}" + (f"?{query}" if query else "")
    if request["body"] is not None:
        line += f"  {as_json(request['body'])}"
    if "status" in request:
        line += f"  → {request['status'] or 'no answer'}"
    return line


def reason_line(run: dict[str, Json]) -> str:
    """`Started because of event 17, presumably; 2 runs led to it.`"""
    led = {0: "", 1: "; 1 run led to it"}.get(run["chain"], f"; {run['chain']} runs led to it")
    return f"Started because of event {run['because_of']}{', presumably' if run['presumed'] else ''}{led}."


def event_line(event: dict[str, Json]) -> str:
    """`thing.created  thing_id 7, owner_id 42`, and whether it has arrived, where that is known."""
    match = ", ".join(f"{name} {value}" for name, value in event["match"].items())
    count = "" if event["count"] == 1 else f"  ({event['count']})"
    came = ""
    if event["status"] == "seen":
        came = f"  seen after {max(event['delays_s']):.1f} s"
    elif "seen" in event:
        came = {"missing": "  missing", "expected": "  not seen yet"}[event["status"]]
    return f"{event['event']}  {match}{count}{came}"
