"""The generated page of errors."""

from __future__ import annotations

import re

import pytest

from connector_runtime import present
from connector_runtime.definition import Connector
from connector_runtime.exports import catalogue
from connector_runtime.exports.declined import DECLINED
from connector_runtime.refusal import said_by
from connector_runtime.wording import WHOSE, WORDS


@pytest.fixture(params=["toy", "connector"])
def known(request: pytest.FixtureRequest) -> Connector:
    connector: Connector = request.getfixturevalue(request.param)
    return connector


def section(page: str, code: str) -> str:
    """What the page says of one code."""
    _, begin, rest = page.partition(f'<a id="{code}"></a>')
    assert begin, f"{code} has no anchor"
    return re.split(r"^(?:<a id=|## )", rest, maxsplit=1, flags=re.MULTILINE)[0]


def test_every_code_has_one_anchor(known: Connector) -> None:
    anchors = re.findall(r'<a id="(\w+)"></a>', catalogue.page(known))
    codes = {entry.code for entry in known.identity.errors.catalogue} | {
        code for said in WORDS.values() for code in said
    }
    codes |= set(DECLINED)
    assert sorted(anchors) == sorted(codes)


def test_every_link_inside_the_page_leads_to_an_anchor(known: Connector) -> None:
    page = catalogue.page(known)
    links = re.findall(r"\]\(#(\w+)\)", page)
    assert links
    assert [link for link in links if f'<a id="{link}"></a>' not in page] == []


@pytest.mark.parametrize("kind", present.TABLE)
def test_every_type_of_error_has_its_exit_code_and_http_status(toy: Connector, kind: type[Exception]) -> None:
    exit_code, status = present.TABLE[kind]  # type: ignore[index]  # every key is a type of error
    page = catalogue.page(toy)
    for code, words in WORDS[kind.__name__].items():
        found = section(page, code)
        its = present.STATUSES.get(code, status)
        assert f"- Shown as: `{kind.__name__}`, exit code {exit_code}, HTTP status {its}\n" in found
        assert f"{words.cause}\n\n- What to do: {words.fix}\n- Whose move: {WHOSE[words.whose][0]}\n" in found


def test_every_entry_says_what_it_is_said_for(known: Connector) -> None:
    page = catalogue.page(known)
    habits = known.identity.errors
    for entry in (said_by(habits, each) for each in habits.catalogue):
        found = section(page, entry.code)
        assert f"{entry.cause}\n\n- What to do: {entry.fix}\n" in found
        assert (f"HTTP status {entry.status}" if entry.status else "accepted answer") in found or entry.raised


def test_an_entry_of_several_answers_is_said_once(toy: Connector) -> None:
    found = section(catalogue.page(toy), "already_lent")
    assert found.count("Somebody has the book.") == 1
    assert (
        "- Said for: an accepted answer (2xx), “is lent” in the reason, points at `book_codes` or `book_code`" in found
    )
    assert "- Said for: HTTP status 409" in found


def test_what_a_python_half_raises_is_shown_as_its_type(toy: Connector) -> None:
    found = section(catalogue.page(toy), "unknown_member")
    assert "- Shown as: `Refused`, exit code 3, HTTP status 422\n- Said for: the action finds it in the answer" in found


def test_everybody_whose_move_it_may_be_is_explained(toy: Connector) -> None:
    for whose, (who, meaning) in WHOSE.items():
        assert f"- **{who}** (`{whose}`): {meaning}\n" in catalogue.page(toy)


def test_the_page_ends_with_one_line_break(known: Connector) -> None:
    page = catalogue.page(known)
    assert page.endswith("\n") and not page.endswith("\n\n")
