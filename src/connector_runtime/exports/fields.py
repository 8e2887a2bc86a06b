"""A schema's fields as facts, with a sample value for each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from connector_runtime.exports.facts import ChoiceFacts, FieldFacts
from connector_runtime.exports.listing import choices_of, kind_in_words
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import Json

IMPORTANT = {"important": True, "advanced": False}


def field_facts(
    schema: JsonSchema, samples: Sequence[Json] = (), *, asked: bool = True, inside: str = ""
) -> list[FieldFacts]:
    """The fields of an object, or of the rows of a list of objects.

    Of several sample objects the first counts that has something at the field. `asked` says whether somebody fills the
    fields in, so that being required means something.
    """
    required = schema.get("items", schema).get("required", [])
    return [
        _field(key, child, inside, (key in required) if asked else None, _inside(samples, key))
        for key, child in children(schema).items()
    ]


def _field(key: str, schema: JsonSchema, inside: str, required: bool | None, samples: list[Json]) -> FieldFacts:
    path = f"{inside}{key}"
    whole = [sample for sample in samples if sample not in (None, [], {})] or samples
    return FieldFacts(
        key=key,
        path=path,
        title=schema.get("title", key),
        type=kind_in_words(schema),
        required=required,
        description=schema.get("description", ""),
        choices=[ChoiceFacts(value=choice["const"], title=choice["title"]) for choice in choices_of(schema)],
        several=schema.get("x-list") == "comma",
        bounds=_bounds(schema),
        pick_list=schema.get("x-pick-list"),
        own_fields=schema.get("x-dynamic-fields"),
        important=IMPORTANT.get(schema.get("x-visibility", "")),
        sample=None if children(schema) or schema.get("x-secret") else next(iter(whole), None),
        fields=field_facts(schema, _rows(samples), asked=required is not None, inside=f"{path}/"),
    )


def _inside(samples: Sequence[Json], key: str) -> list[Json]:
    return [sample[key] for sample in samples if isinstance(sample, dict) and sample.get(key) is not None]


def _rows(samples: list[Json]) -> list[Json]:
    """Lists of objects opened, so that fields inside are found in the first row that has them."""
    return [row for sample in samples for row in (sample if isinstance(sample, list) else [sample])]


def _bounds(schema: JsonSchema) -> str:
    """`from 1 to 200; 1 to 500 of them`: what JSON Schema holds a value to beside its type."""
    said = [
        _span(schema.get("minimum"), schema.get("maximum"), "from {} to {}", "at least {}", "at most {}"),
        _span(_more_than(1, schema.get("minLength")), schema.get("maxLength"), *_counted("characters")),
        _span(schema.get("minItems"), schema.get("maxItems"), *_counted("of them")),
    ]
    return "; ".join(filter(None, said))


def _counted(what: str) -> tuple[str, str, str]:
    return f"{{}} to {{}} {what}", f"at least {{}} {what}", f"at most {{}} {what}"


def _more_than(least: int, value: int | None) -> int | None:
    """A length of 1 goes without saying: an empty text is a blank field."""
    return value if value is not None and value > least else None


def _span(low: int | None, high: int | None, both: str, lowest: str, highest: str) -> str:
    if high is not None and high >= 2**53:  # an ID: that it is a whole number says enough
        return ""
    if low is not None and high is not None:
        return both.format(f"{low:,}", f"{high:,}")
    if low is not None:
        return lowest.format(f"{low:,}")
    return "" if high is None else highest.format(f"{high:,}")
