"""The platform's own fields as controls: by their names, each as its type wants it. Pure.

What was filled in before stays, whatever has become of its field: one that was renamed shows its new name, one that is
gone says so, and where the fields are not known each is a pair of its ID and its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connector_runtime.definition import Action
from connector_runtime.hosts.http.pages.forms import SPARE_ROWS, Control, as_object, control_of, pairs_of
from connector_runtime.hosts.http.pages.kinds import Kind, own_kind_in_words, own_kind_of
from connector_runtime.inputs.own_fields import fields_called
from connector_runtime.schema import JsonSchema, children, title_at
from connector_runtime.values import Json, pointer_to

GONE = "The platform has this field no longer. Its value is kept; leave it empty to do without it."
ELSEWHERE = "This is no field for this {}. Its value is kept; leave it empty to do without it."
NAMED = "The platform's own fields, as they are named there."
PERHAPS = "Has to be filled in in some cases."
MISSING = "has to be filled in"
UNKNOWN = "Until then give each field by its ID."
DEPENDS = "Which fields there are depends on {}."
BLANKS = {"read": "Any", "overwrite": "Leave as it is"}
"""What no value means, by what the action does; in others the field stays empty."""


@dataclass(frozen=True)
class OwnFields:
    """What is known of the platform's own fields of one input."""

    known: JsonSchema | None = None
    """Those that there are for what is filled in; None where the platform has not said."""
    every: JsonSchema | None = None
    """All of them, where they were asked for."""
    why: str = ""
    """Why they are not known."""
    late: bool = False
    """Whether the platform may say yet."""
    uses: Sequence[str] = ()
    """The inputs that narrow them."""
    narrowed: bool = True
    """Whether all of these are filled in."""


def with_own(
    made: Sequence[Control],
    action: Action,
    given: Mapping[str, Json],
    wrong: Mapping[str, list[str]],
    own: Mapping[str, OwnFields],
) -> list[Control]:
    """A form's controls, with one for each of the platform's own fields."""
    by_name = {pointer_to([name]): (name, fields) for name, fields in own.items()}
    shown: list[Control] = []
    for control in made:
        if control.name in by_name:
            name, fields = by_name[control.name]
            uses = [title_at(action.input, [use]) for use in fields.uses]
            told = _Told(fields, wrong, " and ".join(uses), BLANKS.get(action.kind, "Leave empty"))
            control = _filled(replace(control, uses=[pointer_to([use]) for use in fields.uses]), told, given.get(name))
        shown.append(control)
    return shown


def strangers(known: JsonSchema, value: Json) -> list[str]:
    """The keys of what was filled in that are no field, by ID or by name."""
    return [key for key in as_object(value) if len(fields_called(known, key)) != 1]


@dataclass(frozen=True)
class _Told:
    fields: OwnFields
    wrong: Mapping[str, list[str]]
    uses: str
    """What the fields depend on, in words."""
    blank: str


def _filled(control: Control, told: _Told, value: Json) -> Control:
    known, given = told.fields.known, dict(as_object(value))
    if known is None:
        whole = {key: part for key, part in given.items() if isinstance(part, dict | list)}
        plain = {key: part for key, part in given.items() if key not in whole}
        said = told.fields.why or "The platform has not yet said which fields it has."
        return replace(
            control,
            type_words="",
            note=f"{said} {UNKNOWN}",
            late=told.fields.late,
            inner=[_other(control, key, part, "", told) for key, part in whole.items()],
            pairs=pairs_of(plain) if "" in plain else [*pairs_of(plain)[: len(plain)], *[("", "")] * SPARE_ROWS],
        )
    note = "" if known["properties"] else "The platform has no such fields."
    if told.uses:
        note = " ".join(filter(None, [told.fields.why, note, DEPENDS.format(told.uses)]))
    inner = [_missing(each) if control.problems else each for each in _each(control, known, given, told)]
    return replace(control, description=NAMED, type_words="", note=note, inner=inner, pairs=())


def _missing(control: Control) -> Control:
    """Where the platform refused the fields, and does not say which: one that is needed and was left empty."""
    return replace(control, problems=[MISSING]) if control.required and not control.touched else control


def _each(control: Control, known: JsonSchema, given: dict[str, Json], told: _Told) -> Iterator[Control]:
    held: dict[str, Json] = {}
    left: dict[str, Json] = {}
    for key, value in given.items():
        ids = fields_called(known, key)
        if len(ids) == 1 and ids[0] not in held:
            held[ids[0]] = value
        elif key:
            left[key] = value
    for key, schema in known["properties"].items():
        yield _field(control, known, key, schema, held.get(key), told)
    for key, value in left.items():
        yield _left(control, key, value, told)


def _field(control: Control, known: JsonSchema, key: str, schema: JsonSchema, value: Json, told: _Told) -> Control:
    """One field by its name; where another has the same name, its ID tells them apart."""
    made = _control(control, key, schema, value, told)
    alike = sum(other["title"] == schema["title"] for other in known["properties"].values()) > 1
    needed = key in known.get("required", [])
    return replace(
        made,
        type_words=" · ".join(filter(None, [made.type_words, f"ID {key}" if alike else ""])),
        required=needed and told.fields.narrowed,
        description=PERHAPS if needed and not told.fields.narrowed else made.description,
    )


def _left(control: Control, key: str, value: Json, told: _Told) -> Control:
    """A value whose field is not among those there are."""
    every, elsewhere = told.fields.every, ELSEWHERE.format(told.uses)
    ids = [] if every is None else fields_called(every, key)
    if every is None or len(ids) != 1:
        return _other(control, key, value, elsewhere if every is None and told.uses else GONE, told)
    made = _control(control, ids[0], every["properties"][ids[0]], value, told)
    return replace(made, description=elsewhere)


def _other(control: Control, key: str, value: Json, said: str, told: _Told) -> Control:
    """A value as it is, without a declaration of its field."""
    schema = JsonSchema(title=f"Field {key}", description=said)
    if isinstance(value, dict):
        schema["type"] = "object"
    elif not isinstance(value, list):
        schema["type"] = "string"
    return _control(control, key, schema, value, told)


def _control(control: Control, key: str, schema: JsonSchema, value: Json, told: _Told) -> Control:
    kind: Kind = own_kind_of(schema)
    if isinstance(value, list) and kind == "long":
        kind = "lines"
    name = control.name + pointer_to([key])
    made = control_of(schema, value, name, told.wrong, kind=kind, type_words=own_kind_in_words(schema))
    return replace(made, blank=told.blank)


def own_inputs(action: Action) -> list[str]:
    """The inputs that take the platform's own fields."""
    return [name for name, schema in children(action.input).items() if "x-dynamic-fields" in schema]
