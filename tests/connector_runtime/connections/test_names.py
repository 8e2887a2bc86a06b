"""The names of connections."""

from __future__ import annotations

import pytest

from connector_runtime.connections.names import checked_name
from connector_runtime.errors import InvalidInput


@pytest.mark.parametrize("name", ["acme", "7", "Acme.Prod_2-eu", "a" * 64, "sandbox-2"])
def test_a_name_has_letters_digits_and_signs_between_them(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", " ", "-acme", "..", "a/b", "a b", "é", "a\n", "a" * 65, "\udcff"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Name: "):
        checked_name(name)


@pytest.mark.parametrize("name", ["sandbox", "Sandbox"])
def test_the_sandboxs_name_is_taken(name: str) -> None:
    with pytest.raises(InvalidInput, match="the name of the sandbox"):
        checked_name(name)
