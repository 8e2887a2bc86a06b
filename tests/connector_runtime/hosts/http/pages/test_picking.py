"""What is chosen before something else, and lists where no script shows them."""

from __future__ import annotations

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.pages.forms import controls
from connector_runtime.hosts.http.pages.picking import Listed, field_of, label_of, with_needs
from connector_runtime.run.choices import Choice, Choices


def test_what_an_action_lacks_is_chosen_beside_its_field_once(connector: Connector) -> None:
    action = connector.actions["batch_update_rsvp_event"]
    made = with_needs(controls(action.input, {}), connector, action, {"course_id": "42"})
    first = {control.name: [(each.name, each.title, each.value) for each in control.first] for control in made}
    assert first.pop("/event_id") == [("beside/course_id", "Course", "42"), ("beside/session_id", "Session", "")]
    assert set(map(len, first.values())) == {0}
    assert made == with_needs(made, connector, action, {"course_id": "42"})


def test_what_an_action_has_is_only_named(connector: Connector) -> None:
    action = connector.actions["unenroll_user_from_session"]
    made = {each.name: each for each in with_needs(controls(action.input, {}), connector, action, {})}
    assert (made["/session_id"].first_words, made["/session_id"].first) == ("Course ID", [])
    assert made["/course_id"].first_words == ""


def test_every_field_with_a_list_can_be_picked_in_every_action(connector: Connector) -> None:
    for action in connector.actions.values():
        made = with_needs(controls(action.input, {}), connector, action, {})
        ids = [each.id for control in made for each in control.all]
        assert len(ids) == len(set(ids)), action.key


def test_a_list_says_what_to_do_where_it_is_not_whole() -> None:
    one = Choice(1, "One")
    assert Listed.of(Choices([one], more=False), "") == Listed([one], "")
    assert Listed.of(Choices([one], more=True, note="Only here."), "o").note.endswith("again. Only here.")
    assert Listed.of(Choices([], more=False), "fire").note == "Nothing is called “fire”."
    assert Listed.of(Choices([], more=False), "").note == "The list is empty."


def test_names_stand_at_their_controls_and_bare_values_say_nothing(connector: Connector) -> None:
    action = connector.actions["get_enrollments"]
    labels = {"/id_user/0": "7 — Maya", "/id_user/1": "8", "/id_user/2": "9 — Bob", "/course_id": "42 — Fire"}
    made = {each.name: each for each in controls(action.input, {})}
    assert label_of(labels, made["/id_user"]) == "7 — Maya, 9 — Bob"
    rsvp = connector.actions["batch_update_rsvp_event"]
    event = next(c for c in with_needs(controls(rsvp.input, {}), connector, rsvp, {}) if c.first)
    assert label_of(labels, event.first[0]) == "42 — Fire" and label_of(labels, event) == ""
    assert [field_of(name) for name in ("beside/course_id", "/event_id", "beside/")] == ["course_id", "/event_id", ""]
