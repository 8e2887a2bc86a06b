"""`docs`: the generated pages, written or held fresh."""

from __future__ import annotations

import json
from pathlib import Path

import click

from connector_runtime.definition import Action, Case, Connector, Identity, Trigger
from connector_runtime.definition.reading import json_schema
from connector_runtime.exports import catalogue
from connector_runtime.exports import pages as markdown
from connector_runtime.exports.facts import ListingFacts
from connector_runtime.hosts.cli import reference, words
from connector_runtime.hosts.cli.setting import json_option, setting_of
from connector_runtime.schema import JsonSchema

SHAPES = {
    "connector": Identity,
    "action": Action,
    "trigger": Trigger,
    "case": Case,
    "schema": JsonSchema,
    "listing": ListingFacts,  # not written by authors but by `listing`
}


@click.command("docs")
@click.option("--check", is_flag=True, help="Change nothing; fail when a page is not fresh.")
@json_option
@click.pass_context
def docs_command(context: click.Context, check: bool, as_json: bool) -> None:
    """Write the generated pages of the connector's folder: actions, events, assumptions, errors, commands, grammar."""
    connector = setting_of(context).connector
    pages = _pages(context, connector)
    stale = [path for path in pages if not path.is_file() or path.read_text(encoding="utf-8") != pages[path]]
    for path in stale if not check else ():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], encoding="utf-8")
    if as_json:
        words.say_json({"stale" if check else "written": [str(path) for path in stale]})
    for path in stale if not as_json else ():
        if check:
            words.note(f"{path} is not fresh; run: {context.find_root().info_name} docs")
        else:
            click.echo(f"wrote {path}")
    context.exit(1 if check and stale else 0)


def _pages(context: click.Context, connector: Connector) -> dict[Path, str]:
    docs, readme = connector.folder / "docs", connector.folder / "README.md"
    whole = {
        docs / "actions.md": markdown.actions(connector),
        docs / "triggers.md": markdown.triggers(connector),
        docs / "assumptions.md": markdown.assumptions(connector),
        docs / "errors.md": catalogue.page(connector),
        docs / "cli.md": reference.page(context.find_root()),
    }
    for name, shape in SHAPES.items():
        whole[docs / "definition" / f"{name}.schema.json"] = json.dumps(json_schema(shape), indent=2) + "\n"
    if readme.is_file():
        whole[readme] = markdown.with_table(readme.read_text(encoding="utf-8"), connector)
    return whole
