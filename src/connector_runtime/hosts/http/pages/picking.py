"""What is picked from a list: what must be chosen before it, and the list itself where no script shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
    made: Iterable[Control], connector: Connector, action: Action, beside: Mapping[str, Json]
) -> list[Control]:
    """A form's controls, each with what must be chosen before its list can be read. What the action lacks is chosen
    beside it, once, at the first field that needs it.
    """
    shown: set[str] = set()
    return [_with_needs(control, connector, action, beside, shown) for control in made]


def _with_needs(
    control: Control, connector: Connector, action: Action, beside: Mapping[str, Json], shown: set[str]
) -> Control:
    rows = [[_with_needs(each, connector, action, beside, shown) for each in row] for row in control.rows]
    control = replace(control, rows=rows)
    if not control.pick_list:
        return control
    needs, own = needs_of(connector, action, control.name), children(action.input)
    lacking = [need for need in needs if need not in own]
    first = [_helper(connector, action, need, beside.get(need)) for need in lacking if need not in shown]
    shown.update(lacking)
    words = " and ".join(title_at(action.input, [need]) for need in needs if need in own)
    return replace(control, first=first, first_words=words)


def _helper(connector: Connector, action: Action, need: str, value: Json) -> Control:
    offer = offer_of(connector, action, need)
    before = [each for each in needs_of(connector, action, need) if each not in children(action.input)]
    words = " and ".join(offer_of(connector, action, each).title for each in before)
    return Control(
        name=BESIDE + pointer_to([need]),
        title=offer.title,
        description=f"Of the {words} chosen above." if words else "",
        kind="text",
        type_words="",
        pick_list=offer.pick or "",
        value="" if value is None else str(value),
    )


def field_of(name: str) -> str:
    """The field that a control's list is asked for by: its pointer, or the name of what is chosen beside the form."""
    return steps(name.removeprefix(BESIDE))[0] if name.startswith(f"{BESIDE}/") else name


def label_of(labels: Mapping[str, str], control: Control) -> str:
    """The names of what is set in a control, where the platform says any; a select shows its words by itself."""
    if control.kind in ("choice", "yes_no"):
        return ""
    place = control.name.removeprefix(BESIDE)
    inside = f"{place}/"
    found = [label for at, label in labels.items() if at == place or (control.kind == "list" and at.startswith(inside))]
    return ", ".join(label for label in found if " — " in label)
