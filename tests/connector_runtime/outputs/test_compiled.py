"""The fast reader: the same output as the tolerant one's, or none."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import AnswerTemplate
from connector_runtime.outputs import answered, compiled, read_output
from connector_runtime.outputs.compiled import Compiled
from connector_runtime.values import Json, NotJson, Response
from tests.connector_runtime.workshop import declared

NO_VALUE = ("0000-00-00", "0000-00-00 00:00:00")
KINDS = ["string", "integer", "number", "boolean"]
PAGE = {
    "properties": {
        "rows": {"items": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}},
        "by": {"properties": {"id": {"type": "integer", "x-wire": ["/id", "/user/id"]}}},
        "links": {"type": "object"},
    }
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are written for the first byte."""
    monkeypatch.setattr(compiled, "WORTH_A_PROGRAM", 0)


def reads(schema: Json, *contents: bytes, root: str = "") -> list[Json]:
    """What one reader makes of answers, one after the other."""
    reader = Compiled(declared(output=schema, response=AnswerTemplate(root=root)), NO_VALUE)
    return [reader.read(content) for content in contents]


def field(kind: str, value: bytes) -> Json:
    """What it makes of a field, in the first answer and in the third."""
    content = b'{"a": 1, "it": ' + value + b"}"
    first, _, third = reads({"properties": {"a": {"type": "integer"}, "it": {"type": kind}}}, content, content, content)
    assert json.dumps(first) == json.dumps(third), "what was learned changed the output"
    return first and first["it"]


@pytest.mark.parametrize(
    ("kind", "came", "meant"),
    [
        ("string", b'"text"', "text"),
        ("string", b'""', ""),
        ("string", b'"0000-00-00"', None),
        ("string", b'"\\u0030000-00-00 00:00:00"', None),
        ("string", b'"\\ud83d\\ude00\\n"', "\U0001f600\n"),
        ("string", b"true", "true"),
        ("string", b"false", "false"),
        ("string", b"12", "12"),
        ("string", b"12.5", "12.5"),
        ("string", b"-0.0", "-0.0"),
        ("string", b"0.0", "0.0"),
        ("string", b"-0", "0"),
        ("string", b"1180591620717411303424", "1180591620717411303424"),
        ("integer", b"1180591620717411303424", 2**70),
        ("integer", b'"12"', 12),
        ("integer", b"12.0", 12),
        ("integer", b"-0.0", 0),
        ("integer", b'"53.00"', 53),
        ("integer", b"87.5", 87.5),
        ("integer", b"true", 1),
        ("integer", b'"0000-00-00"', None),
        ("integer", b'""', None),
        ("number", b"12.5", 12.5),
        ("number", b'"1e3"', 1000),
        ("boolean", b"1", True),
        ("boolean", b'"1"', True),
        ("boolean", b'"False"', False),
        ("boolean", b"1.0", True),
        ("boolean", b'""', None),
        *((kind, b"null", None) for kind in KINDS),
    ],
)
def test_every_known_spelling_of_a_field_is_read_fast(kind: str, came: bytes, meant: Json) -> None:
    found = field(kind, came)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("kind", "came"),
    [
        ("string", b"[]"),
        ("string", b"{}"),
        ("integer", b'"twelve"'),
        ("integer", b"[1]"),
        ("number", b'"1e999"'),
        ("boolean", b"2"),
        ("boolean", b'"perhaps"'),
        ("string", b'"\\ud800"'),
        ("string", b"NaN"),
        ("string", b"1e400"),
        ("string", b'"\xff"'),
        ("object", b"[1]"),
        ("object", b'"text"'),
        ("object", b'{"a":' * 60 + b"1" + b"}" * 60),
        ("array", b"7"),
    ],
)
def test_what_needs_a_warning_or_an_error_is_left_to_the_tolerant_reader(kind: str, came: bytes) -> None:
    assert field(kind, came) is None


