"""What somebody is asked for to connect: fields on the command line, from files and variables, and at a prompt."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from connector_runtime.connections.concealed import Concealed
from connector_runtime.definition.connection import ConnectionTemplate
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Problem, did_you_mean


def asked_method(template: ConnectionTemplate) -> str | None:
    """The way to connect that somebody chooses; None where there is nothing to choose, or nobody to ask."""
    methods = list(template.authentication.methods.items())
    if len(methods) == 1 or not sys.stdin.isatty():
        return None
    for number, (_, method) in enumerate(methods, 1):
        words.note(f"  {number}  {click.style(method.title, bold=True)}. {method.description}")
    chosen = click.prompt("Way to connect", type=click.IntRange(1, len(methods)), default=1, err=True)
    return methods[chosen - 1][0]


def given_fields(fields: Mapping[str, JsonSchema], pairs: tuple[str, ...]) -> Concealed:
    """The fields that stand on the command line. Raises InvalidInput, all at once."""
    given, problems = Concealed(), []
    for number, pair in enumerate(pairs, 1):
        name, equals, text = pair.partition("=")
        secret = fields.get(name, {}).get("x-secret", False)
        title = fields.get(name, {}).get("title", name)
        if not equals or name not in fields:
            # It may be a secret, all of it, so nothing of it is repeated.
            meant = did_you_mean(name, fields) or f"; there are: {', '.join(fields)}"
            said = f"number {number} of the fields is none of this way to connect, as FIELD=VALUE{meant}"
            problems.append(Problem("fields", said, "Fields"))
        elif name in given:
            problems.append(Problem(name, "is given twice", title))
        elif secret or text.startswith(("@", "env:")):
            value, wrong = elsewhere(text, secret)
            problems += [Problem(name, wrong, title)] if wrong else []
            given[name] = value
        else:
            given[name] = text
    if problems:
        raise InvalidInput(problems)
    return given


def asked_fields(fields: Mapping[str, JsonSchema], given: Mapping[str, str], kept: Mapping[str, str]) -> Concealed:
    """The fields that were given, and the others: as somebody answers at a prompt, or as they are `kept` already.

    What is no secret is not asked for where it is kept; a secret is, and an empty answer keeps it. Where there is no
    terminal nothing is asked. Raises InvalidInput.
    """
    whole, asking = Concealed(given), sys.stdin.isatty()
    for name, schema in fields.items():
        if name in given:
            continue
        if asking and (schema.get("x-secret") or name not in kept):
            whole[name] = _prompted(schema, name, optional=name in kept) or kept.get(name, "")
        elif name in kept:
            whole[name] = kept[name]
    return whole


def elsewhere(text: str, secret: bool) -> tuple[str, str]:
    """What stands in a file or a variable, and what is wrong with that."""
    if text.startswith("@"):
        file = "that file" if secret else text[1:]  # who takes @ and env: for part of a secret has not named a file
        try:
            return Path(text[1:]).read_text(encoding="utf-8").rstrip("\r\n"), ""
        except (OSError, ValueError) as wrong:
            return "", f"{file} cannot be read ({getattr(wrong, 'strerror', None) or 'no text in UTF-8'})"
    if text.startswith("env:"):
        value = os.environ.get(text[4:])
        variable = "that variable" if secret else f"the variable {text[4:]}"
        return value or "", "" if value else f"{variable} is not set"
    assert secret
    return "", (
        "a secret does not belong on a command line, where others can read it: write @FILE or env:NAME, or leave the "
        "field out to be asked"
    )


def _prompted(schema: JsonSchema, name: str, *, optional: bool) -> str:
    """What somebody answers; `optional`: it may be nothing, which keeps what is kept."""
    title, secret = schema.get("title", name), schema.get("x-secret", False)
    more = " (empty keeps the one there is)" if optional else ""
    means: dict[str, Any] = {"err": True} | ({"default": "", "show_default": False} if optional else {})
    if description := schema.get("description"):
        words.note(click.style(f"  {description}", dim=True))
    if secret and "PEM" in (description or ""):
        answer: str = click.prompt(f"{title}, the path of its file{more}", **means)
        if optional and not answer:
            return ""
        value, wrong = elsewhere(f"@{answer}", secret)
        if wrong:
            raise InvalidInput([Problem(name, wrong, title)])
        return value
    typed: str = click.prompt(title + more, hide_input=secret, **means)
    return typed
