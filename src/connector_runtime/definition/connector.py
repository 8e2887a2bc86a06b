"""A connector: what its folder declares, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from connector_runtime.definition.cache import Cache
from connector_runtime.definition.grammar import Action, Identity
from connector_runtime.definition.trigger import Trigger
from connector_runtime.errors import InvalidInput
from connector_runtime.values import Handler, Json, Problem, did_you_mean

if TYPE_CHECKING:
    from connector_runtime.definition.case import Case


@dataclass(frozen=True)
class Connector:
    """A connector whose declarations have been checked. Handlers and cases are read when they are asked for."""

    folder: Path
    identity: Identity
    actions: Mapping[str, Action]
    triggers: Mapping[str, Trigger]
    operations: Mapping[str, Action] = field(default_factory=dict)
    """What the runtime itself does on the platform. They are declared as actions are, and never published."""
    _handlers: dict[str, Handler] = field(default_factory=dict, repr=False)
    _cache: Cache = field(default_factory=Cache, repr=False, compare=False)

    def action(self, key: str) -> Action:
        """The action of that key. Raises InvalidInput with the nearest name."""
        if key in self.actions:
            return self.actions[key]
        near = did_you_mean(key, self.actions)
        raise InvalidInput(
            [Problem("action", f"there is no action `{key}`{near}", "Action", "")],
            fix="List the actions with `actions`.",
        )

    @property
    def declared(self) -> Mapping[str, Action]:
        """Actions and operations: whatever a record can be of."""
        return {**self.actions, **self.operations}

    def handler(self, action: Action) -> Handler:
        """The action's Python half, imported once. Raises DefinitionError."""
        if action.key not in self._handlers:
            from connector_runtime.definition.handlers import load_handler

            part = "operations" if action.key in self.operations else "actions"
            path = self.folder / part / f"{action.key}.py"
            self._handlers[action.key] = load_handler(path, writes=action.kind != "read")
        return self._handlers[action.key]

    def cases(self, key: str) -> list[str]:
        """The names of an action's cases, in order."""
        return sorted(path.stem for path in (self.folder / "fixtures" / key).glob("*.yaml"))

    def case(self, key: str, name: str) -> Case:
        """One case of an action. Raises DefinitionError."""
        from connector_runtime.definition.case import Case

        path = self.folder / "fixtures" / key / f"{name}.yaml"
        return self._cache.reading(Case, lambda: [(name, path.read_bytes())], lambda: _read_case(path))

    def delivery(self, event: str, name: str) -> Json:
        """One recorded delivery of an event. Raises DefinitionError."""
        from connector_runtime.yamlfile import read

        return read(self.folder / "fixtures" / "webhooks" / event / f"{name}.yaml").value


class Declarations(TypedDict):
    """All that a connector's folder declares."""

    identity: Identity
    actions: dict[str, Action]
    operations: dict[str, Action]
    triggers: dict[str, Trigger]


def _read_case(path: Path) -> Case:
    from connector_runtime.definition.case import Case
    from connector_runtime.definition.reading import held_to
    from connector_runtime.yamlfile import read

    return held_to(Case, read(path))
