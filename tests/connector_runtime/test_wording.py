"""The words of errors: all in one place, one for each code that the runtime gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

import pytest

from connector_runtime import errors
from connector_runtime.errors import ConnectorError, Unreachable, words_of
from connector_runtime.values import Whose
from connector_runtime.wording import WHOSE, WORDS
from tests.casebook import ROOT
from tests.connector_runtime.test_errors import tree

TYPES = {error.__name__: error for error in tree(ConnectorError) if error is not ConnectorError}
EVERY = [(kind, code) for kind, said in WORDS.items() for code in said]


def test_every_type_of_error_has_its_words_and_no_other() -> None:
    assert WORDS.keys() == TYPES.keys()


def test_everybody_whose_move_it_may_be_has_a_name() -> None:
    assert set(WHOSE) == set(get_args(Whose))


@pytest.mark.parametrize(("kind", "code"), EVERY)
def test_every_code_says_what_happened_what_to_do_and_whose_move_it_is(kind: str, code: str) -> None:
    words = WORDS[kind][code]
    assert words.cause.endswith(".") and words.fix.endswith(".")
    assert words.whose in WHOSE
    assert words.report is ("the run's record" in words.fix), "a report needs the record, and only a report does"


def test_an_error_takes_the_words_of_its_code() -> None:
    error = Unreachable("x", code="unusable_request")
    assert (error.fix, error.whose) == WORDS["Unreachable"]["unusable_request"][1:3]
    assert (Unreachable.code, Unreachable.whose) == ("unreachable", "nobody")


def test_a_code_without_words_of_its_own_has_those_of_its_type() -> None:
    assert words_of(Unreachable, "new") == WORDS["Unreachable"]["unreachable"]


def codes_given() -> Iterator[tuple[str, str]]:
    """Type and code of every error that the runtime's source gives a code."""
    for path in sorted((ROOT / "src" / "connector_runtime").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match call:
                case ast.Call(func=ast.Name(id=kind), keywords=words) if kind in TYPES:
                    for word in words:
                        if word.arg == "code" and isinstance(word.value, ast.Constant):
                            yield kind, str(word.value.value)
                case ast.Call(func=ast.Attribute(attr="_stuck"), args=[_, _, ast.Constant(value=code)]):
                    yield "NoProgress", str(code)


def test_every_code_that_the_runtime_gives_an_error_has_its_words() -> None:
    given = set(codes_given())
    assert {("UnexpectedOutput", "internal"), ("NotNow", "not_recorded"), ("NoProgress", "endless")} <= given
    assert given - set(EVERY) == set(), "add them to connector_runtime/wording.py"


def test_no_type_brings_words_of_its_own() -> None:
    source = (ROOT / "src" / "connector_runtime" / "errors.py").read_text(encoding="utf-8")
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    own = [part for each in classes[1:] for part in each.body if isinstance(part, ast.Assign)]
    assert len(classes) == len(TYPES) + 1
    assert own == []
    assert errors.UnknownOutcome.fix == WORDS["UnknownOutcome"]["unknown_outcome"].fix
