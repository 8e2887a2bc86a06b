"""Forms as recipe builders fill them in, in a real browser: the platform's own fields by name, and what must be chosen
first, with and without scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browsing import DESK, PHONE, Look, violations, window
from tests.hosted import SLOWEST_MS, Served, enter

ENROLL = "/actions/enroll_user_into_a_course"
RSVP = "/actions/batch_update_rsvp_event"
PLAIN = "document.querySelectorAll('[data-plain]').forEach((part) => { part.hidden = false; })"
"""Shows what is only there without scripts, which axe cannot do without."""


@pytest.fixture(params=[DESK, PHONE], ids=lambda look: look.name)
def plain(request: pytest.FixtureRequest, browser: Any, served: Served) -> Iterator[Any]:
    """Somebody whose browser runs no scripts."""
    with window(browser, request.param, java_script_enabled=False) as opened:
        enter(opened, served)
        yield opened


def show(page: Any, title: str) -> None:
    page.get_by_role("button", name=f"Show the list: {title}", exact=True).click()


def wider(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("look", [DESK, PHONE], ids=lambda look: look.name)
def test_axe_finds_nothing_in_a_form_with_the_platforms_own_fields(browser: Any, served: Served, look: Look) -> None:
    with window(browser, look) as page:
        enter(page, served)
        found: dict[str, list[str]] = {}

        def note(state: str) -> None:
            found[state] = violations(page) + (["wider than the window"] if wider(page) > 0 else [])

        page.goto(served.url + ENROLL)
        assert page.get_by_label("Cost center").count() == 1
        note("fields")
        page.get_by_label("Remarks").fill("long " * 40)
        page.get_by_role("button", name="Enroll user into a course").click()
        page.get_by_role("alert").wait_for()
        note("wrong")
        page.goto(served.url + RSVP)
        note("what to choose first")
        page.evaluate(PLAIN)
        show(page, "Course")
        page.get_by_label("Pick from the list: Course").wait_for(state="attached")
        page.evaluate(PLAIN)
        note("a list without scripts")
        page.goto(served.url + "/actions/get_enrollments")
        page.evaluate(PLAIN)
        show(page, "ID Course")
        page.locator("legend", has_text="Pick from the list: ID Course").wait_for(state="attached")
        page.evaluate(PLAIN)
        note("a list of several without scripts")
        page.goto(served.url + "/actions/get_enrollments")
        page.locator("details.advanced > summary").click()
        assert page.get_by_role("group", name="Reviewed on").get_by_label("From").get_attribute("type") == "date"
        note("filters")
    assert {state: said for state, said in found.items() if said} == {}


def test_fields_of_the_platform_are_filled_in_with_the_keyboard_alone(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    keys = page.keyboard

    def reach(field: str) -> None:
        for _ in range(60):
            keys.press("Tab")
            label = (
                "(document.activeElement.labels || [])[0]?.firstChild.textContent || document.activeElement.innerText"
            )
            if page.evaluate(f"({label} || '').trim()") == field:
                return
        raise AssertionError(f"{field} is not reached with Tab")

    for field, typed in (("User ID", "11"), ("Course ID", "42"), ("Cost center", "Oper"), ("Purchase order", "PO-7"),
                         ("Approved on", "01312026"), ("Policy read", "Y")):  # fmt: skip
        reach(field)
        keys.type(typed)
    reach("Enroll user into a course")
    keys.press("Enter")
    page.wait_for_url(f"{served.url}/runs/*")
    assert "Succeeded" in page.locator("h1").inner_text()
    reach("Run again")
    keys.press("Enter")
    page.wait_for_url(f"{served.url}{ENROLL}?from=*")
    assert page.get_by_label("Cost center").evaluate("(field) => field.selectedOptions[0].text") == "Operations"
    assert page.get_by_label("Purchase order").input_value() == "PO-7"
    assert page.get_by_label("Approved on").input_value() == "2026-01-31"
    assert page.get_by_label("Policy read").evaluate("(field) => field.selectedOptions[0].text") == "Yes"
    names = [each.inner_text() for each in page.locator("[data-named]").all()]
    assert [name.partition(" — ")[0] for name in names] == ["11", "42"] and all(" — " in name for name in names)


def test_a_course_brings_its_own_fields_and_what_was_typed_stays(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    page.get_by_label("Purchase order").fill("PO-8")
    page.get_by_label("Site").select_option("North")
    page.get_by_label("Course ID").fill("42")
    page.get_by_label("Purchase order").focus()  # which leaves the course
    page.get_by_text("This is no field for this Course ID.").wait_for(timeout=SLOWEST_MS)
    assert page.get_by_label("Site").evaluate("(field) => field.selectedOptions[0].text") == "North"
    assert page.evaluate("document.activeElement.id") == "f-enrollment_fields-2"
    page.get_by_label("Course ID").fill("60")
    page.get_by_label("Remarks").focus()
    page.locator("label", has_text="Site").get_by_text("needed").wait_for(timeout=SLOWEST_MS)
    assert page.get_by_label("Purchase order").input_value() == "PO-8"
    page.get_by_label("Remarks").fill("typed since")
    page.evaluate("document.getElementById('heard').textContent = ''")
    page.get_by_role("button", name="Refresh the fields").click()
    page.get_by_text("The fields are shown.").wait_for(state="attached", timeout=SLOWEST_MS)
    assert page.get_by_label("Remarks").input_value() == "typed since"
    page.get_by_label("Course ID").fill("no number")
    page.get_by_label("Purchase order").focus()
    page.get_by_text("Has to be filled in in some cases.").first.wait_for(timeout=SLOWEST_MS)
    assert page.get_by_text("must be an integer").count() == 0
    assert page.get_by_label("Purchase order").input_value() == "PO-8"
    page.route(f"**{ENROLL}", lambda route: route.abort())
    page.get_by_role("button", name="Refresh the fields").click()
    page.get_by_text("The host does not show the fields now.").wait_for(state="attached", timeout=SLOWEST_MS)
    assert page.get_by_label("Purchase order").input_value() == "PO-8" and page.locator("[aria-busy]").count() == 0


def test_fields_that_come_too_late_appear_by_themselves(page: Any, served: Served) -> None:
    def late(route: Any) -> None:
        if route.request.method == "POST":
            route.continue_()
            return
        whole = route.fetch()
        before, begin, rest = whole.text().partition('data-own="/enrollment_fields"')
        inside = rest.partition("</fieldset>")[2]
        pair = '<label for="x">Field ID</label><input id="x" name="/enrollment_fields~/0/name">'
        body = f'{before}{begin} data-uses="/course_id" data-late>{pair}</div></fieldset>{inside}'
        route.fulfill(response=whole, body=body)

    page.route(f"**{ENROLL}", late)
    page.goto(served.url + ENROLL)
    page.get_by_label("Cost center").wait_for(timeout=SLOWEST_MS)
    assert page.get_by_label("Field ID").count() == 0


def test_what_is_wrong_with_a_field_is_said_at_it_by_its_name(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    page.get_by_label("User ID").fill("12")
    page.get_by_label("Course ID").fill("60")
    page.get_by_role("button", name="Enroll user into a course").click()
    page.get_by_role("link", name="Run again").click()
    said = page.get_by_role("alert").get_by_role("listitem").all_inner_texts()
    assert "(Site) is mandatory" in said[0] and said[1] == "Site: has to be filled in"
    page.get_by_role("alert").get_by_role("link", name="Site").press("Enter")
    site = page.get_by_label("Site")
    assert site.evaluate("(field) => field === document.activeElement") and site.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{site.get_attribute('aria-describedby')}").inner_text() == "has to be filled in"
    site.select_option("South")
    page.get_by_role("button", name="Enroll user into a course").click()
    page.get_by_role("heading", name="Enroll user into a course Succeeded").wait_for()


def test_an_event_is_picked_by_words(page: Any, served: Served) -> None:
    page.goto(served.url + RSVP)
    for label, words in (("Course", "First Aid at Work (workshop)"), ("Session", "Group A"), ("Event ID", "")):
        field = page.get_by_label(label, exact=label != "Event ID").first
        field.focus()
        field.press_sequentially(words)
        some = f'[label*="{words}"]' if words else ""
        option = page.locator(f"#{field.get_attribute('id')}-choices option{some}").first
        option.wait_for(state="attached", timeout=SLOWEST_MS)
        field.fill(option.get_attribute("value"))
    page.get_by_label("User ID").fill("7")
    page.get_by_label("User RSVP response").select_option(index=1)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview").wait_for()
    assert page.locator("#result code").first.inner_text().endswith("/rsvp/batch")
    assert "course_id" not in page.locator("#result pre").inner_text()
    assert page.locator(".beside [data-named]").count() == 2, "what was chosen first is still there, by name"


def test_an_event_is_picked_without_scripts(plain: Any, served: Served) -> None:
    plain.goto(served.url + RSVP)
    plain.get_by_label("Course", exact=True).fill("First Aid")
    show(plain, "Course")
    plain.get_by_label("Pick from the list: Course").select_option(index=1)
    show(plain, "Session")
    plain.get_by_label("Pick from the list: Session").select_option(index=1)
    show(plain, "Event ID")
    plain.get_by_label("Pick from the list: Event ID").select_option(index=1)
    plain.get_by_label("User ID", exact=False).first.fill("7")
    plain.get_by_label("User RSVP response").select_option(index=1)
    plain.get_by_role("button", name="Preview").click()
    assert plain.locator("#result code").first.inner_text().endswith("/rsvp/batch")


def test_fields_are_filled_in_and_narrowed_without_scripts(plain: Any, served: Served) -> None:
    plain.goto(served.url + ENROLL)
    plain.get_by_label("Purchase order").fill("PO-9")
    plain.get_by_label("Course ID").first.fill("42")
    plain.get_by_role("button", name="Refresh the fields").click()
    assert plain.get_by_label("Site").count() == 0
    assert plain.get_by_label("Purchase order").input_value() == "PO-9"
    assert plain.locator("[autofocus]").inner_text() == "Refresh the fields"


def test_several_are_picked_without_scripts(plain: Any, served: Served) -> None:
    plain.goto(served.url + "/actions/get_enrollments")
    plain.get_by_label("ID Course", exact=False).first.fill("60")
    plain.get_by_label("Words to search for: ID Course").fill("fire safety")
    show(plain, "ID Course")
    found = plain.get_by_role("group", name="Pick from the list: ID Course").get_by_role("checkbox")
    picked = found.first.get_attribute("value").removesuffix("@sandbox")
    found.first.check()
    show(plain, "ID Course")
    assert plain.get_by_label("ID Course", exact=False).first.input_value() == f"60\n{picked}"
    assert "Fire Safety" in plain.locator("[data-named]").first.inner_text()


def test_a_pill_is_copied_with_the_keyboard(page: Any, served: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(served.url + ENROLL)
    page.get_by_text("What comes back").press("Enter")
    pill = page.get_by_role("button", name="Waiting – copy its path")
    assert pill.locator("xpath=..").inner_text().split() == [
        "Waiting",
        "–",
        "copy",
        "its",
        "path",
        *["/enrolled/0/waiting", "Boolean", "no"],
    ]
    pill.press("Enter")
    page.locator("#heard", has_text="Copied: /enrolled/0/waiting").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == "/enrolled/0/waiting"
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="User ID – copy its path").press("Enter")
    page.locator("#heard", has_text="Copied: /enrolled/0/user_id").wait_for(state="attached")
    assert page.evaluate("document.activeElement.dataset.copy") == "/enrolled/0/user_id"


@pytest.mark.parametrize("look", [DESK, PHONE], ids=lambda look: look.name)
def test_what_comes_late_does_not_take_a_button_from_under_the_pointer(
    browser: Any, served: Served, look: Look
) -> None:
    """Leaving a course asks for its fields; they come while its button is pressed, and are longer."""
    with window(browser, look) as page:
        enter(page, served)
        page.goto(served.url + ENROLL)
        page.locator("#f-user_id").fill("31")
        page.locator("#f-course_id").click()

        def longer(route: Any) -> None:
            answer = route.fetch()
            body = answer.text()
            cut = body.index(">", body.index('data-own="/enrollment_fields"')) + 1
            route.fulfill(response=answer, body=body[:cut] + "<p>more</p>" * 9 + body[cut:])

        page.route(f"**{ENROLL}", longer, times=1)
        page.keyboard.type("43")
        button = page.get_by_role("button", name="Enroll user into a course")
        button.hover()
        page.mouse.down()
        page.locator("[data-own] > p", has_text="more").first.wait_for(timeout=SLOWEST_MS)
        page.mouse.up()
        page.wait_for_url(f"{served.url}/runs/*")
        assert page.locator("h1").inner_text().startswith("Enroll user into a course")


def test_a_name_goes_when_what_its_list_depends_on_changes_and_comes_when_it_is_there(
    page: Any, served: Served
) -> None:
    page.goto(f"{served.url}/actions/enroll_user_into_a_session")
    course, session = page.locator("#f-course_id"), page.locator("#f-session_id")
    course.fill("1")
    session.focus()
    option = page.locator("#f-session_id-choices option").first
    option.wait_for(state="attached", timeout=SLOWEST_MS)
    session.fill(str(option.get_attribute("value")))
    name = page.locator(".field", has=session).locator(".picked").first
    called = name.inner_text()
    assert called
    with page.expect_response(lambda answer: "/choices" in answer.url and "search=&" not in f"{answer.url}&"):
        course.fill("4")
        page.locator("#f-user_id").focus()
    assert called not in name.inner_text()
    course.fill("1")
    page.locator("#f-user_id").focus()
    page.locator(".picked", has_text=called).first.wait_for(timeout=SLOWEST_MS)
