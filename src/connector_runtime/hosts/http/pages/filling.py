"""The input that somebody filled in, from the names and texts that a form sent. Pure.

A control's name is the JSON pointer of its field (`/items/0/user_id`); what is left empty is absent. What follows a `~`
at its end, which no pointer has there, says what it holds instead of the field's text: `~pick` what was picked from a
list, `~was` the text at which that list was shown, `~search` words of one more value of a list, `~id` on which platform
which ID was shown (`whose`), `~lines` several texts, and `~/0/name` and `~/0/value` a pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector_runtime.hosts.http.pages.kinds import kind_of
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import Json, pointer_to, steps

BESIDE = "beside"
"""Begins the name of a control that is no input, and only there to find what another field can be set to."""

PICKED, WAS, SEARCH, WHOSE, LINES, PAIR = "~pick", "~was", "~search", "~id", "~lines", "~/"

LONGEST_NUMBER = 20
"""Digits of the number of a row."""

DEEPEST = 2
"""A value of one of the platform's own fields may be an object: a period of days, an element's attributes."""

Told = Mapping[str, list[str]]
Form = Iterable[tuple[str, str]]
"""Names and texts as a form sends them."""


def filled_in(schema: JsonSchema, form: Form) -> dict[str, Json]:
    """The input that somebody filled in; texts as they were typed, which the action reads by itself."""
    told: dict[str, list[str]] = {}
    for name, text in form:
        if name.startswith("/") and text.strip():
            told.setdefault(name, []).append(text.strip().replace("\r\n", "\n"))
    return _object(schema, told, "")


def chosen_beside(schema: JsonSchema, form: Form) -> dict[str, Json]:
    """What was chosen beside the form, by name: never an input of the action."""
    found: dict[str, Json] = {}
    for name, text in form:
        key = "".join(steps(name.removeprefix(BESIDE).removesuffix(PICKED))[:1])
        beside = name.startswith(f"{BESIDE}/") and not name.endswith((WAS, WHOSE)) and key not in children(schema)
        if beside and text.strip() and (name.endswith(PICKED) or key not in found):
            found[key] = text.strip()
    return found


def renumbered(schema: JsonSchema, form: Form) -> dict[str, str]:
    """The names by which the rows of a form begin, and those that they have where rows without a text come last: the
    numbers of the rows of the input, and of those that are shown again.
    """
    sent = list(form)
    told: dict[str, list[str]] = {}
    for name, text in sent:
        if text.strip():
            told.setdefault(name, []).append(text)
    return dict(_numbers(schema, [name for name, _ in sent], told, ""))


def renamed(name: str, numbers: Mapping[str, str]) -> str:
    """A control's name with the number of its row as it is now."""
    end = name.find("/")
    while end >= 0:
        if new := numbers.get(name[: end + 1]):
            return new + name[end + 1 :]
        end = name.find("/", end + 1)
    return name


def parts_of(text: str) -> list[str]:
    """The values of a list, as they are filled in."""
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


def settled(schema: JsonSchema, form: Form) -> tuple[list[tuple[str, str]], dict[str, tuple[str, str]]]:
    """A form without what was picked from a list for another text than stands there now, and by the name of the
    control what is typed there and what was picked. Where both are the same, or what was picked is one value of several
    and all words for which the list was shown still stand there, nothing is against it.
    """
    told = [(name, text.strip().replace("\r\n", "\n")) for name, text in form]
    texts = {name: text for name, text in told if not name.endswith(PICKED)}
    against: dict[str, tuple[str, str]] = {}
    for name, pick in told:
        control = name.removesuffix(PICKED)
        if name == control or not pick:
            continue
        typed, was = texts.get(control, ""), texts.get(control + WAS)
        adds = kind_at(schema, control) == "list" and set(parts_of(was or "")) <= set(parts_of(typed))
        if not adds and typed not in (pick, was or ""):
            picked = against[control][1] if control in against else ""
            against[control] = (typed, f"{picked}, {pick}" if picked else pick)
    return [(name, text) for name, text in told if name.removesuffix(PICKED) not in against or name in texts], against


def pairs_in(form: Form) -> dict[str, list[tuple[str, str]]]:
    """Names and values that are filled in as pairs, by the names of their controls; of a half, what there is."""
    told = dict(form)
    found: dict[str, list[tuple[str, str]]] = {}
    for pair in dict.fromkeys(name.rpartition("/")[0] for name in told if PAIR in name):
        whole = (told.get(f"{pair}/name", ""), told.get(f"{pair}/value", ""))
        if any(whole):
            found.setdefault(pair.partition(PAIR)[0], []).append(whole)
    return found


