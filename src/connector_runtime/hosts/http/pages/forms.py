"""A form for an action's input, from its JSON Schema, and the input that somebody filled in. Pure.

A control's name is the JSON pointer of its field (`/items/0/user_id`); what is left empty is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from connector_runtime.exports.listing import choices_of, kind_in_words
from connector_runtime.schema import Choice, JsonSchema, children, title_at
from connector_runtime.values import Json, Problem, pointer_to

Kind = Literal["text", "number", "date", "moment", "yes_no", "choice", "choices", "list", "rows", "pairs"]
"""How it is filled in: `choices` are ticked, a `list` has a value a line, `rows` are objects, `pairs` names, values."""

SPARE_ROWS = 1
"""Empty rows that a list of objects has at first, and pairs that an object without declared fields has."""


@dataclass(frozen=True)
class Control:
    """One field of a form."""

    name: str
    title: str
    description: str
    kind: Kind
    type_words: str
    required: bool = False
    advanced: bool = False
    choices: Sequence[Choice] = ()
    pick_list: str = ""
    hint: str = ""
    """What an example looks like."""
    value: str = ""
    values: frozenset[str] = frozenset()
    """Of `choices`: those that are ticked."""
    rows: Sequence[Sequence[Control]] = ()
    """Of `rows`: the controls of each."""
    pairs: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()

    @property
    def id(self) -> str:
        """The control's id in the page."""
        return "f" + self.name.replace("/", "-")


def controls(schema: JsonSchema, given: Mapping[str, Json], problems: Iterable[Problem] = ()) -> list[Control]:
    """The controls of a form: what must be filled in first, what few need last. `given` is what was filled in before,
    `problems` what was wrong with it.
    """
    wrong: dict[str, list[str]] = {}
    for each in problems:
        wrong.setdefault(each.pointer or f"/{each.field}", []).append(each.message)
    made = list(_controls(schema, given, "", wrong))
    return sorted(made, key=lambda control: (not control.required, control.advanced))


def either_or(schema: JsonSchema) -> list[str]:
    """For each either/or of a form the fields of which one is filled in, in words."""
    sides = [side["required"] for side in schema.get("anyOf", [])]
    words = [" and ".join(title_at(schema, [name]) for name in side) for side in sides]
    return [f"Fill in {' or '.join(words)}."] if words else []


def unplaced(problems: Iterable[Problem], shown: Iterable[Control]) -> list[str]:
    """What is wrong with the form as a whole: what stands at none of its controls."""
    places = {control.name for control in _all(shown)}
    return [f"{p.title}: {p.message}" if p.title else p.message for p in problems if _place(p, places) is None]


