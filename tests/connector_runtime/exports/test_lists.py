"""The page of actions names each field's list, and tells where every list comes from."""

from __future__ import annotations

from dataclasses import replace

from connector_runtime.definition import Connector
from connector_runtime.exports.lists import lists
from connector_runtime.exports.pages import actions


def test_every_field_with_a_list_leads_to_it(toy: Connector) -> None:
    page = actions(toy)
    assert "| Member ID `member_id` | Integer |  | Who takes the book. Pick list: [members](#members). |" in page
    assert "of a loan. The platform's own fields: [marks](#marks). |" in page
    for name in (*toy.identity.pick_lists, *toy.identity.dynamic_fields):
        assert page.count(f'<a id="{name}"></a>') == 1


def test_a_list_tells_its_request_what_comes_first_and_who_searches(toy: Connector) -> None:
    lines = list(lists(toy.identity))
    books = "`GET /shelves/{shelf}/books` | `shelf` from [shelves](#shelves) | the platform |"
    assert f'| <a id="books"></a>`books` | Book | {books}' in lines
    assert any(line.endswith("| `GET /members` | – | the connector |") for line in lines)
    assert any(line.endswith("| `GET /marks` | words, switch, one_of |") for line in lines)


def test_a_connector_without_lists_has_no_such_part(toy: Connector) -> None:
    assert list(lists(replace(toy.identity, pick_lists={}, dynamic_fields={}))) == []