@pytest.mark.parametrize("more", [b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"', b"NaN", b"[1,]", b"01", b"[" * 9_999])
def test_what_is_no_json_is_found_in_undocumented_parts_too(more: bytes) -> None:
    content = b'{"rows": [{"id": 1, "more": ' + more + b"}]}"
    assert reads(PAGE, content, content) == [None, None]
    action = declared(output=PAGE)
    with pytest.raises(NotJson):
        read_output(action, answered(action, Response(200, content=content)), [])


def test_a_number_that_nobody_documents_and_nobody_can_hold_is_skipped() -> None:
    assert reads(PAGE, b'{"rows": [], "more": 1e400}') == [{"rows": [], "by": None, "links": None}]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"rows": [{"name": "a", "id": 1}, null]}', {"rows": [{"id": 1, "name": "a"}, None]}),
        (b'{"rows": [{"id": 1}]}', {"rows": [{"id": 1, "name": None}]}),
        (b'{"rows": ""}', {"rows": None}),
        (b'{"rows": {"id": 1}}', {"rows": [{"id": 1, "name": None}]}),
        (b'{"rows": [], "by": []}', {"rows": [], "by": None}),
        (b'{"rows": [], "by": ""}', {"rows": [], "by": None}),
        (b'{"rows": [], "by": "0000-00-00"}', {"rows": [], "by": None}),
        (b'{"rows": [], "by": {"id": 7}}', {"rows": [], "by": {"id": 7}}),
        (b'{"rows": [], "by": [{"id": "7"}]}', {"rows": [], "by": {"id": 7}}),
        (b'{"rows": [], "by": {"user": {"id": 8}}}', {"rows": [], "by": {"id": 8}}),
        (b'{"rows": [], "by": {"id": 7, "user": {"id": 8}}}', {"rows": [], "by": {"id": 7}}),
        (b'{"rows": [], "by": {"id": 7, "user": "Ada"}}', {"rows": [], "by": {"id": 7}}),
        (b'{"rows": [], "links": {"a": ["0000-00-00", null]}}', {"rows": [], "links": {"a": ["0000-00-00", None]}}),
        (b'{"rows": [], "links": [{"a": 1}]}', {"rows": [], "links": {"a": 1}}),
        (b'{"rows": [{"id": 1}], "rows": [{"id": 2, "id": 3}]}', {"rows": [{"id": 3, "name": None}]}),
        (b'{"r\\u006fws": [{"id": 1}]}', {"rows": [{"id": 1, "name": None}]}),
    ],
)
def test_the_shapes_that_platforms_send_are_read_fast(content: bytes, expected: Json) -> None:
    expected = {"rows": None, "by": None, "links": None} | expected
    assert reads(PAGE, content, content, content) == [expected] * 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"z": 1}',
        b'{"rows": [{"z": 1}]}',
        b'{"rows": {}}',
        b'{"rows": "none"}',
        b'{"rows": {"0": {"id": 1}}}',
        b'{"rows": [], "by": [{}, {}]}',
        b'{"rows": [], "by": {"z": 1}}',
    ],
)
def test_surprising_shapes_are_left_to_the_tolerant_reader(content: bytes) -> None:
    assert reads(PAGE, content) == [None]


def test_an_object_that_comes_without_any_value_costs_only_its_first_answer_the_tolerant_reader() -> None:
    content = b'{"rows": [], "by": {"id": null}}'
    assert reads(PAGE, content, content) == [None, {"rows": [], "by": {"id": None}, "links": None}]


def test_a_page_with_another_spelling_is_read_fast_before_and_after_it_was_first_seen() -> None:
    pages = [b'{"rows": [{"id": %s, "name": %s}]}' % pair for pair in ((b"1", b'"a"'), (b'"2"', b"true"))]
    found = reads(PAGE, pages[0], pages[0], pages[1], pages[0], pages[1])
    assert [page["rows"][0] for page in found] == [
        {"id": 1, "name": "a"},
        {"id": 1, "name": "a"},
        {"id": 2, "name": "true"},
        {"id": 1, "name": "a"},
        {"id": 2, "name": "true"},
    ]


def test_a_root_leads_to_the_object_or_the_tolerant_reader_says_that_there_is_none() -> None:
    one = {"properties": {"a": {"type": "integer"}}}
    assert reads(one, b'{"x": {"y": {"a": 1}}}', b'{"x": null}', b'{"x": {}}', root="/x/y") == [{"a": 1}, None, None]
    assert reads(one, b'[{"a": 1}]', root="/0") == [None]


