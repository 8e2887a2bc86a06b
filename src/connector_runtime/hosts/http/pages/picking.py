"""What is picked from a list: what must be chosen before it, and the list itself where no script shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connector_runtime.definition import Action, Connector
from connector_runtime.hosts.http.pages.filling import BESIDE
from connector_runtime.hosts.http.pages.forms import Control
from connector_runtime.run.choices import Choice, Choices
from connector_runtime.run.offered import needs_of, offer_of
from connector_runtime.schema import children, title_at
from connector_runtime.values import Json, pointer_to, steps


@dataclass(frozen=True)
class Listed:
    """A list that was asked for without a script, at its control."""

    items: Sequence[Choice]
    note: str

    @classmethod
    def of(cls, found: Choices, search: str) -> Listed:
        """A page of choices, and what to do where it is not the whole list."""
        if not found.items:
            note = f"Nothing is called “{search}”." if search else "The list is empty."
        else:
            note = "There are more: type a part of the name, and ask for the list again." if found.more else ""
        return cls(found.items, f"{note} {found.note}".strip())


def with_needs(
    made: Iterable[Control],
    connector: Connector,
    action: Action,
    given: Mapping[str, Json],
    wrong: Mapping[str, list[str]] | None = None,
) -> list[Control]:
    """A form's controls, each with what must be chosen before its list can be read, as far as it is not among what is
    `given`. What the action lacks is chosen beside it, once, at the first field that needs it; `wrong` is what is wrong
    with that, by place.
    """
    needed = _Needed(connector, action, given, wrong or {})
    return [_with_needs(control, needed) for control in made]


@dataclass
class _Needed:
    connector: Connector
    action: Action
    given: Mapping[str, Json]
    wrong: Mapping[str, list[str]]
    shown: set[str] = field(default_factory=set)


def _with_needs(control: Control, told: _Needed) -> Control:
    control = replace(control, rows=[[_with_needs(each, told) for each in row] for row in control.rows])
    if not control.pick_list:
        return control
    needs, own = needs_of(told.connector, told.action, control.name), children(told.action.input)
    lacking = [need for need in needs if need not in own]
    first = [_helper(need, told) for need in lacking if need not in told.shown]
    told.shown.update(lacking)
    names = [need for need in needs if need in own and told.given.get(need) in (None, "")]
    words = " and ".join(title_at(told.action.input, [need]) for need in names)
    places = [pointer_to([need]) for need in names]
    return replace(control, first=first, first_words=words, needs=places, of=_depends(told, control.name))


def _depends(told: _Needed, name: str) -> list[str]:
    """The names of the controls on which a list depends, also by way of another."""
    found, left, own = list[str](), [name], children(told.action.input)
    while left:
        more = [need for need in needs_of(told.connector, told.action, left.pop()) if need not in found]
        found += more
        left += more
    return [pointer_to([need]) if need in own else BESIDE + pointer_to([need]) for need in found]


def _helper(need: str, told: _Needed) -> Control:
    connector, action = told.connector, told.action
    offer = offer_of(connector, action, need)
    before = [each for each in needs_of(connector, action, need) if each not in children(action.input)]
    words = " and ".join(offer_of(connector, action, each).title for each in before)
    value = told.given.get(need)
    return Control(
        name=BESIDE + pointer_to([need]),
        title=offer.title,
        description=f"Of the {words} chosen above." if words else "",
        kind="text",
        type_words="",
        pick_list=offer.pick or "",
        value="" if value is None else str(value),
        problems=told.wrong.get(pointer_to([need]), []),
        of=_depends(told, need),
    )


def field_of(name: str) -> str:
    """The field that a control's list is asked for by: its pointer, or the name of what is chosen beside the form."""
    return steps(name.removeprefix(BESIDE))[0] if name.startswith(f"{BESIDE}/") else name


def label_of(labels: Mapping[str, str], control: Control) -> str:
    """The names of what is set in a control, where the platform says any; a select shows its words by itself."""
    if control.kind in ("choice", "yes_no"):
        return ""
    place = control.place
    inside = f"{place}/"
    found = [label for at, label in labels.items() if at == place or (control.kind == "list" and at.startswith(inside))]
    return ", ".join(label for label in found if " — " in label)
