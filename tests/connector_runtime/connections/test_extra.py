"""Where the packages of an extra are not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connector_runtime.connections import keys
from connector_runtime.connections.extra import extra
from connector_runtime.connections.tokens import tokens_in
from connector_runtime.errors import InvalidInput
from tests.connector_runtime.workshop import answer

EXTRAS = ("oauthlib", "jwt", "cryptography", "keyring")
MODULES = ("assertions", "consent", "grants", "keys", "kept", "names", "safe", "sealing", "tokens")


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oauthlib.oauth2", None)
    with pytest.raises(InvalidInput, match=r"oauthlib.* is not installed") as caught:
        tokens_in(answer({"access_token": "a"}), 0)
    assert caught.value.code == "extra_missing"
    assert caught.value.fix == 'Install the extra `connections`: pip install "docebo-connect[connections]"'


def test_where_several_packages_bring_connectors_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: ())
    with pytest.raises(InvalidInput) as caught, extra("connections"):
        raise ModuleNotFoundError("no", name="jwt")
    assert caught.value.fix == "Install the extra `connections` of the package that brings this program."


def test_the_keyring_is_an_extra_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InvalidInput, match="keyring") as caught:
        keys.InKeyring("toy", "/data").read()
    assert "extra `keyring`" in caught.value.fix


def test_another_error_of_an_import_stays_what_it_is() -> None:
    with pytest.raises(ImportError, match="broken") as caught, extra("connections"):
        raise ImportError("broken")
    assert type(caught.value) is ImportError


def test_none_of_these_packages_is_imported_before_it_is_used() -> None:
    imports = "; ".join(f"import connector_runtime.connections.{name}" for name in MODULES)
    program = f"import sys; {imports}; print([name for name in {EXTRAS!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
