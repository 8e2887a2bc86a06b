"""The generated pages."""

from __future__ import annotations

import pytest

from connector_runtime.definition import Connector
from connector_runtime.exports import pages


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_the_page_of_actions_tells_every_field_and_event(whose: str, request: pytest.FixtureRequest) -> None:
    connector: Connector = request.getfixturevalue(whose)
    page = pages.actions(connector)
    for action in connector.actions.values():
        assert f"## {action.title}\n" in page
        for key, field in action.input.get("properties", {}).items():
            assert f"{field['title']} `{key}`" in page
    for trigger in connector.triggers.values():
        assert f"### {trigger.title}\n" in page
    assert page.endswith("\n") and not page.endswith("\n\n")


def test_a_field_tells_its_type_requiredness_and_choices(toy: Connector) -> None:
    page = pages.actions(toy)
    assert "| Book code `book_code` | String | yes | Which book. |" in page
    assert "| Term `term` | Integer |  | For how long. Choose Two weeks (14) or Four weeks (28). |" in page
    assert "| &emsp;Name `name` | String | yes | The name. |" in page
    assert "`loan.ended` (when `notify` is true)" in page
    assert "Causes no webhook event." in page


def test_the_page_of_assumptions_tells_place_grade_and_reason(toy: Connector) -> None:
    page = pages.assumptions(toy)
    assert "## List loans (`list_loans`)" in page
    assert "| `/request/query/7` | I | The full view has the fines. |" in page
    assert "Lend a book" not in page


def test_a_readmes_table_is_renewed_between_its_marks_only(toy: Connector) -> None:
    readme = f"# Mine\n\n{pages.BEGIN}old{pages.END}\n\nkept\n"
    renewed = pages.with_table(readme, toy)
    assert renewed.startswith("# Mine\n\n" + pages.BEGIN + "| Action |")
    assert renewed.endswith(pages.END + "\n\nkept\n")
    assert "old" not in renewed
    assert "(docs/actions.md#lend_book)" in renewed
    assert pages.with_table(renewed, toy) == renewed


@pytest.mark.parametrize("readme", ["", "# Mine\n", f"{pages.BEGIN} never ends", f"only an end {pages.END}"])
def test_a_readme_without_both_marks_is_left_alone(toy: Connector, readme: str) -> None:
    assert pages.with_table(readme, toy) == readme
