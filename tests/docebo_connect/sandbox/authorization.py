"""How an application gets its tokens: it asks for consent, then for the token."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client

REDIRECT = "http://127.0.0.1:53682/callback"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def ask(anybody: Client, encoding: str, **grant: str) -> httpx.Response:
    """Ask for a token in one of the encodings that are in use."""
    own = anybody.site.credentials
    client = {"client_id": own["client_id"], "client_secret": own["client_secret"]}
    if encoding == "basic":
        return anybody.post("/oauth2/token", data=grant, auth=(client["client_id"], client["client_secret"]))
    if encoding == "json":
        return anybody.post("/oauth2/token", json=client | grant)
    if encoding == "multipart":
        return anybody.post("/oauth2/token", files={name: (None, value) for name, value in (client | grant).items()})
    return anybody.post("/oauth2/token", data=client | grant)


def consent(anybody: Client, **changes: str | None) -> dict[str, str]:
    """What the browser brings back from the authorization page."""
    query = {
        "response_type": "code",
        "client_id": anybody.site.credentials["client_id"],
        "redirect_uri": REDIRECT,
        "scope": "api",
        "state": "xyz",
    } | changes
    response = anybody.get("/oauth2/authorize", params={name: value for name, value in query.items() if value})
    assert response.status_code == 302
    location = response.headers["location"]
    assert location.startswith(str(query["redirect_uri"]))
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def opens(site: Site, token: str) -> bool:
    return Client(site, {"Authorization": f"Bearer {token}"}).get(COURSE_LIST).status_code == 200
