"""What is read from the line: fields, and input from a text, a file or standard input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.cli.arguments import gathered
from connector_runtime.values import Json
from tests.connector_runtime.hosts.cli.conftest import Cli


@pytest.mark.parametrize(
    ("pairs", "given", "raw"),
    [
        ((), None, "{}"),
        ((), '{"member_id": 7}', '{"member_id": 7}'),
        ((), "not json", "not json"),
        (("member_id=7",), None, {"member_id": "7"}),
        (("member_id=",), None, {"member_id": ""}),
        (("book_code=a=b",), None, {"book_code": "a=b"}),
        (("member_id=7",), '{"member_id": 8, "term": 14}', {"member_id": "7", "term": 14}),
        (('companions=[{"name": "A"}]',), None, {"companions": [{"name": "A"}]}),
        (('labels={"a": 1}',), None, {"labels": {"a": 1}}),
        (("labels.a=1", "labels.b=x=y"), None, {"labels": {"a": "1", "b": "x=y"}}),
        (("labels=text",), None, {"labels": "text"}),
        (("companions=[broken",), None, {"companions": "[broken"}),
        (("nonsense=1",), None, {"nonsense": "1"}),
        (("member_id=7",), "not json", "not json"),
        (("member_id=7",), "[1]", [1]),
    ],
)
def test_fields_are_read_as_the_declaration_reads_them(
    toy: Connector, pairs: tuple[str, ...], given: str | None, raw: Json
) -> None:
    assert gathered(toy.actions["lend_book"], pairs, () if given is None else (given,)) == raw


def test_an_input_given_twice_is_refused(cli: Cli) -> None:
    ended = cli("plan", "lend_book", "--input", '{"member_id": 7}', "--input", '{"book_code": "B-1"}')
    assert (ended.code, "--input is given twice" in ended.err) == (2, True)


def test_a_file_named_without_its_at_sign_is_explained(cli: Cli, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    given.write_text('{"member_id": 7, "book_code": "B-1"}')
    ended = cli("plan", "lend_book", "--input", str(given))
    assert (ended.code, f"write @{given}" in ended.err) == (2, True)


def test_a_file_may_begin_with_a_byte_order_mark(cli: Cli, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    given.write_bytes(b"\xef\xbb\xbf" + b'{"member_id": 7, "book_code": "B-1"}')
    assert cli("plan", "lend_book", "--input", f"@{given}").code == 0


def test_a_name_that_stands_twice_in_an_input_is_refused_beside_fields_too(cli: Cli) -> None:
    ended = cli("plan", "lend_book", "--input", '{"member_id": 7, "member_id": 8}', "book_code=B-1")
    assert (ended.code, "member_id stands there twice" in ended.err) == (2, True)


def test_an_empty_input_is_called_empty(cli: Cli) -> None:
    ended = cli("plan", "lend_book", "--input", "")
    assert (ended.code, "the input is empty" in ended.err, "Correct the input" in ended.err) == (2, True, True)


@pytest.mark.parametrize("text", ["7,12", "[7, 12]", " 7 , 12 ,", '["7", 12]'])
def test_a_list_may_be_written_with_commas_or_as_json(cli: Cli, text: str) -> None:
    ended = cli("plan", "list_loans", f"member_ids={text}", "--json")
    assert json.loads(ended.out)["input"] == {"member_ids": [7, 12]}


def test_a_field_without_an_equals_sign_is_explained(cli: Cli) -> None:
    ended = cli("run", "lend_book", "member_id")
    assert (ended.code, "`member_id` is no field=value" in ended.err) == (2, True)


@pytest.mark.parametrize("how", ["text", "file", "standard input"])
def test_input_may_be_text_a_file_or_standard_input(cli: Cli, tmp_path: Path, how: str) -> None:
    text = '{"member_id": 7, "book_code": "B-ü"}'
    (tmp_path / "in.json").write_text(text, encoding="utf-8")
    given = {"text": text, "file": f"@{tmp_path / 'in.json'}", "standard input": "-"}[how]
    ended = cli("run", "lend_book", "--input", given, "--json", stdin=text)
    record = json.loads(ended.out)
    assert (ended.code, record["input"]) == (0, {"member_id": 7, "book_code": "B-ü"})


@pytest.mark.parametrize("given", ["@nothing/here.json", "@/", "@", "@nul\0l"])
def test_a_file_that_cannot_be_read_is_invalid_input(cli: Cli, given: str) -> None:
    ended = cli("run", "lend_book", "--input", given)
    assert (ended.code, "--input cannot be read" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "stdin",
    [b"", b"\xff\xfe", b"[1]", b"{", b"NaN", b'{"a": "\\ud800"}', b"[" * 100_000, b'{"book_code": "\\u0000"}'],
)
def test_bad_input_is_two_and_never_a_traceback(cli: Cli, stdin: bytes) -> None:
    assert cli("run", "lend_book", "--input", "-", stdin=stdin).code == 2
