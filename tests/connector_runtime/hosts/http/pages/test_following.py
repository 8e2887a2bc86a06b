"""The pages of events and subscribers: figures, what is brought again, whom, and what went wrong."""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_runtime.errors import NotNow
from connector_runtime.hosts import subscribed
from connector_runtime.hosts.directories import events_file, outbox_file
from connector_runtime.hosts.http import followers
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import drawn, now_utc
from connector_runtime.hosts.http.pages.charts import delays
from connector_runtime.hosts.subscribed import subscribers_in
from connector_runtime.store.events import Events
from connector_runtime.store.outbox import Failed, Outbox
from tests.connector_runtime.events.subscribing import URL
from tests.connector_runtime.events.test_dispatch import keep
from tests.connector_runtime.hosts.http.hosting import OWN

DESK = {
    "name": "desk",
    "url": URL,
    "event": ["loan.made", "loan.ended"],
    "where": "book_code=1\nbook_code=3",
    "after": "0",
}


async def post(browser: httpx.AsyncClient, path: str, **data: Any) -> httpx.Response:
    return await browser.post(path, data=data, headers=OWN)


def outbox(tmp_path: Path) -> closing[Outbox]:
    return closing(Outbox(outbox_file(tmp_path)))


async def test_a_subscriber_is_added_and_its_secret_is_shown_once(
    browser: httpx.AsyncClient, host: Host, tmp_path: Path
) -> None:
    made = await post(browser, "/subscribers", **DESK, without_own="on")
    secret = re.findall(r"whsec_[A-Za-z0-9+/=]+", made.text)[0]
    with subscribers_in(tmp_path, "library") as subscribers:
        kept = subscribers.get("desk")
    assert (kept.secret, kept.url, kept.without_own) == (secret, URL, True)
    assert kept.where == {"book_code": ("1", "3")} and kept.events == ("loan.made", "loan.ended")
    shown = (await browser.get("/subscribers")).text
    assert "whsec_" not in shown and "CANARY" not in shown and "https://hooks.example.com" in shown
    assert "book_code is 1 or 3" in shown and "0 brought" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"event": []}, "Events: choose at least one"),
        ({"name": "", "url": " "}, "URL: fill this in"),
        ({"where": "colour=red"}, "there is no `colour`"),
        ({"where": "<b>"}, "`&lt;b&gt;` is no field=value"),
        ({"url": "http://example.com"}, "https"),
        ({"after": "soon"}, "must be the number of an event"),
        ({"after": "99999"}, "no event here has had the cursor 99999"),
        ({"connection": "nobody"}, "nobody"),
        ({"name": "x" * 65}, "1 to 64 characters long"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_filled_in_stays(
    browser: httpx.AsyncClient, changes: dict[str, Any], said: str
) -> None:
    page = await post(browser, "/subscribers", **{**DESK, **changes})
    assert page.status_code == 422 and said in page.text
    assert {**DESK, **changes}["where"].replace("<", "&lt;").replace(">", "&gt;") in page.text
    assert ('value="loan.made" checked' in page.text) is ("event" not in changes)
    assert "Nobody is subscribed yet." in page.text


async def test_what_was_parked_says_why_and_is_brought_again(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    await post(browser, "/subscribers", **DESK)
    keep(tmp_path, 1, 2)
    again = await post(browser, "/subscribers/desk", do="replay", after="", until="1")
    assert "1 event will be brought to desk once more." in again.text
    with outbox(tmp_path) as kept:
        [message] = kept.due("desk", time.time() + 1, 10)
        kept.settle("desk", [], [Failed(message, 1_770_000_000.0, None, "it answered <500>")])
    page = await browser.get("/subscribers")
    assert "Event 1, tried 1 time, parked 2026-02-02 02:40:00 UTC" in page.text
    assert "it answered &lt;500&gt;" in page.text
    assert "1 event will" in (await post(browser, "/subscribers/desk", do="parked")).text
    with outbox(tmp_path) as kept:
        assert (kept.parked("desk"), len(kept.due("desk", time.time() + 1, 10))) == ([], 1)


async def test_one_that_wanted_no_more_is_resumed_and_removed(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    await post(browser, "/subscribers", **DESK)
    assert "Resume" not in (await browser.get("/subscribers")).text
    with outbox(tmp_path) as kept:
        kept.stop("desk", "it answered that it is gone")
    page = (await browser.get("/subscribers")).text
    assert "Nothing is sent: it answered that it is gone" in page and ">Resume<" in page
    assert "desk is sent to again." in (await post(browser, "/subscribers/desk", do="resume")).text
    with outbox(tmp_path) as kept:
        assert kept.standings()["desk"].stopped is None
    assert "Nobody is subscribed yet." in (await post(browser, "/subscribers/desk", do="remove")).text
    assert (await post(browser, "/subscribers/desk", do="test")).status_code == 404


async def test_a_sample_is_sent_and_a_refusal_is_said(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    async def tried(connector: Any, subscriber: Any, event: str) -> int:
        asked.append((subscriber.name, event))
        if len(asked) > 1:
            raise NotNow("desk did not take it: it answered 500", code="not_taken")
        return 204

    monkeypatch.setattr(subscribed, "tried", tried)
    await post(browser, "/subscribers", **DESK)
    assert "took the sample, and answered 204" in (await post(browser, "/subscribers/desk", do="test")).text
    refused = await post(browser, "/subscribers/desk", do="test", event="loan.ended")
    assert refused.status_code == 503 and "it answered 500" in refused.text
    assert asked == [("desk", "loan.made"), ("desk", "loan.ended")]
    wrong = await post(browser, "/subscribers/desk", do="test", event="loan.lost")
    assert wrong.status_code == 422 and len(asked) == 2


async def test_events_that_are_ticked_are_brought_again(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    keep(tmp_path, 1, 2, 3)
    assert 'name="cursor"' not in (await browser.get("/events")).text, "there is nobody to bring them to"
    await post(browser, "/subscribers", **{**DESK, "after": ""})
    assert (await browser.get("/events")).text.count('name="cursor"') == 3
    done = await post(browser, "/events", cursor=["1", "3"], subscriber="desk")
    assert done.status_code == 200 and "2 events will be brought to desk once more." in done.text
    with outbox(tmp_path) as kept:
        assert [each.cursor for each in kept.due("desk", time.time() + 1, 10)] == [1, 3]
    none = await post(browser, "/events", subscriber="desk")
    assert none.status_code == 422 and "tick at least one" in none.text
    assert (await post(browser, "/events", cursor="1", subscriber="nobody")).status_code == 404


async def test_the_figures_are_those_of_the_api_as_far_as_the_key_sees(browser: httpx.AsyncClient, host: Host) -> None:
    await post(browser, "/connections/sandbox", do="webhooks")
    await post(browser, "/actions/lend_book", **{"/member_id": "7", "/book_code": "B-1", "do": "run"})
    page = await browser.get("/events?days=1")
    told = (await browser.get("/v1/events/statistics?days=1")).json()
    row = told["events"][0]
    assert (row["connection"], row["event"], row["expected"], row["kept"]) == ("sandbox", "loan.made", 1, 0)
    figures = dict(re.findall(r'<td data-title="(\w+)"[^>]*>(\w+)</td>', page.text))
    told_there = {"Kept": "0", "Double": "0", "Expected": "1", "Seen": "0", "Awaited": "1", "Missing": "0"}
    assert told_there.items() <= figures.items() and figures["On"] == "sandbox", "they add up"
    shown, key = drawn("main", "other", ["read"], connections=["other"], now=now_utc())
    host.tenants.add_key(key)
    other = await browser.get("/v1/events/statistics", headers={"authorization": f"Bearer {shown}"})
    assert other.json()["events"] == []
    assert (await browser.get("/v1/events/statistics?days=0")).status_code == 422


async def test_a_key_for_some_connections_sees_no_subscribers(browser: httpx.AsyncClient, host: Host) -> None:
    await post(browser, "/subscribers", **DESK)
    for scopes, only in ((["read", "connect"], ["sandbox"]), (["read", "run"], None)):
        shown, key = drawn("main", "less", scopes, connections=only, now=now_utc())  # type: ignore[arg-type]
        host.tenants.add_key(key)
        await post(browser, "/enter", key=shown)
        assert (await browser.get("/subscribers")).status_code == 403
        assert (await post(browser, "/subscribers/desk", do="remove")).status_code == 403
        assert (await post(browser, "/events", cursor="1", subscriber="desk")).status_code == 403
        assert "/subscribers" not in (await browser.get("/events")).text
    assert len(followers.followers(host.opened("main").home)) == 1


async def test_what_a_page_changes_is_in_the_audit(browser: httpx.AsyncClient, host: Host, tmp_path: Path) -> None:
    await post(browser, "/subscribers", **DESK)
    await post(browser, "/subscribers/desk", do="remove")
    await browser.get("/events")
    told = [(each["what"], each["about"], each["status"]) for each in host.tenants.audit("main", 2**63 - 1, 10)]
    assert told == [("page_subscriber", "desk", 200), ("page_subscribe", "", 200)]
    with closing(Events(events_file(tmp_path))) as kept:
        assert kept.latest() == 0


async def test_parked_messages_are_listed_over_the_api(browser: httpx.AsyncClient, host: Host, tmp_path: Path) -> None:
    await post(browser, "/subscribers", **DESK)
    shown, key = drawn("main", "connector", ["connect"], now=now_utc())
    host.tenants.add_key(key)
    headers = {"authorization": f"Bearer {shown}"}
    assert (await browser.get("/v1/subscribers/desk/parked", headers=headers)).json() == {"items": []}
    keep(tmp_path, 1)
    await post(browser, "/subscribers/desk", do="replay")
    with outbox(tmp_path) as kept:
        kept.settle("desk", [], [Failed(kept.due("desk", time.time() + 1, 1)[0], 1.0, None, "no")])
    [parked] = (await browser.get("/v1/subscribers/desk/parked", headers=headers)).json()["items"]
    assert (parked["cursor"], parked["failure"]) == (1, "no")
    assert (await browser.get("/v1/subscribers/nobody/parked", headers=headers)).status_code == 404


async def test_the_page_of_health_shows_what_needs_a_look(
    browser: httpx.AsyncClient, host: Host, tmp_path: Path
) -> None:
    assert "None has arrived yet." in (await browser.get("/health")).text
    await post(browser, "/subscribers", **DESK)
    keep(tmp_path, 1, 2)
    await post(browser, "/subscribers/desk", do="replay", until="1")
    assert "These need a look" not in (await browser.get("/health")).text
    with outbox(tmp_path) as kept:
        kept.settle("desk", [], [Failed(kept.due("desk", time.time() + 1, 1)[0], 1.0, None, "it answered <500>")])
        kept.stop("desk", "it is gone")
    page = (await browser.get("/health")).text
    assert "nothing is sent, as it is gone" in page and "<dt>Messages parked</dt><dd>1</dd>" in page
    assert '<td data-title="Kept">2</td>' in page
    shown, key = drawn("main", "less", ["read"], now=now_utc())
    host.tenants.add_key(key)
    await post(browser, "/enter", key=shown)
    assert "Subscribers" not in (await browser.get("/health")).text


async def test_whoever_has_lost_all_keys_is_told_how_another_is_made(stranger: httpx.AsyncClient) -> None:
    assert "<code>library tenants key main</code>" in (await stranger.get("/enter")).text


def test_how_late_events_came_is_drawn_with_their_names() -> None:
    drawn_now = delays([{"event": "a<b", "seen": 2, "median_s": 3.0}, {"event": "c", "seen": 0, "median_s": None}])
    assert "a&lt;b after 3.0 s" in drawn_now and drawn_now.count("<rect") == 1 and 'width="301.0"' in drawn_now
    assert delays([]) == ""
