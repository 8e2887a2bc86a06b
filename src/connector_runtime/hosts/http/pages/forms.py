"""A form for an action's input, from its JSON Schema. Pure.

A control's name is the JSON pointer of its field (`/items/0/user_id`), as `filling` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from connector_runtime.exports.listing import choices_of, kind_in_words
from connector_runtime.hosts.http.pages.filling import BESIDE, PAIR
from connector_runtime.hosts.http.pages.kinds import Kind, kind_of
from connector_runtime.schema import Choice, JsonSchema, children, title_at
from connector_runtime.values import Json, Problem, pointer_to

SPARE_ROWS = 1
"""Empty rows that a list of objects has at first, and pairs that an object without declared fields has."""


WHOLE = ("list", "lines", "pairs", "choices")
"""Kinds whose parts have no controls of their own."""

YES_NO = [Choice(const="true", title="Yes"), Choice(const="false", title="No")]
NOT_AMONG = "{} (not among the choices)"
SAME = {"true": "1", "false": "0", "1": "true", "0": "false", "True": "1", "False": "0"}
"""How yes and no are written elsewhere."""

ODD = re.compile(r"[^\w-]", re.ASCII)
"""What has no place in an id, or would have to be escaped in a selector."""


@dataclass(frozen=True)
class Option:
    """One choice of a select."""

    value: str
    title: str
    selected: bool


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
    blank: str = "—"
    """What a select says for no value."""
    pick_list: str = ""
    hint: str = ""
    """What an example looks like."""
    value: str = ""
    values: frozenset[str] = frozenset()
    """Of `choices`: those that are ticked."""
    rows: Sequence[Sequence[Control]] = ()
    """Of `rows`: the controls of each."""
    inner: Sequence[Control] = ()
    """Of a `group` and `own`: the controls in it."""
    pairs: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    note: str = ""
    """What whoever fills it in should know of its state now."""
    late: bool = False
    """Of `own`: whether the platform has not yet said which fields it has."""
    uses: Sequence[str] = ()
    """Of `own`: the names of the controls that decide which fields there are."""
    first: Sequence[Control] = ()
    """What to choose before it can be picked from a list, and is no input."""
    first_words: str = ""
    """The inputs to be filled in before it can be picked from a list, as far as they are not."""
    needs: Sequence[str] = ()
    """The names of their controls."""
    of: Sequence[str] = ()
    """The names of all controls on which its list depends."""

    @property
    def id(self) -> str:
        """The control's id in the page."""
        return "f" + ODD.sub(lambda odd: "-" if odd[0] == "/" else f"_{ord(odd[0]):x}_", self.name)

    @property
    def place(self) -> str:
        """The JSON pointer of its field; of what is chosen beside the form, the one that its name would have."""
        return self.name.removeprefix(BESIDE)

    @property
    def options(self) -> list[Option]:
        """The choices of a select; a value that is none of them is one more, so that it is kept."""
        chosen = self._chosen()
        shown = [Option(str(each["const"]), each["title"], each is chosen) for each in self.choices]
        if self.value and chosen is None:
            shown.append(Option(self.value, NOT_AMONG.format(self.value), True))
        return shown

    @property
    def all(self) -> Iterator[Control]:
        """The control, all those in it, and those of what is chosen before it."""
        yield self
        for row in [self.first, *self.rows, self.inner]:
            for each in row:
                yield from each.all

    @property
    def touched(self) -> bool:
        """Whether something is filled in, or wrong."""
        return any(c.value or c.values or c.problems or any(name for name, _ in c.pairs) for c in self.all)

    def _chosen(self) -> Choice | None:
        for said in (self.value, SAME.get(self.value, self.value)):
            for each in self.choices:
                if said.casefold() in (str(each["const"]).casefold(), each["title"].casefold()):
                    return each
        return None


def controls(schema: JsonSchema, given: Mapping[str, Json], problems: Iterable[Problem] = ()) -> list[Control]:
    """The controls of a form: what must be filled in first, what few need last. `given` is what was filled in before,
    `problems` what was wrong with it. The platform's own fields are shown as pairs, until they are known (`own`).
    """
    made = list(_controls(schema, given, "", by_place(problems)))
    return sorted(made, key=lambda control: (not control.required, control.advanced))


