"""The generated pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector_runtime.definition import Connector, load
from connector_runtime.definition.source import Source
from connector_runtime.definition.trigger import Order
from connector_runtime.exports import pages
from tests.connector_runtime.definition.test_rows import polled


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_the_page_of_actions_tells_every_field(whose: str, request: pytest.FixtureRequest) -> None:
    connector: Connector = request.getfixturevalue(whose)
    page = pages.actions(connector)
    for action in connector.actions.values():
        assert f"## {action.title}\n" in page
        for key, field in action.input.get("properties", {}).items():
            assert f"{field['title']} `{key}`" in page
    assert page.endswith("\n") and not page.endswith("\n\n")


def test_a_field_tells_its_type_requiredness_and_choices(toy: Connector) -> None:
    page = pages.actions(toy)
    assert "| Book code `book_code` | String | yes | Which book. Pick list: [books](#books). |" in page
    assert "| Term `term` | Integer |  | For how long. Choose Two weeks (14) or Four weeks (28). |" in page
    assert "| &emsp;Name `name` | String | yes | The name. |" in page
    assert "[loan.ended](triggers.md#loan.ended) (when `notify` is true)" in page
    assert "Causes no webhook event." in page


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_the_page_of_triggers_tells_every_event_and_field(whose: str, request: pytest.FixtureRequest) -> None:
    connector: Connector = request.getfixturevalue(whose)
    page = pages.triggers(connector)
    for trigger in connector.triggers.values():
        section = page.partition(f'<a id="{trigger.event}"></a>')[2].partition("<a id=")[0]
        assert section.startswith(f"\n\n## {trigger.title}\n\n`{trigger.event}`")
        assert trigger.fires_when in section
        assert [key for key in trigger.caused_by if f"[{key}](actions.md#{key})" not in section] == []
        assert [key for key in trigger.payload["properties"] if f" `{key}` | " not in section] == []
        assert [why for why in trigger.source.assumed.values() if why.why not in section] == []
        assert f"event: {trigger.event}\n" in section
    assert page.endswith("\n") and not page.endswith("\n\n")


def test_an_event_tells_its_payload_its_sample_and_how_occurrences_are_told_apart(toy: Connector) -> None:
    page = pages.triggers(toy)
    assert "| [Book lent](#loan.made) | A book is lent. | [lend_book](actions.md#lend_book) |" in page
    assert "| Member ID `member_id` | Integer | yes | Who has it. |" in page
    assert "| Note `note` | String |  | What the desk wrote down. |" in page
    assert "Payloads that agree in `book_code`, `member_id` and `at` tell of the same happening.\n" in page
    assert "Those that agree in `book_code` stand in one line, ordered by `at`.\n" in page
    assert "number: 11\nevent: loan.made\npayload:\n  at: 01.02.2026 10:00\n" in page
    assert "- `/order` (O, observed in programs or data): The desk's clock" in page


def test_an_event_tells_whether_a_list_tells_it_where_there_are_no_webhooks(tmp_path: Path) -> None:
    page = pages.triggers(load(polled(tmp_path)))
    ended, made = page.split('<a id="loan.made">')
    assert "Without webhooks: no list tells it." in ended
    assert "`poll` reads [list_loans](actions.md#list_loans) for it, by `due_at`." in made
    assert "A row may show up 60 seconds late." in made


def test_an_event_that_no_action_causes_says_so(toy: Connector) -> None:
    made = replace(toy.triggers["loan.made"], caused_by=[], source=Source(article=None))
    page = pages.triggers(replace(toy, triggers={"loan.made": replace(made, order=Order(per=[], by="at"))}))
    assert "`loan.made` · the article does not name it\n" in page
    assert "Caused by: none of the actions.\n" in page
    assert "| A book is lent. | – |" in page
    assert "All of them stand in one line, ordered by `at`.\n" in page


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
