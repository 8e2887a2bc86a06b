"""`docs`: the generated pages, written or held fresh."""

from __future__ import annotations

import json
from pathlib import Path

import click

from connector_runtime.definition import Action, Case, Connector, Identity, Trigger
from connector_runtime.definition.reading import json_schema
from connector_runtime.exports import pages
from connector_runtime.hosts.cli import reference
from connector_runtime.hosts.cli.setting import setting_of
from connector_runtime.schema import JsonSchema

GRAMMAR = {"connector": Identity, "action": Action, "trigger": Trigger, "case": Case, "schema": JsonSchema}


@click.command("docs")
@click.option("--check", is_flag=True, help="Change nothing; fail when a page is not fresh.")
@click.pass_context
def docs_command(context: click.Context, check: bool) -> None:
    """Write the generated pages of the connector's folder: actions, assumptions, commands, and the grammar."""
    connector = setting_of(context).connector
    stale = [
        path for path, text in _pages(context, connector).items() if not path.is_file() or path.read_text() != text
    ]
    if check:
        for path in stale:
            click.echo(f"{path} is not fresh; run: {context.find_root().info_name} docs", err=True)
        context.exit(1 if stale else 0)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_pages(context, connector)[path], encoding="utf-8")
        click.echo(f"wrote {path}")


def _pages(context: click.Context, connector: Connector) -> dict[Path, str]:
    docs, readme = connector.folder / "docs", connector.folder / "README.md"
    whole = {
        docs / "actions.md": pages.actions(connector),
        docs / "assumptions.md": pages.assumptions(connector),
        docs / "cli.md": reference.page(context.find_root()),
    }
    for name, shape in GRAMMAR.items():
        whole[docs / "definition" / f"{name}.schema.json"] = json.dumps(json_schema(shape), indent=2) + "\n"
    if readme.is_file():
        whole[readme] = pages.with_table(readme.read_text(encoding="utf-8"), connector)
    return whole
