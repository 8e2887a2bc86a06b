"""A connector's folder, read and checked as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from connector_runtime.definition import delivery, meaning, offers
from connector_runtime.definition.connector import Declarations
from connector_runtime.definition.finding import yaml_files
from connector_runtime.definition.grammar import Action, Identity
from connector_runtime.definition.reading import held_to
from connector_runtime.definition.trigger import Trigger
from connector_runtime.errors import DefinitionError
from connector_runtime.schema import JsonSchema, completed, inlined
from connector_runtime.yamlfile import Document, read

T = TypeVar("T")


def read_folder(folder: Path) -> Declarations:
    """Read and check a connector's folder. Raises DefinitionError with every fault of every file."""
    reading = _Reading(folder)
    identities = reading.files(Identity, [folder / "connector.yaml"])
    actions = reading.files(Action, yaml_files(folder / "actions"))
    operations = reading.files(Action, yaml_files(folder / "operations"))
    triggers = reading.files(Trigger, yaml_files(folder / "triggers"))
    reading.stop_if_faulty()
    whole = Declarations(
        identity=identities[0][1],
        actions=reading.complete(actions),
        operations=reading.complete(operations),
        triggers={trigger.event: replace(trigger, payload=reading.whole(trigger.payload)) for _, trigger in triggers},
    )
    reading.stop_if_faulty()
    reading.identity(identities[0][0], whole)
    reading.actions(actions, whole["actions"], whole)
    reading.actions(operations, whole["operations"], whole)
    for document, trigger in triggers:
        reading.faults += meaning.trigger_faults(whole["triggers"][trigger.event], document, whole["actions"])
        deliveries = folder / "fixtures" / "webhooks" / trigger.event
        reading.samples(trigger.samples, document, deliveries)
        reading.deliveries(whole["triggers"][trigger.event], whole["identity"], deliveries)
    reading.stop_if_faulty()
    return whole


class _Reading:
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

    def complete(self, found: list[tuple[Document, Action]]) -> dict[str, Action]:
        """Actions with self-contained schemas, by their keys."""
        return {
            action.key: replace(action, input=self.whole(action.input), output=self.whole(action.output))
            for _, action in found
        }

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
        if reference != f"../schemas/{path.stem}.yaml":  # the ending that the cache knows
            raise DefinitionError([f"{path}:1:1: a $ref is written ../schemas/<name>.yaml, not {reference}"])
        if path not in self.shapes:
            self.shapes[path] = held_to(JsonSchema, read(path))
        return self.shapes[path]

    def identity(self, document: Document, whole: Declarations) -> None:
        known = whole["actions"], whole["operations"], whole["triggers"]
        self.faults += meaning.identity_faults(whole["identity"], document, *known)
        self.faults += offers.identity_offers(whole["identity"], document, whole["actions"])

    def actions(self, found: list[tuple[Document, Action]], complete: dict[str, Action], whole: Declarations) -> None:
        for document, action in found:
            self.faults += meaning.action_faults(complete[action.key], document, whole["triggers"])
            self.faults += offers.action_offers(complete[action.key], document, whole["identity"])
            self.samples(action.samples, document, self.folder / "fixtures" / action.key)
            if complete is whole["operations"] and action.key in whole["actions"]:
                self.faults.append(document.fault("/key", f"there is an action `{action.key}` already"))

    def samples(self, names: list[str], document: Document, folder: Path) -> None:
        known = yaml_files(folder)
        for index, name in enumerate(names):
            if folder / f"{name}.yaml" not in known:
                self.faults.append(document.fault(f"/samples/{index}", f"there is no {folder / name}.yaml"))

    def deliveries(self, trigger: Trigger, identity: Identity, folder: Path) -> None:
        for path in yaml_files(folder):
            try:
                self.faults += delivery.sample_faults(trigger, identity, read(path))
            except DefinitionError as wrong:
                self.faults += wrong.faults

    def stop_if_faulty(self) -> None:
        if self.faults:
            raise DefinitionError(list(dict.fromkeys(self.faults)))  # a shape's faults come from all who use it
