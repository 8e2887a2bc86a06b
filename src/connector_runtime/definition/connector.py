"""A connector: a folder with a `connector.yaml`, read and checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from connector_runtime.definition import meaning
from connector_runtime.definition.case import Case
from connector_runtime.definition.grammar import Action, Identity, Trigger
from connector_runtime.definition.handlers import load_handler
from connector_runtime.definition.reading import held_to
from connector_runtime.errors import DefinitionError, InvalidInput
from connector_runtime.schema import JsonSchema, completed, inlined
from connector_runtime.values import Handler, Json, Problem, did_you_mean
from connector_runtime.yamlfile import Document, read

T = TypeVar("T")


@dataclass(frozen=True)
class Connector:
    """A connector whose declarations have been checked. Handlers and cases are read when they are asked for."""

    folder: Path
    identity: Identity
    actions: Mapping[str, Action]
    triggers: Mapping[str, Trigger]
    _handlers: dict[str, Handler] = field(default_factory=dict, repr=False)

    def action(self, key: str) -> Action:
        """The action of that key. Raises InvalidInput with the nearest name."""
        if key in self.actions:
            return self.actions[key]
        near = did_you_mean(key, self.actions)
        raise InvalidInput(
            [Problem("action", f"there is no action `{key}`{near}", "Action", "")],
            fix="List the actions with `actions`.",
        )

    def handler(self, action: Action) -> Handler:
        """The action's Python half, imported once. Raises DefinitionError."""
        if action.key not in self._handlers:
            self._handlers[action.key] = load_handler(self.folder / "actions" / f"{action.key}.py")
        return self._handlers[action.key]

    def cases(self, key: str) -> list[str]:
        """The names of an action's cases, in order."""
        return sorted(path.stem for path in (self.folder / "fixtures" / key).glob("*.yaml"))

    def case(self, key: str, name: str) -> Case:
        """One case of an action. Raises DefinitionError."""
        return held_to(Case, read(self.folder / "fixtures" / key / f"{name}.yaml"))

    def delivery(self, event: str, name: str) -> Json:
        """One recorded delivery of an event. Raises DefinitionError."""
        return read(self.folder / "fixtures" / "webhooks" / event / f"{name}.yaml").value


def load(folder: Path) -> Connector:
    """Read and check a connector's folder. Raises DefinitionError with every fault of every file."""
    loading = _Loading(folder)
    identities = loading.files(Identity, [folder / "connector.yaml"])
    actions = loading.files(Action, sorted((folder / "actions").glob("*.yaml")))
    triggers = loading.files(Trigger, sorted((folder / "triggers").glob("*.yaml")))
    loading.stop_if_faulty()
    whole = Connector(
        folder=folder,
        identity=identities[0][1],
        actions={
            action.key: replace(action, input=loading.whole(action.input), output=loading.whole(action.output))
            for _, action in actions
        },
        triggers={trigger.event: replace(trigger, payload=loading.whole(trigger.payload)) for _, trigger in triggers},
    )
    loading.stop_if_faulty()
    loading.faults += meaning.identity_faults(whole.identity, identities[0][0], whole.actions)
    for document, action in actions:
        loading.faults += meaning.action_faults(whole.actions[action.key], document, whole.triggers)
        loading.samples(action.samples, document, folder / "fixtures" / action.key)
    for document, trigger in triggers:
        loading.faults += meaning.trigger_faults(trigger, document, whole.actions)
        loading.samples(trigger.samples, document, folder / "fixtures" / "webhooks" / trigger.event)
    loading.stop_if_faulty()
    return whole


class _Loading:
    """One reading of a folder: collects the faults of all files, so that they are told at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[str] = []
        self.shapes: dict[Path, JsonSchema] = {}

    def files(self, shape: type[T], paths: list[Path]) -> list[tuple[Document, T]]:
        found: list[tuple[Document, T]] = []
        for path in paths:
            try:
                document = read(path)
                found.append((document, held_to(shape, document)))
            except DefinitionError as wrong:
                self.faults += wrong.faults
        return found

    def whole(self, schema: JsonSchema) -> JsonSchema:
        """The schema self-contained: shapes in schemas/ put in place."""
        try:
            return completed(inlined(schema, self.shape))
        except DefinitionError as wrong:
            self.faults += wrong.faults
        except RecursionError:
            self.faults.append(f"{self.folder / 'schemas'}:1:1: a shape refers to itself")
        return schema

    def shape(self, reference: str) -> JsonSchema:
        """The shape that a `$ref` means: `../schemas/<name>.yaml`."""
        path = self.folder / "schemas" / Path(reference).name
        if reference != f"../schemas/{path.name}":
            raise DefinitionError([f"{path}:1:1: a $ref is written ../schemas/<name>.yaml, not {reference}"])
        if path not in self.shapes:
            self.shapes[path] = held_to(JsonSchema, read(path))
        return self.shapes[path]

    def samples(self, names: list[str], document: Document, folder: Path) -> None:
        for index, name in enumerate(names):
            if not (folder / f"{name}.yaml").is_file():
                self.faults.append(document.fault(f"/samples/{index}", f"there is no {folder / name}.yaml"))

    def stop_if_faulty(self) -> None:
        if self.faults:
            raise DefinitionError(self.faults)
