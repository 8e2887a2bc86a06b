"""Labels of values that are set, and the platform's own fields as a form shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector_runtime.errors import Refused
from connector_runtime.values import Json
from tests.connector_runtime.run.directory import EXTRAS, FIELDS, PEOPLE, Directory, connector
from tests.connector_runtime.run.test_choices import ADA, BOB, EVE
from tests.connector_runtime.workshop import LOST, answer

ONE = {"/people/7": answer({"person": ADA}), "/people/8": answer({"person": BOB})}


async def test_a_value_that_is_set_shows_its_name() -> None:
    directory = Directory({**ONE})
    given = {
        "person": 7,
        "people": [{"id": "8"}, 7],
        "guests": [{"who": 8}],
        "level": "2",
        "note": "free",
        "house": None,
    }
    assert await directory.forms().labels("act", given) == {
        "/person": "7 — Ada Lovelace",
        "/people/0/id": "8 — Bob",
        "/people/1": "7 — Ada Lovelace",
        "/guests/0/who": "8 — Bob",
        "/level": "2 — Host",
    }
    assert directory.asked == ["/people/7", "/people/8"]


async def test_a_value_that_was_just_picked_is_not_looked_up() -> None:
    directory = Directory({"/people": [ADA, BOB], **ONE})
    forms = directory.forms()
    await forms.choices("act", "person", {})
    assert await forms.labels("act", {"person": 7}) == {"/person": "7 — Ada Lovelace"}
    assert directory.asked == ["/people?page=1"]
    await forms.labels("act", {"person": 7}, fresh=True)
    assert directory.asked[1:] == ["/people/7"]


async def test_a_value_without_a_look_up_of_its_own_is_looked_for_on_the_lists_first_page() -> None:
    of = connector(pick_lists={"people": replace(PEOPLE, one=None)})
    directory = Directory({"/people": [ADA, BOB, EVE]})
    assert await directory.forms(of).labels("act", {"people": [8, 9]}) == {"/people/0": "8 — Bob", "/people/1": "9"}
    assert directory.asked == ["/people?page=1"]


async def test_a_dependent_value_shows_its_name_once_what_it_needs_is_set() -> None:
    directory = Directory({"/floors/2/rooms": [{"id": "12", "name": "Blue"}], "/houses": [{"id": 1, "name": "Hall"}]})
    forms = directory.forms()
    assert await forms.labels("act", {"room": "12"}) == {"/room": "12"}
    assert await forms.labels("act", {"room": "12", "floor": "2", "house": 1}) == {
        "/room": "12 — Blue",
        "/house": "1 — Hall",
        "/floor": "2",
    }


@pytest.mark.parametrize(
    "told",
    [answer({"person": BOB}), answer({"person": {}}), answer({}), answer([]), answer({"message": "no"}, 404)],
    ids=["another one", "empty", "nothing", "a list", "not found"],
)
async def test_a_value_that_the_platform_does_not_name_stays_bare(told: Json) -> None:
    assert await Directory({"/people/7": told}).forms().labels("act", {"person": 7}) == {"/person": "7"}


@pytest.mark.parametrize("told", [answer({"message": "no"}, 403), LOST], ids=["refused", "lost"])
async def test_a_list_that_is_refused_is_asked_once_and_all_its_values_stay_bare(told: Json) -> None:
    directory = Directory({f"/people/{number}": told for number in range(1, 9)})
    labels = await directory.forms().labels("act", {"person": 7, "people": [1, 2, 3], "level": 1})
    assert list(labels.values()) == ["7", "1", "2", "3", "1 — Guest"]
    assert directory.asked == ["/people/7"]


async def test_one_that_is_not_there_keeps_no_other_from_its_name() -> None:
    assert await Directory({**ONE}).forms().labels("act", {"people": [1, 7]}) == {
        "/people/0": "1",
        "/people/1": "7 — Ada Lovelace",
    }


async def test_many_values_are_not_all_looked_up() -> None:
    directory = Directory({})
    labels = await directory.forms().labels("act", {"people": list(range(1, 101))})
    assert (len(labels), len(directory.asked)) == (100, 25)


@pytest.mark.parametrize(
    "given", [{"person": {"odd": 1}}, {"people": 7}, {"people": [[7]]}, {"extras": "text"}, {"room": True}, {}]
)
async def test_an_input_of_any_shape_has_labels(given: dict[str, Json]) -> None:
    labels = await Directory({}).forms().labels("act", given)
    assert all(isinstance(text, str) for text in labels.values())


async def test_values_of_the_platforms_own_fields_and_of_comma_lists_show_their_names() -> None:
    given: Json = {"extras": {"1": "4", "2": "x", "99": 1}, "states": "new, old"}
    assert await Directory({"/extras": FIELDS}).forms().labels("act", given) == {
        "/extras/1": "4 — R & D",
        "/extras/2": "x",
        "/extras/99": "1",
        "/states": "new — New, old — Old",
    }


async def test_the_platforms_own_fields_are_a_schema_by_id_with_their_names() -> None:
    directory = Directory({"/extras": FIELDS})
    whole = (await directory.forms().fields("act", {"house": 3}))["extras"]
    assert (whole["title"], whole["required"], whole["additionalProperties"]) == ("Extras", ["2"], False)
    assert whole["properties"]["1"] == {
        "title": "Department",
        "type": "integer",
        "oneOf": [{"const": 4, "title": "R & D"}, {"const": 5, "title": "Sales"}],
    }
    assert whole["properties"]["3"] == {"title": "Approved on", "type": "string", "format": "date"}
    assert whole["properties"]["4"] == {"title": "Signed", "type": "boolean"}
    assert whole["properties"]["7"] == {"title": "Map"}  # of a type that nobody knows: it takes anything
    assert directory.asked == [f"/extras?page={page}&of=3" for page in (1, 2, 3, 4)]


async def test_the_list_of_fields_is_kept_for_a_minute_and_refreshed_on_demand() -> None:
    directory = Directory({"/extras": FIELDS[:1]})
    forms = directory.forms()
    await forms.fields("act", {})
    await forms.fields("act", {})
    directory.lists["/extras"] = [{**FIELDS[0], "name": "Division"}]
    assert (await forms.fields("act", {}))["extras"]["properties"]["1"]["title"] == "Department"
    assert (await forms.fields("act", {}, fresh=True))["extras"]["properties"]["1"]["title"] == "Division"
    directory.lists["/extras"] = FIELDS[:1]
    directory.now = 60
    assert (await forms.fields("act", {}))["extras"]["properties"]["1"]["title"] == "Department"


async def test_odd_rows_of_fields_are_passed_over_and_names_that_are_none_are_ids() -> None:
    rows: list[Json] = [
        {"id": None, "name": "None"},
        "text",
        {"id": "8", "name": "", "type": "text"},
        {"id": 9, "name": "Empty", "type": "dropdown", "options": []},
        {
            "id": 10,
            "name": "Odd",
            "type": "dropdown",
            "options": [{"label": "no id"}, {"id": 1}, {"id": "1", "label": "twice"}],
        },
    ]
    found = await Directory({"/extras": lambda _: answer({"rows": rows, "more": False})}).forms().fields("act", {})
    assert found["extras"]["properties"] == {
        "8": {"title": "8", "type": "string"},
        "9": {"title": "Empty", "type": "integer"},
        "10": {"title": "Odd", "type": "integer", "oneOf": [{"const": 1, "title": "1"}]},
    }


async def test_a_list_of_fields_without_end_is_given_up_and_one_that_repeats_itself_counts_once() -> None:
    directory = Directory({"/extras": answer({"rows": FIELDS[:2], "more": True})})
    found = await directory.forms().fields("act", {})
    assert (list(found["extras"]["properties"]), found["extras"]["required"], len(directory.asked)) == (
        ["1", "2"],
        ["2"],
        10,
    )


async def test_a_refused_list_of_fields_is_the_platforms_refusal_at_its_input() -> None:
    with pytest.raises(Refused) as refusal:
        await Directory({"/extras": answer({"message": "no"}, 403)}).forms().fields("act", {})
    assert (refusal.value.pointer, "typed in" in refusal.value.fix) == ("/extras", True)


async def test_fields_that_have_no_options_anywhere_are_fields_all_the_same() -> None:
    of = connector(dynamic_fields={"extras": replace(EXTRAS, options=None, required=None)})
    found = (await Directory({"/extras": FIELDS[:1]}).forms(of).fields("act", {}))["extras"]
    assert (found["properties"], found["required"]) == ({"1": {"title": "Department", "type": "integer"}}, [])


async def test_names_that_were_just_seen_cost_no_call_however_many_they_are() -> None:
    people: list[Json] = [{"id": number, "first": f"P{number}"} for number in range(1, 61)]
    directory = Directory({"/people": lambda _: answer({"rows": people, "more": False})})
    forms = directory.forms()
    await forms.choices("act", "person", {})
    labels = await forms.labels("act", {"people": list(range(1, 61))})
    assert (labels["/people/59"], len(directory.asked)) == ("60 — P60", 1)