def filled_in(schema: JsonSchema, form: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """The input that somebody filled in; texts as they were typed, which the action reads by itself."""
    told: dict[str, list[str]] = {}
    for name, text in form:
        if name.startswith("/") and text.strip():
            told.setdefault(name, []).append(text.strip())
    return _object(schema, told, "")


def _controls(
    schema: JsonSchema, given: Mapping[str, Json], inside: str, wrong: Mapping[str, list[str]]
) -> Iterator[Control]:
    required = schema.get("required", [])
    for key, child in children(schema).items():
        name = inside + pointer_to([key])
        yield _control(child, given.get(key), name, key in required, wrong)


def _control(schema: JsonSchema, value: Json, name: str, required: bool, wrong: Mapping[str, list[str]]) -> Control:
    kind = kind_of(schema)
    rows: list[list[Control]] = []
    if kind == "rows":
        known = value if isinstance(value, list) else []
        filled = [row if isinstance(row, dict) else {} for row in known] + [{}] * max(SPARE_ROWS - len(known), 0)
        rows = [list(_controls(schema["items"], row, f"{name}/{number}", wrong)) for number, row in enumerate(filled)]
    return Control(
        name=name,
        title=schema.get("title", name.rpartition("/")[2]),
        description=schema.get("description", ""),
        kind=kind,
        type_words=kind_in_words(schema),
        required=required,
        advanced=schema.get("x-visibility") == "advanced" and not required,
        choices=choices_of(schema),
        pick_list=schema.get("x-pick-list", ""),
        hint=_hint(schema),
        value=_text(schema, value, kind),
        values=frozenset(_ticked(value)) if kind == "choices" else frozenset(),
        rows=rows,
        pairs=_pairs(value) if kind == "pairs" else (),
        problems=_problems(name, kind, wrong),
    )


def kind_of(schema: JsonSchema) -> Kind:
    """How a field is filled in."""
    if schema.get("x-choices"):
        return "choices"
    if schema.get("oneOf"):
        return "choice"
    kind = schema.get("type")
    if kind == "array":
        return "rows" if "properties" in schema.get("items", {}) and not schema.get("x-item") else "list"
    if kind == "object":
        return "pairs"
    if kind == "boolean":
        return "yes_no"
    if schema.get("format") in ("date", "date-time"):
        return "date" if schema["format"] == "date" else "moment"
    return "number" if kind in ("integer", "number") else "text"


def _object(schema: JsonSchema, told: Mapping[str, list[str]], inside: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, child in children(schema).items():
        value = _value(child, told, inside + pointer_to([key]))
        if value not in (None, [], {}):
            found[key] = value
    return found


def _value(schema: JsonSchema, told: Mapping[str, list[str]], name: str) -> Json:
    kind, texts = kind_of(schema), told.get(name, [])
    if kind == "rows":
        return _rows(schema, told, name)
    if kind == "pairs":
        return _paired(told, name)
    if kind == "choices":
        return ",".join(texts) or None
    if kind == "list":
        whole = [part.strip() for text in texts for part in text.replace("\n", ",").split(",") if part.strip()]
        return [{schema["x-item"]: part} for part in whole] if schema.get("x-item") else whole
    return texts[-1] if texts else None


def _rows(schema: JsonSchema, told: Mapping[str, list[str]], name: str) -> list[Json]:
    begun = f"{name}/"
    parts = {key[len(begun) :].partition("/")[0] for key in told if key.startswith(begun)}
    numbers = sorted(int(part) for part in parts if part.isdecimal())
    rows = [_object(schema["items"], told, f"{begun}{number}") for number in numbers]
    return [row for row in rows if row]


def _paired(told: Mapping[str, list[str]], name: str) -> dict[str, Json]:
    """An object from its names and values, which are told apart by their number."""
    found: dict[str, Json] = {}
    for key, texts in told.items():
        if key.startswith(f"{name}/") and key.endswith("/name"):
            value = told.get(f"{key.removesuffix('/name')}/value")
            if value:
                found[texts[-1]] = value[-1]
    return found


def _text(schema: JsonSchema, value: Json, kind: Kind) -> str:
    if value is None or kind in ("rows", "pairs", "choices"):
        return ""
    if kind == "list":
        item = schema.get("x-item", "")
        parts = value if isinstance(value, list) else [value]
        return "\n".join(str(part.get(item, "") if isinstance(part, dict) else part) for part in parts)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _ticked(value: Json) -> Iterator[str]:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    yield from (str(part).strip() for part in parts if str(part).strip())


def _pairs(value: Json) -> list[tuple[str, str]]:
    known = [(str(name), str(each)) for name, each in value.items()] if isinstance(value, dict) else []
    return known or [("", "")] * SPARE_ROWS


def _problems(name: str, kind: Kind, wrong: Mapping[str, list[str]]) -> list[str]:
    """What is wrong with a field; of one that is filled in as a whole, with its parts too."""
    whole = kind in ("list", "pairs", "choices")
    return [
        said
        for place, words in wrong.items()
        if place == name or (whole and place.startswith(f"{name}/"))
        for said in words
    ]


def _hint(schema: JsonSchema) -> str:
    example = next(iter(schema.get("examples", [])), None)
    return "" if example is None or isinstance(example, dict | list) else str(example)


def _all(shown: Iterable[Control]) -> Iterator[Control]:
    for control in shown:
        yield control
        for row in control.rows:
            yield from _all(row)


def _place(problem: Problem, places: set[str]) -> str | None:
    """The control at which a problem is shown."""
    pointer = problem.pointer or f"/{problem.field}"
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return pointer or None
