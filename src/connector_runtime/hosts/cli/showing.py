"""`listing`: the marketplace's page, written as a static site."""

from __future__ import annotations

from pathlib import Path

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.exports.site import DOCUMENT, site
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import json_option, setting_of
from connector_runtime.values import Problem

OF_EACH = ("actions", "triggers")
"""Folders with a page for each action and each trigger: those of what there is no more are removed."""


@click.command("listing")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="A new or empty folder, or one with an earlier listing.",
)
@json_option
@click.pass_context
def listing_command(context: click.Context, out: Path, as_json: bool) -> None:
    """Write the connector's listing to a folder: pages that need no server, and the same facts in listing.json."""
    _refuse_to_mix(out)
    files = site(setting_of(context).connector)
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for folder in OF_EACH:
        for path in (out / folder).glob("*.html"):
            if f"{folder}/{path.name}" not in files:
                path.unlink()
    if as_json:
        words.say_json({"written": [str(out / name) for name in files]})
    else:
        click.echo(f"wrote {words.counted(len(files), 'file')}; open {out / 'index.html'}")


def _refuse_to_mix(out: Path) -> None:
    """Pages are only written over pages: a folder with something else in it was not meant."""
    if out.is_dir() and any(out.iterdir()) and not (out / DOCUMENT).is_file():
        raise InvalidInput(
            [Problem("out", f"{out} has something else in it")],
            fix="Name a new or empty folder, or one with an earlier listing.",
        )
