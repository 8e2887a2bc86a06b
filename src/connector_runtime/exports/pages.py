"""The generated pages in Markdown: every action, every trigger and every assumption, from the facts of the listing."""

from __future__ import annotations

from collections.abc import Iterator

from connector_runtime.definition import Connector, Trigger
from connector_runtime.definition.source import GRADES
from connector_runtime.exports.document import action_facts, assumptions_of, event_facts
from connector_runtime.exports.facts import ActionFacts, Believed, ChoiceFacts, EventFacts, FieldFacts
from connector_runtime.exports.generated import GENERATED
from connector_runtime.exports.lists import lists
from connector_runtime.schema import Choice, choices_in_words
from connector_runtime.values import Json
from connector_runtime.yamlfile import dump

BEGIN, END = "<!-- actions: generated -->\n", "<!-- end of actions -->"


def actions(connector: Connector) -> str:
    """docs/actions.md: fields, request, events, sample and assumptions of every action."""
    parts = [f"# Actions of {connector.identity.title}\n", GENERATED, *_table(connector, "")]
    for action in connector.actions.values():
        parts += ["", *_action(action_facts(connector, action))]
    parts += ["", *lists(connector.identity)]
    return "\n".join(parts).rstrip() + "\n"


def triggers(connector: Connector) -> str:
    """docs/triggers.md: when each event fires, its payload, sample, causes and assumptions."""
    parts = [
        f"# Webhook events of {connector.identity.title}\n",
        GENERATED,
        "| Event | What happened | Caused by |",
        "|---|---|---|",
    ]
    events = [event_facts(connector, trigger) for trigger in connector.triggers.values()]
    for event in events:
        parts.append(f"| [{event.title}](#{event.event}) | {_cell(event.summary)} | {_causes(event) or '–'} |")
    for event in events:
        parts += ["", *_event(event, connector.triggers[event.event])]
    return "\n".join(parts).rstrip() + "\n"


def assumptions(connector: Connector) -> str:
    """docs/assumptions.md: what is believed beyond the vendor's article, with grade and reason."""
    parts = [
        "# Assumptions\n",
        GENERATED,
        "The vendor's article does not say everything. Whatever is believed beyond it stands here.\n",
        *(f"- **{grade}**: {words}" for grade, words in GRADES.items()),
    ]
    for group in assumptions_of(connector):
        parts += ["", f"## {group.title} (`{group.key}`)\n", "| Where | Grade | Why |", "|---|---|---|"]
        parts += [f"| `{a.where}` | {a.grade} | {_cell(a.why)} |" for a in group.assumptions]
    return "\n".join(parts) + "\n"


