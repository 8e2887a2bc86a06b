"""Room one: what the recipe builder gave, checked. Pure.

Values are first read kindly (a numeric text is a number, a choice may be named by its title, blanks are
absent) and held to the published schema, then turned into what the next rooms use (a list of `{id: 12}` into a
list of ids, a date-time into an aware UTC datetime). Everything wrong is said at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.inputs.forms import form_of
from connector_runtime.inputs.readers import Doubts
from connector_runtime.schema import JsonSchema, title_at
from connector_runtime.values import Handler, Inputs, Json, Problem, steps


def check_inputs(
    action: Action, handler: Handler, given: dict[str, Json] | InvalidInput, known: Sequence[Problem] = ()
) -> Inputs:
    """The checked inputs by key. Raises InvalidInput with every problem, in field titles, those `known` before too."""
    if isinstance(given, InvalidInput):
        raise given
    form = form_of(action)
    doubts: Doubts = []
    tidy = form.read(given, doubts)
    problems = [*known, *(_settled(action, tidy) if doubts else [])]
    wrong = set(map(_key, problems))
    checked: dict[str, Json] = {}
    for key, inward in form.fields:
        if key in tidy and key not in wrong:
            checked[key] = inward(tidy[key], problems)
    if handler.check is not None:
        wrong = set(map(_key, problems))
        problems += handler.check({key: value for key, value in checked.items() if key not in wrong})
    if problems:
        raise InvalidInput(_in_order(action.input, problems))
    return checked


def _settled(action: Action, tidy: Json) -> list[Problem]:
    from connector_runtime.inputs import reference  # jsonschema, a large import that right inputs never need

    return reference.problems(action, tidy)


def _key(problem: Problem) -> str:
    """The field of the form in which it stands."""
    return steps(f"/{problem.field}")[0]


def _in_order(schema: JsonSchema, problems: list[Problem]) -> list[Problem]:
    """The problems with their titles, in the order of the form; what the form does not have comes last."""
    form = list(schema.get("properties", {}))

    def place(problem: Problem) -> tuple[int, str]:
        key = _key(problem)
        return (form.index(key) if key in form else len(form), problem.field)

    titled: list[Problem] = []
    for problem in sorted(problems, key=place):
        pointer = f"/{problem.field}" if problem.field else ""
        titled.append(
            Problem(problem.field, problem.message, problem.title or title_at(schema, steps(pointer)), pointer)
        )
    return titled
