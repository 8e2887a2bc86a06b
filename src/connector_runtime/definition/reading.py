"""Authors' files held to the grammar, with file, line and column; and the grammar published for editors."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeVar

from connector_runtime.errors import DefinitionError
from connector_runtime.values import Json, did_you_mean, pointer_to
from connector_runtime.yamlfile import Document

T = TypeVar("T")


@cache
def _adapter(shape: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(shape)


def held_to(shape: type[T], document: Document) -> T:
    """The document as that shape of the grammar. Raises DefinitionError with every fault in it."""
    from pydantic import ValidationError

    try:
        # As JSON, because strict reading builds a dataclass from JSON only.
        whole: T = _adapter(shape).validate_json(json.dumps(document.value))  # type: ignore[arg-type]  # a class hashes
        return whole
    except ValidationError as wrong:
        schema = json_schema(shape)
        faults = {_fault(document, schema, error) for error in wrong.errors()}
        in_order = sorted(faults, key=lambda fault: (document.place(fault[0]), fault))
        raise DefinitionError([document.fault(*fault) for fault in in_order]) from None


def json_schema(shape: Any) -> dict[str, Json]:
    """The JSON Schema of a shape of the grammar."""
    schema: dict[str, Json] = _adapter(shape).json_schema()
    return schema


def _fault(document: Document, schema: dict[str, Json], error: Any) -> tuple[str, str]:
    """The JSON pointer of one fault, and what was meant."""
    pointer, place = "", document.value
    for part in error["loc"]:  # pydantic adds the names of union branches: keep what the file has
        if (isinstance(place, dict) and part in place) or (isinstance(place, list) and isinstance(part, int)):
            place = place[part]
            pointer += pointer_to([part])
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        word = str(error["loc"][-1])
        return pointer, f"unknown key `{word}`{did_you_mean(word, _known(schema, error['loc']))}"
    if error["type"] in ("missing", "missing_argument"):
        return pointer, f"the key `{error['loc'][-1]}` is missing"
    return pointer, error["msg"][0].lower() + error["msg"][1:]


def _known(schema: dict[str, Json], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the grammar knows at the place of an unknown one."""
    here = schema
    for part in loc[:-1]:
        here = _resolved(schema, here)
        here = here.get("properties", {}).get(part) or here.get("items") or here.get("additionalProperties") or here
    return list(_resolved(schema, here).get("properties", {}))


def _resolved(schema: dict[str, Json], here: dict[str, Json]) -> dict[str, Json]:
    for branch in here.get("anyOf", ()):
        if "$ref" in branch:
            here = branch
    name = here.get("$ref", "").rpartition("/")[2]
    return schema["$defs"][name] if name else here