def with_table(readme: str, connector: Connector) -> str:
    """The README with its table of actions renewed between the two marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    return (
        before + begin + "\n".join(_table(connector, "docs/actions.md")) + "\n" + end + after
        if begin and end
        else readme
    )


def _table(connector: Connector, page: str) -> Iterator[str]:
    yield "| Action | What it does | Changes | Webhook events |"
    yield "|---|---|---|---|"
    for action in connector.actions.values():
        events = ", ".join(f"`{emit.event}`" for emit in action.emits) or "–"
        yield f"| [{action.title}]({page}#{action.key}) | {action.summary} | {action.kind} | {events} |"


def _action(action: ActionFacts) -> Iterator[str]:
    internal = " It is an internal endpoint: the vendor does not document it." if action.endpoint == "internal" else ""
    yield f'<a id="{action.key}"></a>\n\n## {action.title}\n'
    in_article = f" · in the article: {action.action_name}" if action.in_article else ""
    yield f"`{action.key}`{in_article}\n"
    yield f"{action.summary} {action.description}\n"
    yield f"Sends `{action.method} {action.path}`.{internal}\n"
    yield "| Input | Data type | Required | Description |"
    yield "|---|---|---|---|"
    yield from _rows(action.input)
    yield "\n| Output | Data type | Description |"
    yield "|---|---|---|"
    yield from _rows(action.output)
    yield "\n" + _events(action) + "\n"
    if action.if_already:
        yield f"Where nothing is left to do: {action.if_already}\n"
    yield from _sample(action)
    yield from _assumed(action.assumptions)


def _rows(fields: list[FieldFacts], depth: int = 0) -> Iterator[str]:
    """One line per field, children indented; where being required means nothing, there is no column for it."""
    for field in fields:
        words = field.description
        if field.choices:
            words += f" Choose {choices_in_words([_choice(choice) for choice in field.choices])}."
        if field.pick_list is not None:
            words += f" Pick list: [{field.pick_list}](#{field.pick_list})."
        if field.own_fields is not None:
            words += f" The platform's own fields: [{field.own_fields}](#{field.own_fields})."
        title = "&emsp;" * depth + f"{field.title} `{field.key}`"
        needed = [] if field.required is None else ["yes" if field.required else ""]
        yield "| " + " | ".join(map(_cell, [title, field.type, *needed, words])) + " |"
        yield from _rows(field.fields, depth + 1)


def _choice(choice: ChoiceFacts) -> Choice:
    return {"const": choice.value, "title": choice.title}


def _events(action: ActionFacts) -> str:
    if not action.events:
        return "Causes no webhook event."
    events = [
        f"[{caused.event}](triggers.md#{caused.event})"
        + (f" (when `{caused.when_input}` is true)" if caused.when_input else "")
        for caused in action.events
    ]
    return f"Causes {', '.join(events)}."


def _sample(action: ActionFacts) -> Iterator[str]:
    yield f"**Sample** `{action.sample.name}`\n"
    yield from _yaml("Input", action.sample.input)
    for request in action.sample.requests:
        shown: dict[str, Json] = {"method": request.method, "path": request.path}
        shown |= {"query": request.query} if request.query else {}
        shown |= {"body": request.body} if request.body is not None else {}
        yield from _yaml("Request", shown)
    if action.sample.output is not None:
        yield from _yaml("Output", action.sample.output)


def _event(event: EventFacts, trigger: Trigger) -> Iterator[str]:
    yield f'<a id="{event.event}"></a>\n\n## {event.title}\n'
    yield f"`{event.event}`{'' if event.in_article else ' · the article does not name it'}\n"
    yield f"{event.summary} {event.fires_when}\n"
    yield f"Caused by: {_causes(event) or 'none of the actions'}.\n"
    yield "| Payload | Data type | Always there | Description |"
    yield "|---|---|---|---|"
    yield from _rows(event.payload)
    yield f"\nPayloads that agree in {_listed(event.identity)} tell of the same happening."
    line = f"Those that agree in {_listed(event.order_per)}" if event.order_per else "All of them"
    yield f"{line} stand in one line, ordered by `{event.order_by}`.\n"
    yield _without_webhooks(trigger) + "\n"
    yield f"**Sample** `{event.sample_name}`\n"
    yield from _yaml("Delivery", event.sample)
    yield from _assumed(event.assumptions)


def _without_webhooks(trigger: Trigger) -> str:
    if (polling := trigger.polling) is None:
        return "Without webhooks: no list tells it."
    untold = [name for name in trigger.payload.get("properties", {}) if name not in polling.payload]
    said = (
        f"Without webhooks: `poll` reads [{polling.action}](actions.md#{polling.action}) for it, by "
        f"`{polling.cursor}`. A row may show up {polling.overlap_s} seconds late."
    )
    return f"{said} {_listed(untold)} {'is' if len(untold) == 1 else 'are'} null then." if untold else said


def _causes(event: EventFacts) -> str:
    return ", ".join(f"[{action.key}](actions.md#{action.key})" for action in event.caused_by)


def _listed(names: list[str]) -> str:
    *others, last = [f"`{name}`" for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def _yaml(title: str, value: Json) -> Iterator[str]:
    yield f"{title}:\n\n```yaml\n{dump(value)}```\n"


def _assumed(assumptions: list[Believed]) -> Iterator[str]:
    if assumptions:
        yield "Assumed beyond the article:\n"
        for believed in assumptions:
            yield f"- `{believed.where}` ({believed.grade}, {believed.grade_in_words}): {believed.why}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()
