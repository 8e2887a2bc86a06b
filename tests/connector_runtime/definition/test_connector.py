"""A connector's folder read as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.definition import Connector, load
from connector_runtime.errors import DefinitionError, InvalidInput
from tests.connector_runtime.workshop import copied, faults


def test_the_toy_connector_is_read_whole(toy: Connector) -> None:
    assert (toy.identity.key, toy.identity.wire.query_list) == ("library", "repeat")
    assert list(toy.actions) == ["lend_book", "list_loans", "return_books"]
    assert list(toy.triggers) == ["loan.ended", "loan.made"]


def test_schemas_are_self_contained_after_loading(toy: Connector) -> None:
    for action in toy.actions.values():
        assert "$ref" not in str(action.input) + str(action.output)
    assert toy.actions["lend_book"].input["properties"]["member_id"]["maximum"] == 2**63 - 1


def test_an_unknown_action_is_invalid_input_with_the_nearest_name(toy: Connector) -> None:
    with pytest.raises(InvalidInput, match=r"there is no action `lend_bok`, did you mean `lend_book`\?"):
        toy.action("lend_bok")


def test_cases_are_listed_by_name_and_read_when_asked_for(toy: Connector) -> None:
    assert toy.cases("list_loans") == ["of_one_member"]
    assert toy.cases("nonsense") == []
    assert toy.case("list_loans", "of_one_member").given["member_ids"] == [7]


@pytest.mark.parametrize("text", ["given: 7", "givn: {}", "given: {}\nfails: {error: X}", None])
def test_a_wrong_case_is_a_definition_error(tmp_path: Path, text: str | None) -> None:
    folder = copied(tmp_path)
    if text is not None:
        (folder / "fixtures" / "list_loans" / "wrong.yaml").write_text(text)
    with pytest.raises(DefinitionError, match=r"wrong\.yaml:1:1|wrong\.yaml:2:1"):
        load(folder).case("list_loans", "wrong")


def test_a_delivery_is_read_by_event_and_name(toy: Connector) -> None:
    assert toy.delivery("loan.ended", "one_return")["payload"]["book_code"] == "B-1"


def test_a_handler_is_imported_once(toy: Connector) -> None:
    action = toy.actions["list_loans"]
    assert toy.handler(action) is toy.handler(action)


def test_a_folder_without_a_connector_is_a_fault(tmp_path: Path) -> None:
    assert faults(tmp_path)[0].startswith("connector.yaml:1:1: cannot be read")


def test_a_handler_is_read_from_its_own_connector(tmp_path: Path, toy: Connector) -> None:
    folder = copied(tmp_path)
    (folder / "actions" / "list_loans.py").write_text("def run(call):\n    '''Mine.'''\n    yield\n")
    other = load(folder)
    assert other.handler(other.actions["list_loans"]).run.__doc__ == "Mine."
    assert toy.handler(toy.actions["list_loans"]).run.__doc__ == "One GET."
