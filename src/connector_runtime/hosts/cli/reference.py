"""docs/cli.md: every command with its options, from the commands themselves, and what programs may rely on."""

from __future__ import annotations

from collections.abc import Iterator

import click

from connector_runtime import present
from connector_runtime.wording import WHOSE

SURFACE = """\
## What other programs may rely on

Results go to standard output, everything else to standard error. `NO_COLOR` is honoured.
`{prefix}_DATA_DIR` names the data directory; `--data-dir` wins over it. Without either it is the user's
own for this program, on Linux `~/.local/share/{program}`. The connector's files are read once and kept compiled until
one of them changes: in `definitions/` of the data directory where one is named, else of the user's cache directory, on
Linux `~/.cache/{program}`. That folder may be deleted at any time.

- `actions --json` is a list; each item has `key`, `title`, `action_name`, `summary`, `description`, `input`,
  `output`, `request`, `emits`, `kind`, `if_already`, `samples`, `source`. `input` and `output` are self-contained JSON
  Schemas; their titles are the vendor's labels, their types the documented ones. Any output field may be
  null.
- `run ACTION --json` prints the run's record: `run_id`, `action`, `version`, `connection`, `platform`, `status`
  (`running`, `succeeded`, `failed`), `input`, `requests`, `output`, `events`, `waits`, `effect` (`none`,
  `unknown`, `done`), `sent_at`, `last_sent_at`, `recovered`, `if_already`, `already`, `because_of`, `presumed`,
  `chain`, `warnings`, `error`, `started_at` (UTC), `duration_s`. A failed run prints its record too.
  `runs show ID --json` prints the same, and `runs --json` a list of them.
- A request is `{{method, path, query, body, status, attempt, duration_s}}`; `status` is null when no answer
  came.
- `webhooks check NAME --json` prints `connection`, `good`, `tag`, `wrong` (of `missing`, `disabled`, `other_events`,
  `other_url`, `elsewhere`, `unregistered`), and `webhooks` and `orphans`, each `{{id, name, enabled, events}}`. Its
  exit code is 1 where it is not good.
- A wait is `{{before_attempt, seconds, why}}`. `recovered` is true when the answer to a change was lost and a look at
  the platform showed that the change was made.
- `if_already` is `succeed` or `fail`, as `--if-already` or the action says, null for actions that have no such end;
  `already` is true when such a run found nothing left to do: it changed nothing, causes no event, and its output holds
  nulls.
- `input` is what was given, as it was given: `"7"` where a form or a command line gave text. `plan` shows it checked.
- `because_of` is the cursor of the event that started the run, null where that is not known; `presumed` says that
  nobody said so; `chain` is how many runs led to this one, each by an event of the one before.
- An event is `{{event, status: "expected", match, count}}`; `count` is a number, or `"one or more"`.
- A warning is `{{pointer, message}}`; the pointer is a JSON pointer into the output.
- `error` is null or `{{type, code, message, fix, whose, pointer, docs, problems: [{{field, title, pointer, message}}],
  effect}}`. `whose` is whose move it is: {whose}.
  `pointer` is a JSON pointer to the input that the error is about; of `UnexpectedOutput`, `NoProgress` and
  `UnknownOutcome`, into the answer; empty where there is no such place. `docs` leads to the code on
  [the page of errors](errors.md), which has them all. When a command fails before there is a run, `--json` prints
  `{{"error": …}}` with that same object.
- The record of a run over many pages keeps the first five and the latest five requests whose answers were read, and
  those that were on their way when it ended.
- `run ACTION --all-pages` prints one row per line as JSON, in UTF-8. Its record has no output, but `counts: {{pages,
  records}}` and `bookmark`; with `--json` it is the last line. `bookmark` is null at the list's end; else `--after`
  with the run's ID goes on there. No row is left out then, if the rows went to a file; after a process that was killed,
  some may come again. A list that has shrunk meanwhile is not gone on with: `NoProgress`, code `shrinking_total`.
- `plan ACTION --json` prints `action`, `connection`, `input`, `requests` (each with `sent`), `events`,
  `changes`, `warnings`, and `estimate`: with `--all-pages` `{{records, calls}}` where the platform tells, else null.
- `listing --out DIR` writes `listing.json`, which has the shape of [a JSON Schema](definition/listing.schema.json);
  `--json` prints `{{written}}`, the files.
- `sandbox --json` prints one line `{{url, client_id, client_secret, username, password}}` as soon as it
  answers, and stops cleanly on SIGTERM.

## Exit codes

| code | errors |
|---|---|
| 0 | success |
| 1 | a page is not fresh (`docs --check`), or the output cannot be written |
| 130 | interrupted |
"""


def page(root: click.Context) -> str:
    """The whole page, as Markdown."""
    name = root.info_name or "program"
    lines = [f"# The command line\n\nGenerated by `{name} docs`; do not edit.\n"]
    lines += _command(root, 2)
    whose = ", ".join(f"`{each}`" for each in WHOSE)
    prefix = name.upper().replace("-", "_")
    lines.append(SURFACE.format(prefix=prefix, program=name, whose=whose) + "".join(_exit_codes()))
    return "\n".join(lines)


def _exit_codes() -> Iterator[str]:
    codes = sorted({exit_code for exit_code, _ in present.TABLE.values()})
    for code in codes:
        names = [f"`{error.__name__}`" for error, (exit_code, _) in present.TABLE.items() if exit_code == code]
        yield f"| {code} | {', '.join(names)} |\n"


def _command(context: click.Context, depth: int) -> Iterator[str]:
    """A command and those inside it."""
    context.terminal_width, context.color = 100, False
    yield f"{'#' * min(depth, 3)} `{context.command_path}`\n\n```text\n{context.command.get_help(context)}\n```\n"
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            child = context.command.get_command(context, name)
            assert child is not None  # it was listed
            yield from _command(click.Context(child, info_name=name, parent=context), depth + 1)
