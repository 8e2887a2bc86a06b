"""What a form offers for a field: paging, search, what must be chosen first, and what the platform does wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from connector_runtime.errors import InvalidInput, NotFound, Refused, Unauthorized, UnexpectedOutput, Unreachable
from connector_runtime.values import Json, Request, Response
from tests.connector_runtime.run.directory import FIELDS, HOUSES, PEOPLE, ROOMS, Directory, connector, page_of
from tests.connector_runtime.run.test_attempts import Clock
from tests.connector_runtime.workshop import LOST, answer

ADA = {"id": "7", "first": "Ada", "last": "Lovelace", "mail": "ada@example.org"}
BOB = {"id": 8, "first": "Bob", "last": "", "mail": "bob@example.org"}
EVE = {"id": 9, "first": "Eve", "last": "Moneypenny", "mail": "eve@example.org"}


def searching(request: Request) -> Response:
    """People as a platform gives them that searches names and addresses."""
    text = str(request.query.get("q", "")).lower()
    return page_of([row for row in (ADA, BOB, EVE) if text in str(row).lower()], request)


async def test_choices_come_a_page_at_a_time_with_the_fields_own_type_of_value() -> None:
    directory = Directory({"/people": [ADA, BOB, EVE]})
    first = await directory.forms().choices("act", "person", {})
    second = await directory.forms().choices("act", "/person", {}, page=2)
    assert [(choice.value, choice.label, choice.hint) for choice in first.items] == [
        (7, "Ada Lovelace", "ada@example.org"),
        (8, "Bob", "bob@example.org"),
    ]
    assert (first.more, [choice.value for choice in second.items], second.more) == (True, [9], False)
    assert directory.asked == ["/people?page=1", "/people?page=2"]


async def test_a_list_of_ids_and_a_field_inside_a_row_are_picked_from_like_any_other() -> None:
    forms = Directory({"/people": [ADA]}).forms()
    for field in ("people", "/people/0", "/people/0/id", "guests/who", "/guests/3/who"):
        assert [choice.value for choice in (await forms.choices("act", field, {})).items] == [7]


async def test_what_is_typed_is_searched_by_the_platform() -> None:
    directory = Directory({"/people": searching})
    found = await directory.forms().choices("act", "person", {}, search=" moneypenny ")
    assert ([choice.value for choice in found.items], found.more, found.note) == ([9], False, "")
    assert directory.asked == ["/people?q=moneypenny&page=1"]


async def test_a_list_that_the_platform_cannot_search_is_searched_here_and_that_is_said() -> None:
    houses: list[Json] = [{"id": number, "name": f"House {number}"} for number in range(1, 8)]
    directory = Directory({"/houses": houses})
    found = await directory.forms().choices("act", "house", {}, search="HOUSE 7")
    assert [choice.value for choice in found.items] == [7]
    assert found.note == "The platform cannot search this list: all of its 7 entries were searched here."


async def test_a_long_list_is_searched_here_as_far_as_a_few_calls_reach() -> None:
    houses: list[Json] = [{"id": number, "name": f"House {number}"} for number in range(1, 100)]
    directory = Directory({"/houses": houses})
    found = await directory.forms().choices("act", "house", {}, search="house 99")
    assert (found.items, len(directory.asked)) == ([], 5)
    assert "the first 10 of its entries" in found.note and not found.whole


async def test_a_platform_that_ignores_the_search_is_noticed_and_what_fits_comes_first() -> None:
    directory = Directory({"/people": [ADA, BOB, EVE]})
    found = await directory.forms().choices("act", "person", {}, search="moneypenny")
    assert [choice.value for choice in found.items] == [9, 7, 8]
    assert (found.more, "in which this text does not stand" in found.note) == (True, True)


async def test_what_a_platform_finds_in_what_it_does_not_show_is_not_lost() -> None:
    directory = Directory({"/people": lambda request: page_of([BOB, ADA], request)})
    found = await directory.forms().choices("act", "person", {}, search="ada")
    assert [choice.value for choice in found.items] == [7, 8]


async def test_a_row_that_stands_on_two_pages_is_offered_once() -> None:
    directory = Directory({"/people": [ADA, BOB, BOB, EVE]})
    forms = directory.forms()
    shown = [choice.value for page in (1, 2) for choice in (await forms.choices("act", "person", {}, page=page)).items]
    assert shown == [7, 8, 9]


async def test_a_platform_that_ignores_the_page_does_not_scroll_forever() -> None:
    forms = Directory({"/people": answer({"rows": [ADA, BOB], "more": True})}).forms()
    assert (await forms.choices("act", "person", {})).more
    second = await forms.choices("act", "person", {}, page=2)
    assert (second.items, second.more) == ([], False)


async def test_names_lose_their_entities_once_and_whatever_steers_a_terminal() -> None:
    rows: list[Json] = [
        {"id": 1, "name": "Fire &amp; safety"},
        {"id": 2, "name": "&amp;lt;b&gt;"},
        {"id": 3, "name": " two\n\x1b[31m lines "},
        {"id": 4, "name": "x" * 500},
        {"id": 5, "name": None},
        {"id": 6, "name": ["a list"]},
    ]
    found = (
        await Directory({"/houses": lambda _: answer({"rows": rows, "more": 0})}).forms().choices("act", "house", {})
    ).items
    assert [choice.label for choice in found[:3]] == ["Fire & safety", "&lt;b>", "two [31m lines"]
    assert (len(found[3].label), [choice.label for choice in found[4:]]) == (200, ["5", "6"])
    assert [str(choice) for choice in (found[0], found[4])] == ["1 — Fire & safety", "5"]


async def test_a_row_without_a_value_that_the_field_takes_is_no_choice() -> None:
    rows: list[Json] = [
        {"id": "A-1", "name": "Text"},
        {"name": "None"},
        "no object",
        {"id": True, "name": "Yes"},
        {"id": 3.0},
    ]
    found = (
        await Directory({"/houses": lambda _: answer({"rows": rows, "more": False})})
        .forms()
        .choices("act", "house", {})
    )
    assert [choice.value for choice in found.items] == [3]


async def test_a_value_that_is_a_text_stays_one_and_several_spellings_are_read() -> None:
    directory = Directory({"/floors/2/rooms": [{"number": 12, "title": "Blue"}, {"id": "012", "name": "Red"}]})
    found = await directory.forms().choices("act", "room", {"floor": "2"})
    assert [(choice.value, choice.label) for choice in found.items] == [("12", "Blue"), ("012", "Red")]


async def test_what_must_be_chosen_first_is_named_in_order_and_is_itself_chosen_from_a_list() -> None:
    directory = Directory({"/houses/1/floors": [{"id": 2, "name": "Second"}], "/floors/2/rooms": []})
    forms = directory.forms()
    with pytest.raises(InvalidInput) as wrong:
        await forms.choices("act", "room", {"house": " "})
    assert forms.needs("act", "room") == ["house", "floor"]
    assert [(each.field, each.title) for each in wrong.value.problems] == [("house", "House ID"), ("floor", "Floor")]
    assert "typed" in wrong.value.fix
    assert [choice.value for choice in (await forms.choices("act", "floor", {"house": 1})).items] == ["2"]
    assert (await forms.choices("act", "room", {"floor": "2"})).items == []
    assert directory.asked == ["/houses/1/floors", "/floors/2/rooms"]


async def test_a_needed_value_cannot_climb_out_of_its_place_in_the_path() -> None:
    directory = Directory({})
    with pytest.raises(NotFound):
        await directory.forms().choices("act", "room", {"floor": "../../admin"})
    assert directory.asked == ["/floors/..%2F..%2Fadmin/rooms"]


async def test_choices_of_a_declaration_are_served_by_the_same_door() -> None:
    directory = Directory({})
    forms = directory.forms()
    assert [str(choice) for choice in (await forms.choices("act", "level", {})).items] == ["1 — Guest", "2 — Host"]
    assert [choice.value for choice in (await forms.choices("act", "states", {}, search="OL")).items] == ["old"]
    assert directory.asked == []


async def test_options_of_the_platforms_own_fields_are_served_by_the_same_door() -> None:
    forms = Directory({"/extras": FIELDS}).forms()
    for field in ("extras/1", "/extras/department"):
        assert [str(each) for each in (await forms.choices("act", field, {})).items] == ["4 — R & D", "5 — Sales"]
    for field, said in (("/extras/2", "type its value"), ("/extras/99", "is not a field there")):
        with pytest.raises(InvalidInput, match=said):
            await forms.choices("act", field, {})


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("note", "has no list to choose from"),
        ("persn", "did you mean `person`"),
        ("", "there is no field"),
        ("/people/x", "no field `x`"),
    ],
)
async def test_a_field_without_a_list_says_so(field: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await Directory({}).forms().choices("act", field, {})


async def test_a_refusal_is_the_platforms_own_points_at_the_field_and_leaves_typing() -> None:
    directory = Directory({"/people": answer({"message": "not for you"}, 403)})
    forms = directory.forms()
    for _ in range(2):  # and is not asked for again at once
        with pytest.raises(Refused) as refusal:
            await forms.choices("act", "person", {})
        assert (refusal.value.pointer, refusal.value.effect) == ("/person", "none")
        assert refusal.value.fix.count("A value can be typed in without the list.") == 1
    assert len(directory.asked) == 1
    with pytest.raises(Refused):
        await forms.choices("act", "person", {}, fresh=True)
    assert len(directory.asked) == 2


async def test_a_busy_platform_is_tried_again_and_no_answer_is_not_remembered() -> None:
    clock, answers = Clock(), [answer({}, 503), answer({"rows": [ADA], "more": 0})]
    directory = Directory({"/people": lambda _: answers.pop(0)})
    found = await directory.forms(retries=clock.retries()).choices("act", "person", {})
    assert ([choice.value for choice in found.items], len(clock.waited)) == ([7], 1)
    lost = Directory({"/people": LOST})
    forms = lost.forms()
    for _ in range(2):
        with pytest.raises(Unreachable):
            await forms.choices("act", "person", {})
    assert len(lost.asked) == 2


async def test_an_answer_without_a_list_is_not_understood() -> None:
    with pytest.raises(UnexpectedOutput, match="no list at /rows"):
        await Directory({"/people": answer({"rows": {}})}).forms().choices("act", "person", {})


async def test_a_secret_that_a_platform_repeats_in_a_name_is_not_shown() -> None:
    rows: list[Json] = [{"id": 1, "name": "It is CANARY-77"}]
    of = connector(pick_lists={"houses": replace(HOUSES, query=[], more=None), "people": PEOPLE, "rooms": ROOMS})
    found = await Directory({"/houses": rows}).forms(of).choices("act", "house", {})
    assert "CANARY" not in str(found) and "It is" in str(found)


async def test_what_was_read_is_shown_again_for_a_minute_unless_it_must_be_fresh() -> None:
    directory = Directory({"/people": [ADA]})
    forms = directory.forms()

    async def asked(fresh: bool = False) -> int:
        await forms.choices("act", "person", {}, fresh=fresh)
        return len(directory.asked)

    counts = [await asked(), await asked()]
    directory.now = 59.9
    counts += [await asked(), await asked(fresh=True)]
    directory.now = 119.8  # a minute after the fresh one it is old
    counts += [await asked()]
    directory.now = 120.0
    assert [*counts, await asked()] == [1, 1, 1, 2, 2, 3]


async def test_a_list_that_is_not_paged_is_paged_here() -> None:
    rooms: list[Json] = [{"id": str(number), "name": "Room"} for number in range(1, 61)]
    forms = Directory({"/floors/2/rooms": lambda _: answer({"rows": rooms})}).forms()
    pages = [await forms.choices("act", "room", {"floor": 2}, page=page) for page in (1, 2, 3)]
    assert [(len(page.items), page.more) for page in pages] == [(50, True), (10, False), (0, False)]


async def test_who_asks_for_the_same_at_the_same_time_has_it_from_one_call() -> None:
    directory = Directory({"/people": [ADA]})
    forms = directory.forms()
    found = await asyncio.gather(*(forms.choices("act", "person", {}) for _ in range(5)))
    assert ([choices.items[0].value for choices in found], len(directory.asked)) == ([7] * 5, 1)


async def test_a_name_that_is_kept_with_its_entities_is_found_as_people_write_it() -> None:
    row: Json = {"id": 1, "first": "Smith &amp; Sons"}

    def kept(request: Request) -> Response:
        return answer({"rows": [row] if str(request.query["q"]) in row["first"] else [], "more": False})

    directory = Directory({"/people": kept})
    found = await directory.forms().choices("act", "person", {}, search="Smith & Sons")
    assert ([choice.label for choice in found.items], found.note) == (["Smith & Sons"], "")
    assert (await directory.forms().choices("act", "person", {}, search="Jones & Sons")).items == []


async def test_access_that_has_ended_is_not_remembered_as_it_may_be_renewed() -> None:
    answers = [answer({"message": "expired"}, 401), answer({"rows": [ADA], "more": 0})]
    forms = Directory({"/people": lambda _: answers.pop(0)}).forms()
    with pytest.raises(Unauthorized):
        await forms.choices("act", "person", {})
    assert len((await forms.choices("act", "person", {})).items) == 1


async def test_options_that_cannot_be_read_leave_typing_as_well() -> None:
    with pytest.raises(Refused) as refusal:
        await Directory({"/extras": answer({"message": "no"}, 403)}).forms().choices("act", "extras/1", {})
    assert (refusal.value.pointer, "typed in" in refusal.value.fix) == ("/extras", True)
