"""Credentials replaced, over the API and on the page: what is new is tried first, what is not given stays."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connector_runtime.connections.kept import Kept
from connector_runtime.definition import Connector
from connector_runtime.definition.connection import GRANT_FIELDS, Method, Who
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.pages.site import Site
from tests.connector_runtime.connections.granting import GRANTS, TEMPLATE, filled_in
from tests.connector_runtime.hosts.http.hosting import Hosted, hosted
from tests.connector_runtime.hosts.test_connecting import Building, building
from tests.connector_runtime.workshop import answer

__all__ = ["building"]

OWN = {"origin": "http://host"}
REFUSED = answer({"error": "invalid_client", "error_description": "that is no secret of mine"}, 401)


@pytest.fixture
async def office(toy: Connector, building: Building, tmp_path: Path) -> AsyncIterator[Hosted]:
    """The library, connected in five ways."""
    way = TEMPLATE.authentication
    methods = {**way.methods, "app": replace(way.methods["app"], setup=["Add an app there."])}
    connection = replace(
        TEMPLATE,
        authentication=replace(way, methods=methods),
        who=Who(path="/me", user="/user"),
        test=toy.identity.connection.test,
    )
    async with hosted(replace(toy, identity=replace(toy.identity, connection=connection)), tmp_path) as api:
        yield api


@pytest.fixture
async def page(office: Hosted) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(office.host, Site(office.host).routes()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        await client.post("/enter", data={"key": office.key}, headers=OWN)
        yield client


def given(method: str) -> dict[str, str]:
    return {"host": "acme.example.com"} | {name: filled_in()[name] for name in GRANT_FIELDS[GRANTS[method]]}


async def connected(api: Hosted, method: str = "app", **more: Any) -> None:
    body = {"name": "acme", "method": method, "fields": given(method), "limits": ["100/10s"], **more}
    made = await api("POST", "/v1/connections", body)
    assert made.status_code == 201, made.text


def kept(api: Hosted) -> Kept:
    with safe_in(api.host.opened("main").home.data_dir, "library") as safe:
        return safe.get("acme")


async def test_a_new_secret_is_tried_and_kept_and_all_else_stays(office: Hosted, building: Building) -> None:
    await connected(office)
    before = kept(office)
    rotated = await office("POST", "/v1/connections/acme/rotate", {"fields": {"client_secret": "NEW-secret-1"}})
    assert rotated.status_code == 200 and "NEW-secret-1" not in rotated.text
    after = kept(office)
    assert after.secrets["client_secret"] == "NEW-secret-1"
    assert after.tokens != before.tokens and building.office.asked[-1]["grant_type"] == "client_credentials"
    assert (after.limits, after.fields, after.base_url) == (before.limits, before.fields, before.base_url)


async def test_what_the_platform_refuses_changes_nothing(office: Hosted, building: Building) -> None:
    await connected(office)
    before = kept(office)
    building.office.answers.append(REFUSED)
    refused = await office("POST", "/v1/connections/acme/rotate", {"fields": {"client_secret": "WRONG-secret-1"}})
    assert refused.status_code >= 400 and "WRONG-secret-1" not in refused.text
    assert kept(office).private() == before.private()


async def test_another_way_in_takes_its_own_credentials(office: Hosted) -> None:
    await connected(office)
    fields = {"username": "maya", "password": "PASS-word-1"}
    rotated = await office("POST", "/v1/connections/acme/rotate", {"method": "password", "fields": fields})
    assert rotated.status_code == 200 and rotated.json()["method"] == "password"
    assert kept(office).secrets["client_secret"] == given("app")["client_secret"], (
        "it is asked for there too, and stays"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"fields": {"host": "other.example.com", "client_secret": "x"}}, "stays as it is"),
        ({"fields": {}}, "at least one"),
        ({}, "at least one"),
        ({"fields": {"token": "t"}}, "no such field"),
        ({"fields": {"client_secret": "x"}, "method": "none"}, "no way"),
    ],
)
async def test_what_is_no_credential_is_refused(office: Hosted, building: Building, body: Any, said: str) -> None:
    await connected(office)
    asked = len(building.office.asked)
    refused = await office("POST", "/v1/connections/acme/rotate", body)
    assert refused.status_code == 422 and said in refused.text
    assert len(building.office.asked) == asked


async def test_a_consent_is_asked_for_anew_with_the_address_that_the_page_shows(
    office: Hosted, page: httpx.AsyncClient
) -> None:
    await connected(office)
    fields = {"method": "browser", "fields": {"client_secret": "NEW-secret-2"}}
    waiting = await office("POST", "/v1/connections/acme/rotate", fields)
    assert waiting.status_code == 202
    query = parse_qs(urlsplit(waiting.json()["authorize_url"]).query)
    shown = (await page.get("/connections")).text
    assert f'data-copy="{query["redirect_uri"][0]}"' in shown and "Add an app there." in shown
    assert kept(office).method == "app", "until somebody allows it"
    back = await page.get("/connected/main", params={"state": query["state"][0], "code": "c-1"})
    assert back.headers["location"] == "/connections?renewed=acme"
    assert "acme has its new credentials" in (await page.get(back.headers["location"])).text
    assert "has its new" not in (await page.get("/connections?renewed=nobody")).text
    assert (kept(office).method, kept(office).secrets["client_secret"]) == ("browser", "NEW-secret-2")
    assert "acme is connected." in (await page.get("/connections?connected=acme")).text


async def test_a_consent_on_the_page_is_reached_by_a_link(office: Hosted, page: httpx.AsyncClient) -> None:
    fields = dict.fromkeys(("client_id", "client_secret"), "x") | {"host": "acme.example.com"}
    asked = await page.post("/connections", data={"method": "browser", "name": "acme", **fields}, headers=OWN)
    assert asked.status_code == 200, asked.text
    link = re.findall(r'href="(https://[^"]+)"[^>]*>Go on to the platform', asked.text)
    assert len(link) == 1 and "state=" in link[0]
    assert "form-action 'self';" in asked.headers["content-security-policy"], "a form leads nowhere else"


async def test_a_key_for_other_connections_or_other_things_rotates_nothing(office: Hosted) -> None:
    await connected(office)
    body = {"fields": {"client_secret": "x"}}
    elsewhere, reader = office.made("connect", connections=["other"]), office.made("read", "run")
    for key, status in ((elsewhere, 404), (reader, 403)):
        assert (await office("POST", "/v1/connections/acme/rotate", body, key=key)).status_code == status
    assert (await office("POST", "/v1/connections/nobody/rotate", body)).status_code == 404


async def test_the_page_keeps_what_is_left_empty_and_shows_no_secret(
    office: Hosted, page: httpx.AsyncClient, building: Building
) -> None:
    await connected(office)
    fields = {"do": "rotate", "client_id": given("app")["client_id"], "client_secret": "NEW-secret-3"}
    done = await page.post("/connections/acme", data=fields, headers=OWN)
    assert done.status_code == 200 and "has its new credentials" in done.text and "NEW-secret-3" not in done.text
    assert kept(office).secrets["client_secret"] == "NEW-secret-3"
    nothing = await page.post("/connections/acme", data={**fields, "client_secret": ""}, headers=OWN)
    assert nothing.status_code == 422 and "at least one new credential" in nothing.text
    building.office.answers.append(REFUSED)
    refused = await page.post("/connections/acme", data={**fields, "client_secret": "WRONG-secret-3"}, headers=OWN)
    assert refused.status_code >= 400 and "acme is as it was." in refused.text and "WRONG-secret-3" not in refused.text
    assert kept(office).secrets["client_secret"] == "NEW-secret-3"


async def test_the_steps_on_the_platform_are_told_over_the_api(office: Hosted) -> None:
    ways = {each["key"]: each for each in (await office("GET", "/v1/connection-methods")).json()["items"]}
    assert ways["app"]["setup"] == ["Add an app there."] and ways["token"]["setup"] == []


def test_a_way_in_has_no_steps_unless_they_are_declared() -> None:
    assert Method(grant="token", title="Token", description="One.").setup == []
