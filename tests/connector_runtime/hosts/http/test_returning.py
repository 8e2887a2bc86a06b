"""Consents come back to whoever has asked for them, and to nobody else."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.keys import now_utc
from connector_runtime.hosts.http.pages.site import Site
from connector_runtime.values import as_text
from tests.connector_runtime.hosts.http.hosting import OWN, Hosted
from tests.connector_runtime.hosts.http.test_audit import lines
from tests.connector_runtime.hosts.http.test_rotation import building, given, office, page
from tests.connector_runtime.hosts.http.test_seen import browser, id_of

__all__ = ["building", "office", "page"]

FORM = {"method": "browser", "name": "acme", **given("browser")}


def names(api: Hosted) -> list[str]:
    return [each["name"] for each in api.host.opened("main").home.connections() if each["name"] != "sandbox"]


async def asked_on(page: httpx.AsyncClient) -> dict[str, str]:
    """What a platform sends the browser back with, that has asked on the page."""
    answer = await page.post("/connections", data=FORM, headers=OWN)
    (link,) = re.findall(r'href="(https://[^"]+)"[^>]*>Go on to the platform', answer.text)
    return brought(link.replace("&amp;", "&"))


async def asked_over_the_api(api: Hosted, key: str) -> dict[str, str]:
    body = {"name": "acme", "method": "browser", "fields": given("browser")}
    return brought((await api("POST", "/v1/connections", body, key=key)).json()["authorize_url"])


def brought(url: str) -> dict[str, str]:
    return {"state": parse_qs(urlsplit(url).query)["state"][0], "code": "c-1"}


async def test_a_browser_brings_what_it_has_asked_for_itself(office: Hosted, page: httpx.AsyncClient) -> None:
    back = await asked_on(page)
    answer = await page.get("/connected/main", params=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connections?connected=acme")
    assert names(office) == ["acme"]
    assert lines(office)[-1] == ("connect_by_consent", "main acme", 303)
    again = await page.get("/connected/main", params=back)
    assert again.status_code == 400 and "nobody waits for this consent any more" in again.text


async def test_a_cookie_that_is_kept_back_at_first_is_shown_when_asked_once_more(
    office: Hosted, page: httpx.AsyncClient
) -> None:
    back = await asked_on(page)
    first = await office.client.get("/connected/main", params=back)
    (to,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', first.text)
    assert first.status_code == 200 and to.startswith("/connected/main/here?") and names(office) == []
    stranger = await office.client.get(to.replace("&amp;", "&"))
    assert (stranger.status_code, stranger.json()["code"]) == (400, "consent_mismatch")
    assert (await page.get(to.replace("&amp;", "&"))).status_code == 303
    assert names(office) == ["acme"]


async def test_another_browser_has_nothing_of_it_though_it_is_let_in(office: Hosted, page: httpx.AsyncClient) -> None:
    back = await asked_on(page)
    app = application(office.host, Site(office.host).routes())
    headers = browser(office, office.key)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host", headers=headers) as other:
        answer = await other.get("/connected/main/here", params=back)
    assert answer.status_code == 400 and "asked for in another browser" in answer.text and names(office) == []
    assert (await page.get("/connected/main", params=back)).status_code == 303


async def test_a_browser_that_has_left_brings_nothing(office: Hosted, page: httpx.AsyncClient) -> None:
    back = await asked_on(page)
    cookie = page.cookies["session"]
    await page.post("/leave", headers=OWN)
    answer = await office.client.get("/connected/main/here", params=back, headers={"cookie": f"session={cookie}"})
    assert (answer.status_code, answer.json()["code"], names(office)) == (400, "consent_mismatch", [])


@pytest.mark.parametrize("ended", [False, True])
async def test_a_key_that_has_ended_meanwhile_has_no_connection_made(office: Hosted, ended: bool) -> None:
    key = office.made("connect")
    back = await asked_over_the_api(office, key)
    if ended:
        assert office.host.tenants.revoke("main", id_of(key), as_text(now_utc()))
    answer = await office.client.get("/connected/main", params=back)
    assert (answer.status_code, names(office)) == ((400, []) if ended else (303, ["acme"]))


async def test_whoever_only_looks_uses_no_consent_up(office: Hosted) -> None:
    back = await asked_over_the_api(office, office.key)
    assert (await office.client.head("/connected/main", params=back)).status_code == 405
    assert (await office.client.get("/connected/main", params=back)).status_code == 303
