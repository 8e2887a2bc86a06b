"""Webhooks on a platform, registered, repaired and removed: each once, and none that is somebody else's."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import (
    Conflict,
    ConnectorError,
    InvalidInput,
    PlatformBroken,
    Refused,
    UnexpectedOutput,
    UnknownOutcome,
)
from connector_runtime.events.endpoints import digest
from connector_runtime.hosts import session as sessions
from connector_runtime.hosts.directories import events_file, presence_file
from connector_runtime.hosts.registrar import Registrar
from connector_runtime.hosts.session import Session
from connector_runtime.run import NO_RETRIES, Retries
from connector_runtime.store import Presence
from connector_runtime.store.events import Events
from connector_runtime.store.registrations import Registrations
from connector_runtime.transport import Connection
from docebo_connect.sandbox.events import EVENTS
from docebo_connect.sandbox.sites import Site

AT_ONCE = Retries(base_s=0, longest_s=0, look_again_s=0, most=4)
URL = "https://hooks.example.com"
ONE = ["course.enrollment.created"]
HOOKS = "/webhook/v1/webhooks"
NOW = datetime(2026, 1, 10, tzinfo=UTC)


@dataclass
class Desk:
    """A registrar over a sandbox that the test holds too."""

    site: Site
    data: Path
    session: Session
    registrar: Registrar
    told: list[str] = field(default_factory=list)

    def hooks(self, where: str = "1") -> list[dict[str, Any]]:
        return [dict(row) for row in self.site.store.rows(f"SELECT * FROM webhooks WHERE {where} ORDER BY id")]

    def lets_in(self) -> set[bytes]:
        events = Events(events_file(self.data))
        found = {each.address for each in events.endpoints()}
        events.close()
        return found

    def states(self) -> list[str]:
        kept = Registrations(events_file(self.data))
        found: list[str] = [each.state for each in kept.of()]
        kept.release()
        return found


def address_of(hook: dict[str, Any]) -> bytes:
    return digest(hook["url"].rpartition("/")[2])


def on_disk(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.rglob("*") if file.is_file())


@asynccontextmanager
async def desk(
    connector: Connector, tmp_path: Path, faults: Any = None, retries: Retries = AT_ONCE, **others: Any
) -> AsyncIterator[Desk]:
    with Site(tmp_path / "platform", faults=faults) as site:
        connection = Connection("acme", site.base_url, others.pop("headers", site.headers), site.app)
        data, told = tmp_path / "data", others.pop("told", [])
        async with Session(connector, connection=connection, data_dir=data, retries=retries) as session:
            with Registrar(session, "docebo-connect", told.append, now=lambda: NOW, **others) as registrar:
                yield Desk(site, data, session, registrar, told)


async def test_all_events_come_with_as_few_webhooks_as_take_them(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        finding = await at.registrar.register(f"{URL}/")
        first, second = at.hooks()
        assert [json.loads(hook["events_json"]) for hook in (first, second)] == [
            sorted(connector.triggers)[:8],
            sorted(connector.triggers)[8:],
        ]
        assert first["url"] == second["url"] and first["url"].startswith(f"{URL}/") and "//" not in first["url"][8:]
        assert first["name"].startswith("docebo-connect acme ") and first["name"].endswith(" 1/2")
        assert address_of(first) in at.lets_in()
        assert (finding.good, (await at.registrar.check()).good, at.told) == (True, True, [])


async def test_registering_again_replaces_ours_and_no_other(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        stranger = at.site.subscribe("https://elsewhere.invalid/")
        await at.registrar.register(URL, ONE)
        (old,) = at.hooks("name IS NOT NULL")
        at.site.store.execute(  # somebody else's, of another installation with a connection of the same name
            "INSERT INTO webhooks (name, url) VALUES ('docebo-connect acme 0123456789ab', 'https://other.invalid/')"
        )
        await at.registrar.register(URL, ONE)
        left = at.hooks()
        assert [hook["id"] for hook in left][:1] == [stranger]
        assert old["id"] not in [hook["id"] for hook in left]
        assert sorted(hook["name"] or "" for hook in left)[1] == "docebo-connect acme 0123456789ab"
        assert len(left) == 3
        assert await at.registrar.remove() == [left[-1]["id"]]
        assert len(at.hooks()) == 2


async def test_what_is_on_its_way_to_the_old_address_is_let_in_for_a_day(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        await at.registrar.register(URL, ONE)
        (old,) = at.hooks()
        await at.registrar.register(URL, ONE)
        kept = Registrations(events_file(at.data))
        kept.tidy("2026-01-10T23:59:59.000Z")
        assert kept._connection.execute("SELECT closes_at FROM registrations WHERE state = 'gone'").fetchall() == [
            ("2026-01-11T00:00:00.000Z",)
        ]
        kept._connection.execute("UPDATE registrations SET closes_at = '2999-01-01' WHERE state = 'gone'")
        assert address_of(old) in at.lets_in()
        kept._connection.execute("UPDATE registrations SET closes_at = '2000-01-01' WHERE state = 'gone'")
        assert address_of(old) not in at.lets_in() and len(at.lets_in()) == 1
        await at.registrar.repair()
        assert kept._connection.execute("SELECT state FROM registrations").fetchall() == [("kept",)]
        kept.release()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_answer_makes_no_second_webhook(connector: Connector, tmp_path: Path, when: str) -> None:
    lost = [{"fault": "lost_answer", "when": when, "method": "POST", "path": HOOKS, "nth": [1, 3]}]
    async with desk(connector, tmp_path, lost) as at:
        finding = await at.registrar.register(URL)
        assert len(at.hooks()) == 2
        assert {json.loads(hook["events_json"])[0] for hook in at.hooks()} == {sorted(EVENTS)[0], sorted(EVENTS)[8]}
        assert (finding.good, at.states()) == (True, ["kept"])


async def test_what_may_have_been_made_is_removed_another_time(connector: Connector, tmp_path: Path) -> None:
    lost = [
        {"fault": "lost_answer", "method": "POST", "path": HOOKS, "nth": 2},
        {"fault": "error", "method": "GET", "path": HOOKS, "nth": 4},
    ]
    async with desk(connector, tmp_path, lost, NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        (old,) = at.hooks()
        with pytest.raises(ConnectorError) as caught:
            await at.registrar.register(URL, ONE)
        assert (caught.value.effect, at.states(), len(at.hooks())) == ("unknown", ["kept", "over"], 2)
        assert {address_of(hook) for hook in at.hooks()} == at.lets_in(), "it is let in as long as it may be there"
        at.site.faults.clear()
        assert [hook["id"] for hook in (await at.registrar.repair()).orphans] == [at.hooks("1")[0]["id"] + 1]
        assert (at.hooks(), at.states()) == ([old], ["kept"])


async def test_what_does_not_fit_is_undone(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        for _ in range(8):
            at.site.subscribe("https://elsewhere.invalid/")
        await at.registrar.register(URL, ONE)
        (old,) = at.hooks("name IS NOT NULL")
        with pytest.raises(Refused) as caught:
            await at.registrar.register(URL)  # needs two, and there is room for one
        assert caught.value.code == "too_many_webhooks"
        assert at.hooks("name IS NOT NULL") == [old]
        assert at.states() == ["kept"]


async def test_a_power_user_may_not_and_nothing_is_kept(connector: Connector, tmp_path: Path) -> None:
    with Site(tmp_path / "platform") as site:
        site.store.execute(
            "INSERT INTO tokens VALUES ('power', 'access', 3, 'app', '2999-01-01 00:00:00')",
        )
    async with desk(connector, tmp_path, headers={"authorization": "Bearer power"}) as at:
        with pytest.raises(Refused) as caught:
            await at.registrar.register(URL)
        assert (caught.value.code, at.hooks(), at.states()) == ("permission_denied", [], [])


WRONG = [
    ("DELETE FROM webhooks WHERE name LIKE '% 2/2'", ["missing"]),
    ("DELETE FROM webhooks", ["missing"]),
    ("UPDATE webhooks SET enabled = 0 WHERE name LIKE '% 1/2'", ["disabled"]),
    ("""UPDATE webhooks SET events_json = '["course.enrollment.created"]'""", ["other_events"]),
    ("UPDATE webhooks SET url = 'https://elsewhere.invalid/x'", ["other_url"]),
    ("UPDATE webhooks SET url = url || 'x', enabled = 0", ["disabled", "other_url"]),
    ("UPDATE webhooks SET name = 'renamed'", ["missing"]),
]


@pytest.mark.parametrize(("change", "wrong"), WRONG)
async def test_a_check_tells_what_somebody_has_changed(
    connector: Connector, tmp_path: Path, change: str, wrong: list[str]
) -> None:
    async with desk(connector, tmp_path) as at:
        await at.registrar.register(URL)
        at.site.store.execute(change)
        finding = await at.registrar.check()
        assert (finding.wrong, finding.good, finding.orphans) == (wrong, False, [])
        assert URL not in json.dumps(finding.document()), "addresses are nobody's business"


async def test_what_is_gone_is_registered_again_with_the_same_events(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        await at.registrar.register(URL, ["course.enrollment.created", "course.enrollment.deleted"])
        (old,) = at.hooks()
        at.site.store.execute("DELETE FROM webhooks")
        assert (await at.registrar.repair()).wrong == ["missing"]
        (new,) = at.hooks()
        assert new["events_json"] == old["events_json"] and new["name"] != old["name"]
        assert (await at.registrar.repair()).good
        assert at.hooks() == [new]


async def test_what_somebody_has_disabled_stays_so(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        await at.registrar.register(URL, ONE)
        at.site.store.execute("UPDATE webhooks SET enabled = 0")
        before = at.hooks()
        assert (await at.registrar.repair()).wrong == ["disabled"]
        assert at.hooks() == before


async def test_a_process_that_died_while_registering_leaves_nothing_behind(
    connector: Connector, tmp_path: Path
) -> None:
    async with desk(connector, tmp_path) as at:
        await at.registrar.register(URL, ONE)
        kept = Registrations(events_file(at.data))
        kept._connection.execute("UPDATE registrations SET state = 'begun'")
        finding = await at.registrar.repair()
        assert (finding.wrong, len(finding.orphans), at.hooks()) == (["unregistered"], 1, [])
        assert at.states() == []
        kept.release()


async def test_what_cannot_be_removed_now_is_removed_another_time(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path, [{"fault": "error", "method": "DELETE", "nth": 1}], NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        assert (await at.registrar.register(URL, ONE)).good
        assert len(at.hooks()) == 2 and "could not be removed" in at.told[0]
        assert len((await at.registrar.check()).orphans) == 1
        await at.registrar.repair()
        assert len(at.hooks()) == 1 and (await at.registrar.check()).good


UNLISTED = {"fault": "wrong_type", "method": "GET", "path": HOOKS, "pointer": "/data/items", "value": []}
"""A list that does not show what is there."""


async def test_a_webhook_that_one_look_did_not_show_is_found_at_the_next(connector: Connector, tmp_path: Path) -> None:
    faults = [{"fault": "error", "method": "DELETE", "nth": 1}, {**UNLISTED, "nth": 6}]
    async with desk(connector, tmp_path, faults, NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        await at.registrar.register(URL, ONE)  # the old one could not be removed
        assert (len(at.hooks()), at.states()) == (2, ["over", "kept"])
        assert (await at.registrar.repair()).wrong == ["missing"]  # the list shows nothing: another is made
        assert len(at.hooks()) == 3
        finding = await at.registrar.check()
        assert (finding.good, finding.wrong, len(finding.orphans)) == (False, [], 2), "ours are known"
        await at.registrar.repair()
        assert (len(at.hooks()), (await at.registrar.check()).good, at.states()) == (1, True, ["kept"])


async def test_a_webhook_that_shows_when_its_time_was_over_is_removed_even_so(
    connector: Connector, tmp_path: Path
) -> None:
    async with desk(connector, tmp_path, [{**UNLISTED, "nth": 3}], NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        assert (await at.registrar.remove(), len(at.hooks()), at.lets_in()) == ([], 1, set())
        kept = Registrations(events_file(at.data))
        kept._connection.execute("UPDATE registrations SET closes_at = '2000-01-01'")
        at.site.faults.clear()
        assert len((await at.registrar.repair()).orphans) == 1
        assert (at.hooks(), at.lets_in(), [each.state for each in kept.of(gone=True)]) == ([], set(), ["ended"])
        kept._connection.execute("UPDATE registrations SET closes_at = '2000-01-01'")
        await at.registrar.repair()
        assert kept.of(gone=True) == []
        kept.release()


async def test_a_removal_may_be_asked_for_again(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path, [{**UNLISTED, "nth": 3}], NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        assert await at.registrar.remove() == []
        assert len(await at.registrar.remove()) == 1
        assert (at.hooks(), await at.registrar.remove()) == ([], [])


async def test_a_removal_that_fails_forgets_nothing(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path, [{"fault": "error", "method": "GET", "nth": 3}], NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        with pytest.raises(PlatformBroken):
            await at.registrar.remove()
        assert (at.states(), len(at.lets_in())) == (["kept"], 1)
        assert len(await at.registrar.remove()) == 1
        assert (at.states(), at.lets_in(), at.hooks()) == ([], set(), [])


async def test_a_removal_whose_outcome_nobody_knew_is_brought_to_its_end(connector: Connector, tmp_path: Path) -> None:
    lost = [
        {"fault": "lost_answer", "method": "DELETE", "nth": 1},
        {"fault": "error", "method": "GET", "nth": 4},
    ]
    async with desk(connector, tmp_path, lost, NO_RETRIES) as at:
        await at.registrar.register(URL, ONE)
        with pytest.raises(UnknownOutcome):
            await at.registrar.remove()
        assert at.session.latest is not None and at.states() == ["kept"]
        record = await at.session.resume(at.session.latest.run_id)
        assert (record.action, record.succeeded, record.recovered) == ("remove_webhook", True, True)


async def test_a_webhook_that_the_platform_does_not_list_is_not_believed(connector: Connector, tmp_path: Path) -> None:
    odd = [{"fault": "wrong_type", "method": "GET", "path": HOOKS, "nth": 2, "pointer": "/data/items", "value": []}]
    async with desk(connector, tmp_path, odd) as at:
        with pytest.raises(UnexpectedOutput, match="does not list"):
            await at.registrar.register(URL, ONE)
        assert at.hooks() == [], "else each start would make another"


async def test_a_registration_on_another_platform_is_told_and_left_alone(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        await at.registrar.register(URL, ONE)
        kept = Registrations(events_file(at.data))
        kept._connection.execute("UPDATE registrations SET platform = 'https://before.invalid'")
        kept.release()
        assert (await at.registrar.repair()).wrong == ["elsewhere"]
        assert len(at.hooks()) == 1
        assert await at.registrar.remove() == []
        assert "https://before.invalid" in at.told[0] and len(at.hooks()) == 1


async def test_nobody_else_works_on_the_same_webhooks_meanwhile(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        presence = Presence(presence_file(at.data))
        assert presence.enter("webhooks of acme")
        with pytest.raises(Conflict, match="are being registered"):
            await at.registrar.register(URL)
        presence.leave("webhooks of acme")
        assert (await at.registrar.register(URL)).good


@pytest.mark.parametrize("url", ["hooks.example.com", "ftp://hooks.example.com", "https://hooks.example.com/?a=1"])
async def test_what_is_no_address_is_not_registered(connector: Connector, tmp_path: Path, url: str) -> None:
    async with desk(connector, tmp_path) as at:
        with pytest.raises(InvalidInput, match="is no address such as") as caught:
            await at.registrar.register(url, ["course.enrollment.create"])
        assert "did you mean `course.enrollment.created`?" in str(caught.value)
        assert at.hooks() == []


async def test_a_real_platform_is_asked_only_when_somebody_allows_it(
    connector: Connector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(sessions, "carried_out", sent.append)
    connection = Connection("acme", "https://acme.example.com", {"authorization": "Bearer x"})
    async with Session(connector, connection=connection, data_dir=tmp_path) as session:
        with Registrar(session, "docebo-connect", sent.append) as registrar:
            with pytest.raises(InvalidInput) as caught:
                await registrar.register(URL)
            with pytest.raises(InvalidInput, match="must begin with https"):
                await registrar.register("http://hooks.example.com")
    assert caught.value.code == "assumed_endpoint"
    assert "--allow-assumed create_webhook --allow-assumed remove_webhook" in caught.value.fix
    assert sent == []


class Parrot:
    """A platform that refuses every change, and repeats all that it has heard."""

    def __init__(self, status: int) -> None:
        self.status, self.heard = status, ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"").decode()
        answer: Any = {"data": {"items": [], "has_more_data": False}}
        if scope["method"] == "POST":
            self.heard = body
            answer = {"message": [f"cannot use {body}", *json.loads(body).values()], "data": {"id": body}}
        status = self.status if scope["method"] == "POST" else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


@pytest.mark.parametrize("status", [200, 400, 503])
async def test_neither_password_nor_address_is_seen_anywhere(
    connector: Connector, tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    parrot = Parrot(status)
    told: list[str] = []
    connection = Connection("acme", "https://parrot.invalid", {}, parrot)
    async with Session(connector, connection=connection, data_dir=tmp_path, retries=NO_RETRIES) as session:
        with Registrar(session, "docebo-connect", told.append) as registrar:
            with pytest.raises(ConnectorError) as caught:
                await registrar.register(URL, ONE)
            told += [*traceback.format_exception(caught.value), json.dumps(caught.value.document())]
            told += [repr(registrar), repr(vars(registrar)), repr(session.latest), repr(registrar._kept.of())]
    heard = json.loads(parrot.heard)
    content = "\n".join([*told, *map(caplog.handler.format, caplog.records)]).encode()
    content += on_disk(tmp_path)
    assert b"[secret]" in content and b"docebo-connect acme" in content
    for secret in (heard["password"], heard["url"], heard["url"].rpartition("/")[2]):
        assert len(secret) >= 32
        assert secret.encode() not in content


async def test_what_is_looked_at_is_not_recorded(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path) as at:
        at.site.subscribe("https://hooks.invalid/a-strangers-secret")
        await at.registrar.register(URL, ONE)
        await at.registrar.check()
        content = on_disk(at.data)
        assert b"create_webhook" in content and b"a-strangers-secret" not in content


async def test_a_look_that_fails_has_a_record_for_whoever_finds_out_why(connector: Connector, tmp_path: Path) -> None:
    async with desk(connector, tmp_path, [{"fault": "truncated_json", "path": HOOKS}], NO_RETRIES) as at:
        with pytest.raises(UnexpectedOutput) as caught:
            await at.registrar.check()
        record = at.session.latest
        assert record is not None and (record.action, record.status) == ("list_webhooks", "failed")
        assert record.run_id in caught.value.fix and record.run_id.encode() in on_disk(at.data)
