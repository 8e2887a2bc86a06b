# ruff: noqa: E501 — a case is read best on one line
"""Operations stand beside actions, and `registration` names those that deal with webhooks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connector_runtime.definition import load, summaries
from connector_runtime.errors import InvalidInput
from tests.casebook import ROOT
from tests.connector_runtime.workshop import TOY, altered, copied, faults

HOME = "connector.yaml"
NAMED = "registration: {list: list_webhooks, create: create_webhook, remove: remove_webhook}"
CODE = "    - {status: 410, code: unknown_webhook, cause: It is gone., fix: Nothing.}\n"
KEYS = ("list_webhooks", "create_webhook", "remove_webhook")


def with_operations(directory: Path) -> Path:
    """The toy connector with operations for webhooks."""
    folder = copied(directory)
    shutil.copytree(ROOT / "operations", folder / "operations")
    for key in KEYS:
        shutil.copytree(ROOT / "fixtures" / key, folder / "fixtures" / key)
    altered(folder, HOME, "deliveries: {id", f"{NAMED}\n\ndeliveries: {{id")
    altered(folder, HOME, "  catalogue:\n", f"  catalogue:\n{CODE}")
    return folder


FAULTS = [
    (HOME, "list: list_webhooks", "list: list_webhook", "no operations/list_webhook.yaml, did you mean `list_webhooks`? (at /registration/list)"),
    (HOME, "list: list_webhooks", "list: list_loans", "there is no operations/list_loans.yaml, did you mean `list_webhooks`? (at /registration/list)"),
    (HOME, "create: create_webhook", "create: remove_webhook", "`remove_webhook` is of the kind delete, and must be create (at /registration/create)"),
    ("operations/create_webhook.yaml", "    password: {title: Password, description: Of that user., type: string, x-secret: true}", "    password: {title: Password, description: Of that user., type: string}", "the field `password` of `create_webhook` lets others in who read it: say x-secret (at /registration/create)"),
    ("operations/list_webhooks.yaml", "          enabled: {title: Enabled, description: Whether it makes any., type: boolean}\n", "", "`list_webhooks` needs a field `enabled` (at /registration/list)"),
    ("operations/remove_webhook.yaml", "key: remove_webhook", "key: remove_webhooks", "the file is called remove_webhook"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS, ids=[said for *_, said in FAULTS])
def test_what_is_wrong_with_operations_is_told_with_its_place(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = with_operations(tmp_path)
    assert faults(folder) == []
    altered(folder, file, old, new)
    assert any(said in fault for fault in faults(folder)), faults(folder)


def test_an_operation_has_no_actions_name(tmp_path: Path) -> None:
    folder = with_operations(tmp_path)
    for ending in ("yaml", "py"):
        shutil.copy(folder / "operations" / f"list_webhooks.{ending}", folder / "actions")
    assert "operations/list_webhooks.yaml:2:1: there is an action `list_webhooks` already (at /key)" in faults(folder)


def test_operations_are_not_among_the_actions(tmp_path: Path) -> None:
    folder = with_operations(tmp_path)
    connector = load(folder)
    assert set(connector.operations) == set(KEYS)
    assert list(connector.actions) == list(load(TOY).actions) == list(summaries(folder))
    assert set(connector.declared) == {*connector.actions, *KEYS}
    with pytest.raises(InvalidInput, match="there is no action `create_webhook`"):
        connector.action("create_webhook")
    assert connector.handler(connector.operations["create_webhook"]).applied is not None


def test_an_operation_that_changes_is_read_again(tmp_path: Path) -> None:
    folder, kept = with_operations(tmp_path), tmp_path / "kept"
    assert load(folder, kept).operations["list_webhooks"].title == "List webhooks"
    altered(folder, "operations/list_webhooks.yaml", "title: List webhooks", "title: List hooks")
    assert load(folder, kept).operations["list_webhooks"].title == "List hooks"