AWKWARD = ["class", "__class__", "a/b", "c~d", "ﬁ", "é", "x y", "", "0", "self", "items", 'O"r', "'", "{v}", "\\"]


@pytest.mark.parametrize("keys", [AWKWARD, [key for key in AWKWARD if key.isidentifier() and key.isascii()]])
def test_keys_may_be_any_texts(keys: list[str]) -> None:
    schema = {"properties": {"rows": {"items": {"properties": {key: {"type": "integer"} for key in keys}}}}}
    row = {key: number for number, key in enumerate(keys)}
    action = declared(output=schema)
    for _ in range(3):
        reading = read_output(action, answered(action, Response(200, content=json.dumps({"rows": [row]}).encode())), [])
        assert (reading.output, list(reading.output["rows"][0]), reading.warnings) == ({"rows": [row]}, keys, [])


def test_a_name_that_no_msgspec_type_can_have_leaves_that_object_to_the_tolerant_reader() -> None:
    inner = {"properties": {'q"t': {"type": "integer"}}}
    assert reads({"properties": {"it": inner, "a": {"type": "integer"}}}, b'{"it": {"q\\"t": "1"}, "a": 2}') == [
        {"it": {'q"t': 1}, "a": 2}
    ]


def test_fields_that_share_a_place_on_the_wire_are_all_read() -> None:
    schema = {
        "properties": {
            "user": {"properties": {"id": {"type": "integer"}}},
            "user_id": {"type": "integer", "x-wire": "/user/id"},
            "first": {"type": "string", "x-wire": "/names/0"},
            "names": {"items": {"type": "string"}},
            "either": {"type": "integer", "x-wire": ["/user/age", "/side/id"]},
            "side": {"type": "string", "x-wire": "/side/name"},
            "wrapper": {"x-wire": "", "properties": {"user": {"type": "object"}, "a": {"type": "integer"}}},
        }
    }
    content = b'{"user": {"id": "7"}, "names": ["x", 1], "side": {"id": 5, "name": "s"}, "a": 3}'
    user = {"user": {"id": 7}, "user_id": 7, "first": "x", "names": ["x", "1"], "either": 5, "side": "s"}
    assert reads(schema, content) == [user | {"wrapper": {"user": {"id": "7"}, "a": 3}}]


@pytest.mark.parametrize("name", ["b", 'q"t'])
def test_a_wrapper_that_the_platform_leaves_out_is_there_in_every_row(name: str) -> None:
    book = {"x-wire": "", "properties": {name: {"type": "integer"}}}
    schema = {"properties": {"rows": {"items": {"properties": {"id": {"type": "integer"}, "book": book}}}}}
    content = json.dumps({"rows": [{"id": 1, name: "2"}, {}, {"z": 3}]}).encode()
    rows = [{"id": 1, "book": {name: 2}}, {"id": None, "book": {name: None}}, {"id": None, "book": {name: None}}]
    assert reads(schema, content, content) == [{"rows": rows}] * 2
    assert reads(schema, b'{"rows": {"0": {}, "1": {}}}') == [None]


def test_short_answers_are_not_worth_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "WORTH_A_PROGRAM", 40)
    content = b'{"rows": [{"id": 1}]}'
    assert [found is None for found in reads(PAGE, content, content, content)] == [True, False, False]


def pages(connector: Connector) -> Iterator[tuple[str, Json]]:
    """Every answer that a case tells of a read that goes well."""
    for key, action in connector.actions.items():
        for name in connector.cases(key) if action.kind == "read" else []:
            case = connector.case(key, name)
            if case.returns is not None and not case.warns:
                yield key, case.exchanges[-1].response.body


def test_the_platforms_own_answers_are_read_fast(connector: Connector) -> None:
    told = list(pages(connector))
    assert {key for key, _ in told} == {key for key, action in connector.actions.items() if action.kind == "read"}
    for key, body in told:
        action = connector.actions[key]
        expected = read_output(
            action, Response(200, content=json.dumps(body).encode()).at(action.response.root), [*NO_VALUE]
        )
        reader = Compiled(action, NO_VALUE)
        for _ in range(3):
            assert json.dumps(reader.read(json.dumps(body).encode())) == json.dumps(expected.output)