def by_place(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """What was wrong, by the JSON pointer of the field."""
    wrong: dict[str, list[str]] = {}
    for each in problems:
        wrong.setdefault(each.pointer or f"/{each.field}", []).append(each.message)
    return wrong


def either_or(schema: JsonSchema) -> list[str]:
    """For each either/or of a form the fields of which one is filled in, in words."""
    sides = [side["required"] for side in schema.get("anyOf", [])]
    words = [" and ".join(title_at(schema, [name]) for name in side) for side in sides]
    return [f"Fill in {' or '.join(words)}."] if words else []


def with_odd(made: Iterable[Control], odd: Mapping[str, Sequence[tuple[str, str]]]) -> list[Control]:
    """A form's controls, with the pairs that the input has no place for among those that are filled in."""
    return [_with_odd(each, odd) for each in made]


def begun(shown: Iterable[Control], name: str) -> str:
    """Where to type first in the row, or pair, that was added last at a control."""
    for control in (each for whole in shown for each in whole.all if each.name == name):
        if control.kind == "rows":
            return next((each.name for each in control.rows[-1] if not each.inner and not each.rows), "")
        return f"{name}{PAIR}{len(control.pairs) - 1}/name"
    return ""


def unplaced(problems: Iterable[Problem], shown: Iterable[Control]) -> list[str]:
    """What is wrong with the form as a whole: what stands at none of its controls."""
    at = [each for control in shown for each in control.all]
    return [
        f"{p.title}: {p.message}" if p.title else p.message
        for p in problems
        if not any(is_at(p.pointer or f"/{p.field}", control.place, control.kind) for control in at)
    ]


def _controls(
    schema: JsonSchema, given: Mapping[str, Json], inside: str, wrong: Mapping[str, list[str]]
) -> Iterator[Control]:
    required = schema.get("required", [])
    for key, child in children(schema).items():
        name = inside + pointer_to([key])
        yield control_of(child, given.get(key), name, wrong, required=key in required)


def control_of(
    schema: JsonSchema,
    value: Json,
    name: str,
    wrong: Mapping[str, list[str]],
    *,
    required: bool = False,
    kind: Kind | None = None,
    type_words: str | None = None,
) -> Control:
    """The control of one field. `wrong` is what was wrong, by place; `kind` and `type_words` stand for what the schema
    alone would give.
    """
    kind = _showing(kind or kind_of(schema), value)
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
        type_words=kind_in_words(schema) if type_words is None else type_words,
        required=required,
        advanced=schema.get("x-visibility") == "advanced" and not required,
        choices=[*(choices_of(schema) or (YES_NO if kind == "yes_no" else ())), *_strange(schema, value, kind)],
        pick_list=_pick_list(schema, kind),
        hint=_hint(schema),
        value=_text(schema, value, kind),
        values=frozenset(_ticked(value)) if kind == "choices" else frozenset(),
        rows=rows,
        inner=list(_controls(schema, as_object(value), name, wrong)) if kind == "group" else (),
        pairs=pairs_of(as_object(value)) if kind in ("pairs", "own") else (),
        problems=[said for place, words in wrong.items() if is_at(place, name, kind) for said in words],
    )


def _with_odd(control: Control, odd: Mapping[str, Sequence[tuple[str, str]]]) -> Control:
    if found := odd.get(control.name):
        filled = [pair for pair in control.pairs if any(pair)]
        control = replace(control, pairs=[*filled, *found, *[("", "")] * (len(control.pairs) - len(filled))])
    rows = [[_with_odd(each, odd) for each in row] for row in control.rows]
    return replace(control, rows=rows, inner=[_with_odd(each, odd) for each in control.inner])


def _pick_list(schema: JsonSchema, kind: Kind) -> str:
    """The list of a field; that of a list of values may be its values' own."""
    row = schema.get("items", {}) if kind == "list" else schema
    row = children(row).get(schema.get("x-item", ""), row)
    return schema.get("x-pick-list") or row.get("x-pick-list", "")


def _text(schema: JsonSchema, value: Json, kind: Kind) -> str:
    if value is None or kind in ("rows", "group", "pairs", "own", "choices"):
        return ""
    if kind in ("list", "lines"):
        item = schema.get("x-item", "")
        parts = value if isinstance(value, list) else [value]
        return "\n".join(str(part.get(item, "") if isinstance(part, dict) else part) for part in parts)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _strange(schema: JsonSchema, value: Json, kind: Kind) -> Iterator[Choice]:
    """What is ticked and is no choice any more, so that it is kept."""
    known = {str(each["const"]) for each in choices_of(schema) or ()}
    for each in _ticked(value) if kind == "choices" else ():
        if each not in known:
            yield Choice(const=each, title=NOT_AMONG.format(each))


def _ticked(value: Json) -> Iterator[str]:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    yield from (str(part).strip() for part in parts if str(part).strip())


def pairs_of(value: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Names and values as they are filled in, with an empty pair where there is none."""
    return [(name, "" if each is None else str(each)) for name, each in value.items()] or [("", "")] * SPARE_ROWS


def as_object(value: Json) -> Mapping[str, Json]:
    """A value that should be an object."""
    return value if isinstance(value, dict) else {}


def _showing(kind: Kind, value: Json) -> Kind:
    """How a value is shown: a day that a date's control would not show, and so would lose, stays a text."""
    if kind == "date" and value not in (None, ""):
        try:
            return kind if date.fromisoformat(str(value)).isoformat() == value else "text"
        except ValueError:
            return "text"
    return kind


def is_at(place: str, name: str, kind: Kind) -> bool:
    """Whether a problem is one of a field; of one that is filled in as a whole, its parts' too."""
    return place == name or (kind in WHOLE and place.startswith(f"{name}/"))


MOST_SAID = 10_000
"""A limit above this is no news to anybody."""


def _hint(schema: JsonSchema) -> str:
    if schema.get("maximum", MOST_SAID) < MOST_SAID:
        return f"{schema['minimum']} to {schema['maximum']}" if "minimum" in schema else f"at most {schema['maximum']}"
    example = next(iter(schema.get("examples", [])), None)
    return "" if example is None or isinstance(example, dict | list) else str(example)
