"""YAML without its surprises: JSON's types only, and every part knows where it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector_runtime.errors import DefinitionError
from connector_runtime.values import Json
from connector_runtime.yamlfile import dump, parse, read

HERE = Path("it.yaml")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def value(text: str) -> Json:
    return parse(text, HERE).value


def fault(text: str) -> str:
    with pytest.raises(DefinitionError) as caught:
        parse(text, HERE)
    (only,) = caught.value.faults
    return only


SURPRISES = [
    "1:30",
    "1:30:15",
    "no",
    "yes",
    "on",
    "off",
    "No",
    "NO",
    "Yes",
    "y",
    "n",
    "True",
    "FALSE",
    "Null",
    "NULL",
    "2026-01-10",
    "2026-01-10T09:00:00Z",
    "0x1F",
    "0o17",
    "0b1",
    "007",
    "1_000",
    "+7",
    ".5",
    "5.",
    ".inf",
    "-.inf",
    ".nan",
    "=",
    "<<",
]


@pytest.mark.parametrize("text", [*SURPRISES, "2026-01-10 09:00:00"])
def test_what_json_would_not_know_stays_text(text: str) -> None:
    assert value(f"it: {text}") == {"it": text}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("1.5", 1.5),
        ("-1.5e3", -1500.0),
        ("1e5", 1e5),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"12"', "12"),
        ("'true'", "true"),
        ("{a: [1, two, null]}", {"a": [1, "two", None]}),
    ],
)
def test_jsons_own_types_are_known(text: str, meant: Json) -> None:
    found = value(f"it: {text}")
    assert found == {"it": meant}
    assert type(found["it"]) is type(meant)


def test_keys_are_always_text() -> None:
    assert value("12: a\nno: b\n2026-01-10: c\n~: d") == {"12": "a", "no": "b", "2026-01-10": "c", "~": "d"}


def test_an_empty_file_is_nothing() -> None:
    assert value("") is None
    assert value("# only a comment\n") is None


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: 1\nb: 2\n'a': 3", "{a: 1, a: 1}"])
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    assert fault(text).endswith("the key `a` stands here twice")


def test_a_fault_carries_file_line_and_column() -> None:
    assert fault("a: 1\nb:\n  c: 2\n  c: 3").startswith("it.yaml:4:3: ")


@pytest.mark.parametrize(
    "text", ["a: &x [1]\nb: *x", "a: &x 1\nb: *x", "a: &x {b: *x}", "a: &x {b: 1}\nc:\n  <<: *x", "a: *nowhere"]
)
def test_an_alias_is_refused(text: str) -> None:
    assert "an alias is not allowed" in fault(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!binary aGk=",
        "a: !!timestamp 2026-01-10",
        "a: !mine 7",
        "a: !!python/object/apply:os.getcwd []",
        "a: !!set {x}",
        "a: !!omap [x: 1]",
        "!mine {a: 1}",
    ],
)
def test_a_tag_beyond_jsons_types_is_refused(text: str) -> None:
    assert "only JSON's types are allowed" in fault(text)


@pytest.mark.parametrize("text", ["? [a, b]\n: 1", "? {a: b}\n: 1"])
def test_a_key_that_is_not_text_is_refused(text: str) -> None:
    assert fault(text).endswith("a key must be plain text")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1", 2),
        ("a: b: c", 1),
        ("a: 1\n\tb: 2", 2),
        ("a: 1\n---\nb: 2", 2),
        ("a: 'open", 1),
        ("@", 1),
    ],
)
def test_what_is_not_yaml_is_a_fault_with_its_line(text: str, line: int) -> None:
    assert fault(text).startswith(f"it.yaml:{line}:")
    assert "not YAML" in fault(text)


@pytest.mark.parametrize("text", ["a: \x00", "a: \x1b", "a: \ufffe"])
def test_characters_that_yaml_forbids_are_a_fault(text: str) -> None:
    assert "not YAML" in fault(text)


@pytest.mark.parametrize("number", ["9" * 5_000, "1e999", "-1e999"])
def test_a_number_that_json_cannot_hold_is_a_fault(number: str) -> None:
    assert fault(f"a: {number}").startswith("it.yaml:1:4: ")


def test_a_file_nested_beyond_reason_is_a_fault_and_not_a_crash() -> None:
    program = (
        "from pathlib import Path\n"
        "from connector_runtime.errors import DefinitionError\n"
        "from connector_runtime.yamlfile import parse\n"
        "try: parse('[' * 200_000, Path('it.yaml'))\n"
        "except DefinitionError as wrong: print(wrong)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0
    assert ended.stdout.startswith("it.yaml:1:")


def test_a_document_knows_the_place_of_every_part() -> None:
    document = parse("a: 1\nb:\n  - c: 2\n    d/e: 3\n  - [4, 5]\n", HERE)
    places = {"": (1, 1), "/a": (1, 1), "/b": (2, 1), "/b/0/c": (3, 5), "/b/0/d~1e": (4, 5), "/b/1/1": (5, 9)}
    assert {pointer: document.place(pointer) for pointer in places} == places


def test_what_is_missing_is_placed_at_the_nearest_part_around_it() -> None:
    document = parse("a: 1\nb:\n  c: 2\n", HERE)
    assert document.place("/b/x/y") == document.place("/b")
    assert document.fault("/b/x", "is wrong") == "it.yaml:2:1: is wrong (at /b/x)"
    assert document.fault("", "is wrong") == "it.yaml:1:1: is wrong (at /)"


def test_a_file_is_read_as_utf8(tmp_path: Path) -> None:
    path = tmp_path / "it.yaml"
    path.write_bytes("a: ünï 🎓\n".encode())
    assert read(path).value == {"a": "ünï 🎓"}


@pytest.mark.parametrize("content", [None, b"a: \xff"])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "it.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DefinitionError, match=r"it\.yaml:1:1: cannot be read: "):
        read(path)


@given(JSON)
@example({"a": ["1e5", "1E5", "0e0", "-2e-3"]})
@example({"a": ["1:30", "no", "2026-01-10", "~", "", "null", "true", "<<", "=", "0x1F", " x ", "x\n", "\x85", "\x00"]})
@example({"": "", "~": None, "x" * 200: "y" * 300, "# no": "- no: [", "é": 1e16, "f": 1e-7, "z": -0.0})
def test_json_survives_being_written_and_read(whole: Json) -> None:
    assert parse(dump(whole), HERE).value == whole


def test_a_value_that_stands_twice_is_written_twice() -> None:
    same = [1, {"a": 2}]
    assert parse(dump({"b": same, "a": same}), HERE).value == {"b": same, "a": same}


def test_keys_are_written_in_their_order() -> None:
    assert dump({"b": 1, "a": 2}) == "b: 1\na: 2\n"
