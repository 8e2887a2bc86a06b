"""`actions`: what the connector can do."""

from __future__ import annotations

import click

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, json_option, setting_of


@click.command("actions")
@json_option
@data_dir_option
@click.pass_context
def actions_command(context: click.Context, as_json: bool) -> None:
    """List what can be done."""
    setting = setting_of(context)
    if as_json:
        from connector_runtime.exports.listing import action_document

        words.say_json([action_document(action) for action in setting.connector.actions.values()])
        return
    summaries = setting.summaries
    width = max(map(len, summaries), default=0)
    for key, summary in summaries.items():
        click.echo(f"{click.style(key.ljust(width), bold=True)}  {summary}")
    words.note(f"\nMore about one of them: {setting.program} describe ACTION")