def odd_in(form: Form) -> dict[str, list[tuple[str, str]]]:
    """Of these, those that the input has no place for: values without a name, and names that another value has."""
    texts = {name for name, text in form if text}
    found: dict[str, list[tuple[str, str]]] = {}
    for control, pairs in pairs_in(form).items():
        seen = {name for name, _ in pairs if texts & {control + pointer_to([name]) + end for end in ("", LINES)}}
        for name, value in pairs:
            if not name or name in seen:
                found.setdefault(control, []).append((name, value))
            seen.add(name)
    return found


def _numbers(schema: JsonSchema, names: Sequence[str], told: Told, inside: str) -> Iterator[tuple[str, str]]:
    for key, child in children(schema).items():
        begun = f"{inside}{pointer_to([key])}/"
        if kind_of(child) == "group":
            yield from _numbers(child, names, told, begun.removesuffix("/"))
        elif kind_of(child) == "rows":
            parts = {name[len(begun) :].partition("/")[0] for name in names if name.startswith(begun)}
            numbers = sorted((part for part in parts if _is_number(part)), key=int)
            empty = {part for part in numbers if not _object(child["items"], told, f"{begun}{part}")}
            for number, part in enumerate(sorted(numbers, key=lambda each: each in empty)):
                yield f"{begun}{part}/", f"{begun}{number}/"


def _is_number(part: str) -> bool:
    """Whether a part of a name is the number of a row."""
    return part.isdecimal() and len(part) <= LONGEST_NUMBER


def kind_at(schema: JsonSchema, name: str) -> str:
    """How the field of a control is filled in; nothing is known of one that is no input."""
    if not name.startswith("/"):
        return ""
    for part in steps(name):
        schema = schema.get("items", {}) if "items" in schema and part.isdecimal() else children(schema).get(part, {})
    return kind_of(schema)


def _object(schema: JsonSchema, told: Told, inside: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, child in children(schema).items():
        value = _value(child, told, inside + pointer_to([key]))
        if value not in (None, [], {}):
            found[key] = value
    return found


def _value(schema: JsonSchema, told: Told, name: str) -> Json:
    kind = kind_of(schema)
    texts, picked = told.get(name, []), told.get(name + PICKED, [])
    if kind == "rows":
        return _rows(schema, told, name)
    if kind in ("own", "pairs"):
        return _free(told, name)
    if kind == "group":
        return dict(_object(schema, told, name))
    if kind == "choices":
        return ",".join(texts) or None
    if kind == "list":
        texts = [*texts, *picked, *told.get(name + SEARCH, [])]
        whole = [part for text in texts for part in parts_of(text)]
        whole = list(dict.fromkeys(whole)) if picked else whole
        return [{schema["x-item"]: part} for part in whole] if schema.get("x-item") else whole
    given = picked or texts
    return given[-1] if given else None


def _rows(schema: JsonSchema, told: Told, name: str) -> list[Json]:
    begun = f"{name}/"
    parts = {key[len(begun) :].partition("/")[0] for key in told if key.startswith(begun)}
    numbers = sorted(int(part) for part in parts if _is_number(part))
    rows = [_object(schema["items"], told, f"{begun}{number}") for number in numbers]
    return [row for row in rows if row]


def _free(told: Told, name: str, depth: int = DEEPEST) -> dict[str, Json]:
    """An object whose fields no declaration knows: from its pairs, and from controls of its fields."""
    found: dict[str, Json] = {}
    for key, value in _pairs(told, name):
        found.setdefault(key, value)
    if not depth:
        return found
    begun = f"{name}/"
    for part in dict.fromkeys(key[len(begun) :].partition("/")[0] for key in told if key.startswith(begun)):
        bare = part.removesuffix(LINES) if part.endswith(LINES) else part.removesuffix("~")
        key, place = steps(f"/{bare}")[0], f"{begun}{bare}"
        if place in told:
            found[key] = told[place][-1]
        elif place + LINES in told:
            lines = [line.strip() for text in told[place + LINES] for line in text.split("\n") if line.strip()]
            found[key] = list(lines) if len(lines) > 1 else lines[0]
        elif inside := _free(told, place, depth - 1):
            found[key] = inside
    return found


def _pairs(told: Told, name: str) -> Iterator[tuple[str, Json]]:
    """Names and values, which belong together by their number; a name alone is shown again."""
    begun = f"{name}{PAIR}"
    for number in dict.fromkeys(key[len(begun) :].partition("/")[0] for key in told if key.startswith(begun)):
        names, values = (told.get(f"{begun}{number}/{part}", []) for part in ("name", "value"))
        if names:
            yield names[-1], (values[-1] if values else None)
