# ruff: noqa: E501 — a case is read best on one line
"""Authors' files held to the grammar: every fault with file, line, column, pointer and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from connector_runtime.definition.case import Case
from connector_runtime.definition.grammar import Action, Identity
from connector_runtime.definition.reading import held_to, json_schema
from connector_runtime.definition.trigger import Trigger
from connector_runtime.errors import DefinitionError
from connector_runtime.schema import JsonSchema
from connector_runtime.yamlfile import parse, read
from tests.casebook import ROOT
from tests.connector_runtime.workshop import TOY, altered, copied, faults

LIST = "actions/list_loans.yaml"
LEND = "actions/lend_book.yaml"


def only_fault(folder: Path, file: str, old: str, new: str) -> str:
    altered(folder, file, old, new)
    (only,) = faults(folder)
    return only


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (LEND, "  required: [book_code]", "  requird: [book_code]", "9:3: unknown key `requird`, did you mean `required`? (at /input/requird)"),
        (LEND, "summary: Lends", "sumary: Lends", "4:1: unknown key `sumary`, did you mean `summary`? (at /sumary)"),
        (LEND, "{required: [name], prop", "{requird: [name], prop", "unknown key `requird`, did you mean `required`? (at /input/properties/companions/items/requird)"),
        (LEND, "x-secret: true", "x-secrt: true", "unknown key `x-secrt`, did you mean `x-secret`? (at /input/properties/pin/x-secrt)"),
        (LEND, "  method: POST", "  methd: POST", "24:3: unknown key `methd`, did you mean `method`? (at /request/methd)"),
        (LIST, "{grade: I, why", "{grad: I, why", "unknown key `grad`, did you mean `grade`? (at /source/assumed/~1request~1query~17/grad)"),
        (LIST, "more: /more,", "mor: /more,", "unknown key `mor`, did you mean `more`? (at /paging/mor)"),
        (LEND, "match: {book_code: book_code}", "mtch: {book_code: book_code}", "unknown key `mtch`, did you mean `match`? (at /emits/0/mtch)"),
        ("connector.yaml", "query_list: repeat", "query_lists: repeat", "unknown key `query_lists`, did you mean `query_list`? (at /wire/query_lists)"),
        ("connector.yaml", "    - says: is lent", "    - say: is lent", "unknown key `say`, did you mean `says`? (at /errors/catalogue/0/say)"),
        ("schemas/member_id.yaml", "minimum: 1", "minimun: 1", "3:1: unknown key `minimun`, did you mean `minimum`? (at /minimun)"),
        ("triggers/loan.made.yaml", "caused_by:", "causedby:", "unknown key `causedby`, did you mean `caused_by`? (at /causedby)"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_its_place_and_the_nearest_known_one(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = copied(tmp_path)
    altered(folder, file, old, new)
    found = faults(folder)
    assert all(fault.startswith(f"{file}:") for fault in found)
    assert [fault for fault in found if said in fault], found


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (LEND, "kind: create\n", "", "1:1: the key `kind` is missing (at /)"),
        (LEND, "  method: POST\n", "", "the key `method` is missing (at /request)"),
        (LEND, "{article: Lending}", "{}", "6:1: the key `article` is missing (at /source)"),
        ("connector.yaml", "  zone: UTC\n", "", "the key `zone` is missing (at /wire)"),
    ],
)
def test_a_missing_key_is_named_where_it_belongs(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    assert said in only_fault(copied(tmp_path), file, old, new)


@pytest.mark.parametrize(
    ("file", "old", "new", "pointer"),
    [
        (LEND, "kind: create", "kind: make", "/kind"),
        (LEND, "method: POST", "method: FETCH", "/request/method"),
        (LEND, "title: Lend a book", "title: 7", "/title"),
        (LEND, "samples: [by_member_id]", "samples: by_member_id", "/samples"),
        (LIST, "{grade: I,", "{grade: X,", "/source/assumed/~1request~1query~17/grade"),
        (LIST, "page_size: {title: Page size, description: How many rows., type: integer", "page_size: {title: Page size, description: How many rows., type: int", "/input/properties/page_size/type"),
        (LEND, "maxLength: 40", 'maxLength: "40"', "/input/properties/member_email/maxLength"),
        (LEND, "{const: 14,", "{const: 1.5,", "/input/properties/term/oneOf/0/const"),
        ("connector.yaml", "query_boolean: false/true", "query_boolean: yes/no", "/wire/query_boolean"),
        ("connector.yaml", "status: 409", 'status: "409"', "/errors/catalogue/2/status"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_a_fault_at_its_pointer(
    tmp_path: Path, file: str, old: str, new: str, pointer: str
) -> None:
    folder = copied(tmp_path)
    altered(folder, file, old, new)
    found = faults(folder)
    assert found
    assert all(fault.startswith(f"{file}:") for fault in found)
    assert all(f"(at {pointer}" in fault for fault in found), found


@pytest.mark.parametrize("text", ["", "[]", "7", "text", "null"])
def test_a_file_that_is_no_mapping_is_a_fault(tmp_path: Path, text: str) -> None:
    folder = copied(tmp_path)
    (folder / LEND).write_text(text)
    assert faults(folder)[0].startswith(f"{LEND}:1:1: ")


def test_every_fault_of_one_file_is_told_in_the_files_order() -> None:
    text = (TOY / LEND).read_text().replace("title: Lend a book", "titel: x").replace("kind: create", "kind: make")
    with pytest.raises(DefinitionError) as caught:
        held_to(Action, parse(text, Path("a.yaml")))
    lines = [int(fault.split(":")[1]) for fault in caught.value.faults]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_a_right_file_becomes_a_frozen_declaration() -> None:
    action = held_to(Action, read(TOY / LEND))
    assert (action.key, action.kind, action.natural_key) == ("lend_book", "create", ["member_id", "book_code"])
    with pytest.raises(AttributeError):
        action.key = "other"  # type: ignore[misc]


SHAPES = [
    (Identity, "connector.yaml"),
    (Action, "actions/*.yaml"),
    (Trigger, "triggers/*.yaml"),
    (JsonSchema, "schemas/*.yaml"),
    (Case, "fixtures/*_*/*.yaml"),
]


@pytest.mark.parametrize(("shape", "files"), SHAPES, ids=[str(files) for _, files in SHAPES])
@pytest.mark.parametrize("folder", [TOY, ROOT], ids=["toy", "own"])
def test_the_grammar_for_editors_accepts_what_the_reader_accepts(shape: type, files: str, folder: Path) -> None:
    schema = json_schema(shape)
    Draft202012Validator.check_schema(schema)
    paths = [path for path in sorted(folder.glob(files)) if path.parent.name != "cassettes"]
    assert paths
    for path in paths:
        held_to(shape, read(path))
        assert [error.message for error in Draft202012Validator(schema).iter_errors(read(path).value)] == []


@pytest.mark.parametrize("shape", [Identity, Action, Trigger, Case, JsonSchema])
def test_the_grammar_for_editors_is_closed(shape: type) -> None:
    errors = list(Draft202012Validator(json_schema(shape)).iter_errors({"nonsense": 1}))
    assert [error.validator for error in errors if error.validator == "additionalProperties"]
