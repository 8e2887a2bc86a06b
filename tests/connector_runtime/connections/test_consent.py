"""Where a person allows a connection, and what the browser brings back."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from connector_runtime.connections.consent import code_in, consent_url, new_state, new_verifier
from connector_runtime.definition.connection import Authentication
from connector_runtime.errors import InvalidInput, Unauthorized
from tests.connector_runtime.connections.canaries import CANARY, told_by

WAY = Authentication(token="/token", authorize="/authorize", scope="api", input={}, methods={})
BACK = "http://127.0.0.1:1/back"


def test_the_address_of_the_consent_has_all_but_the_verifier() -> None:
    verifier = new_verifier()
    url = consent_url(WAY, "http://localhost:8000", {"client_id": "an app"}, f"{BACK}?x=1&y", "s t", verifier)
    assert url.startswith("http://localhost:8000/authorize?")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["an app"],
        "redirect_uri": [f"{BACK}?x=1&y"],
        "scope": ["api"],
        "state": ["s t"],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
    }
    assert verifier not in url


def test_a_verifier_and_a_state_are_new_each_time_and_of_signs_that_nothing_escapes() -> None:
    made = [make() for make in (new_verifier, new_state) for _ in range(50)]
    assert len(set(made)) == 100
    assert all(43 <= len(word) <= 128 for word in made), "RFC 7636, section 4.1"
    assert all(word.replace("-", "").replace("_", "").isalnum() for word in made)


@pytest.mark.parametrize(
    "brought",
    [
        f"{BACK}?code=c%2F1&state=s",
        f"  {BACK}?state=s&code=c%2F1#_=_\n",
        "/back?code=c%2F1&state=s",
        "?code=c%2F1&state=s",
        "code=c%2F1&state=s",
        "http://[?code=c%2F1&state=s",
    ],
)
def test_the_code_is_found_in_an_address_or_its_query(brought: str) -> None:
    assert code_in(brought, "s") == "c/1"


@pytest.mark.parametrize(
    "query",
    [f"code={CANARY}", f"code={CANARY}&state=", f"code={CANARY}&state=other", "", "%ff&=", "error=access_denied"],
)
def test_an_answer_to_another_question_is_refused_whatever_it_says(query: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        code_in(f"{BACK}?{query}", f"{CANARY}-state")
    assert caught.value.code == "consent_mismatch"
    assert CANARY not in told_by(caught.value)


def test_an_answer_without_a_code_is_none() -> None:
    with pytest.raises(InvalidInput, match="there is no code"):
        code_in("state=s", "s")


def test_who_says_no_is_told_so() -> None:
    with pytest.raises(Unauthorized, match="the connection was not allowed: No, thanks ") as caught:
        code_in("state=s&error=access_denied&error_description=No,+thanks", "s")
    assert (caught.value.code, caught.value.whose) == ("consent_denied", "connection_owner")


def test_a_platform_that_refuses_gives_its_reason_cut_and_on_one_line() -> None:
    with pytest.raises(Unauthorized) as caught:
        code_in("state=s&error=invalid_scope&error_description=No%0a%1b[31m" + 1000 * "x", "s")
    assert caught.value.code == "consent_refused"
    assert "No [31mxxx" in str(caught.value)
    assert len(str(caught.value)) < 400
