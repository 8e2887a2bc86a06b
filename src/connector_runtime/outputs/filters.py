"""Whether the platform did what a filter says."""

from __future__ import annotations

from functools import lru_cache

from connector_runtime.definition import Action
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.values import Inputs, Json, at


def check_filters(action: Action, inputs: Inputs, output: Json) -> None:
    """Raise UnexpectedOutput when a row contradicts a filter: the platform then ignored it and sent everything."""
    for key, title, name in _filters(action):
        if key in inputs and action.paging is not None:
            wanted = frozenset(inputs[key] if isinstance(inputs[key], list) else [inputs[key]])
            _hold(at(output, action.paging.items) or [], name, wanted, title, action.paging.items)


@lru_cache(maxsize=256)
def _filters(action: Action) -> list[tuple[str, str, str]]:
    """The inputs that filter a list: key, title, and the field that its rows have for it."""
    if action.paging is None:
        return []
    inputs = action.input.get("properties", {})
    return [(key, each.get("title", key), each["x-filters"]) for key, each in inputs.items() if "x-filters" in each]


def _hold(rows: list[Json], name: str, wanted: frozenset[Json], title: str, items: str) -> None:
    for index, row in enumerate(rows):
        if row is not None and row[name] is not None and row[name] not in wanted:
            raise UnexpectedOutput(
                f"the platform ignored the filter {title}: it answered with other rows too, "
                f"so the whole answer is withheld",
                code="filter_ignored",
                pointer=f"{items}/{index}/{name}",
            )
