"""A reader written for one output: msgspec types with the wire's names, and Python source that maps them.

A schema becomes an expression of `v`, a value on the wire. Texts of a declaration enter the source as literals or as
plain attribute names; everything else is bound to a name of ours.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from typing import Any, NamedTuple, NoReturn

import msgspec

from connector_runtime.outputs.tolerant import SCALARS, Tolerant, Way
from connector_runtime.outputs.wire import SCALAR, Field, Place, entangled, list_of, ways
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, follow, pointer_to, steps

USUAL: dict[str, Any] = {"integer": int, "number": int, "boolean": bool, "string": str}
"""How a type is spelled as a rule. msgspec holds values to it, so that nobody has to look at each."""


class Unfit(Exception):
    """This answer is for the tolerant reader."""


class Reads(NamedTuple):
    """How a value is read: the type of what may come, and the expression that makes its documented form of `v`."""

    wire: Any
    expression: str


class Spot(NamedTuple):
    """An object on the wire, and the ways to all the fields that are read from it."""

    place: Place
    ways: dict[Field, list[Way]]
    entangled: set[Field]


class Program:
    """Reads answers as a schema documents them. Raises Unfit, or msgspec's errors, where that takes more tolerance.

    `odd` are places in the output where a rule is broken: fields that come in another spelling than the usual one, and
    objects that come without any value. The program allows for them and adds those that it meets. One that is not
    `usual` allows for any spelling of any field.
    """

    def __init__(
        self,
        schema: JsonSchema,
        root: str,
        no_value: Collection[str],
        odd: set[str],
        *,
        usual: bool,
        sample: bytes = b"",
    ) -> None:
        self.objects: set[str] = set()
        """The places in the output that are read as msgspec types."""
        self._no_value, self._odd, self._usual = frozenset(no_value), odd, usual
        self._root = steps(root)
        self._sample = sample
        self._source: list[str] = []
        self._names: dict[str, Any] = {"follow": follow, "whole": Tolerant(no_value, _unfit).read, "empty": _empty}
        self._names |= {"spelled": self._spelled, "bare": self._bare, "only": self._only, "nothing": self._nothing}
        for kind in SCALARS:  # the same few numbers come again and again; as texts, 1 and 1.0 are two
            self._names[kind] = lru_cache(maxsize=1000, typed=kind == "string")(partial(self._plain, kind))
        self._decode, self._read = self._written(schema)

    def __call__(self, content: bytes) -> Json:
        """The documented output of an answer."""
        if not content.isascii():
            content.decode()  # msgspec skips what is not documented without looking at its encoding
        page = self._decode(content)
        for _ in self._root:
            page = page.f0 if page is not None else _unfit()
        return self._read(page) if page is not None else _unfit()

    def _written(self, schema: JsonSchema) -> tuple[Callable[[bytes], Any], Callable[[Any], Json]]:
        known = ways(schema) if "properties" in schema else None
        if known is None or any(map(str.isdecimal, self._root)):
            raise Unfit
        struct, body = self._object(schema, known, "")
        read = self._function("r", body)
        for step in reversed(self._root):
            envelope = Place()
            envelope.slot(step, struct | None)
            struct = envelope.struct(self._sample)
        exec(compile("\n".join(self._source), "<outputs>", "exec"), self._names)
        return msgspec.json.Decoder(struct).decode, self._names[read]

    def _value(self, schema: JsonSchema, place: str) -> Reads:
        if schema["type"] in SCALARS:
            return self._scalar(schema["type"], place)
        if "items" in schema:
            return self._list(schema["items"], f"{place}/0")
        if "properties" in schema and place not in self._odd and (known := ways(schema)) is not None:
            struct, body = self._object(schema, known, place)
            read = self._function("r", body)
            other = f"{read}(v) if v.__class__ is {self._bound(struct)} else only(v, {read})"
            return Reads(struct | list_of(struct) | str | None, f"None if v is None else {other}")
        return self._whole(schema)

    def _whole(self, schema: JsonSchema) -> Reads:
        return Reads(Any, f"whole({self._bound(schema)}, v)")

    def _scalar(self, kind: str, place: str) -> Reads:
        kept = " and ".join([f"v != {text!r}" for text in sorted(self._no_value)]) if kind == "string" else ""
        if self._usual and place not in self._odd:
            return Reads(USUAL[kind] | None, f"v if v is None or {kept} else None" if kept else "v")
        other = f"{kind}(v)"
        if not self._usual:
            other = f"spelled({kind!r}, {place!r}, v)"
        elif kind == "string":  # a text that is not kept has no value; for a cache, 0.0 and -0.0 would be the same
            number = f"{other} if v else str(v)"
            other = f"None if v.__class__ is str else 'true' if v is True else 'false' if v is False else {number}"
        usual = f"v.__class__ is {USUAL[kind].__name__}"
        return Reads(SCALAR, f"v if v is None or {f'{usual} and {kept}' if kept else usual} else {other}")

    def _list(self, schema: JsonSchema, place: str) -> Reads:
        if "properties" in schema and (known := ways(schema)) is not None:
            return self._rows(schema, known, place)
        wire, expression = self._value(schema, place)
        rows = "v" if expression == "v" else f"[{expression} for v in v]"
        return Reads(
            list_of(wire) | str | None, f"None if v is None else {rows} if v.__class__ is list else nothing(v)"
        )

    def _rows(self, schema: JsonSchema, known: dict[Field, list[Way]], place: str) -> Reads:
        """One function for all rows of a list: calling one for each would cost more than most of their fields."""
        struct, (*found, value) = self._object(schema, known, place)
        loop = ["if r is None:", "    add(None)", "    continue", *found, f"add({value})"]
        read = self._function("rows", ["out = []", "add = out.append", "for r in rows:", *_indented(loop), "out"])
        wire, other = list_of(struct | None) | str | None, "nothing(v)"
        if _recognized(known):
            wire, other = wire | struct, f"{read}((v,)) if v.__class__ is {self._bound(struct)} else nothing(v)"
        return Reads(wire, f"None if v is None else v and {read}(v) if v.__class__ is list else {other}")

    def _object(self, schema: JsonSchema, known: dict[Field, list[Way]], place: str) -> tuple[Any, list[str]]:
        """The msgspec type of an object, and the body of a function that makes the documented object of such an `r`."""
        self.objects.add(place)
        spot = Spot(Place(), known, entangled(known))
        body = self._body(schema, spot, place, ())
        if not _wraps(known):
            body.insert(0, f"if {'r.f0 is None and ' if known else ''}empty(r): bare({place!r})")
        return spot.place.struct(self._sample), body

    def _body(self, schema: JsonSchema, spot: Spot, place: str, inside: Field) -> list[str]:
        """Attributes of an object cost less than entries of a dict, and become one at once."""
        keys = list(schema["properties"])
        speakable = all(map(_speakable, keys))
        body = [f"o = {self._bound(type('Output', (), {}) if speakable else dict.fromkeys(keys).copy)}()"]
        for key, child in schema["properties"].items():
            field, where = (*inside, key), place + pointer_to([key])
            if field in spot.ways:
                *found, value = self._field(child, spot, where, field)
            else:
                found, value = [], f"{self._function('r', self._body(child, spot, where, field))}(r)"
            body += [*found, f"o.{key} = {value}" if speakable else f"o[{key!r}] = {value}"]
        return [*body, "o.__dict__" if speakable else "o"]

    def _field(self, schema: JsonSchema, spot: Spot, place: str, field: Field) -> list[str]:
        """Statements that find `v`, the first value that the wire has for a field, and then what is made of it."""
        if field in spot.entangled:
            reads = self._whole(schema)
            first, *others = [_shared(spot.place, way) for way in spot.ways[field]]
        else:
            reads = self._value(schema, place)
            first, *others = [_own(spot.place, way, reads.wire) for way in spot.ways[field]]
        if reads.expression == "v" and not others:
            return [first]
        return [f"v = {first}", *(f"if v is None: v = {other}" for other in others), reads.expression]

    def _function(self, given: str, body: list[str]) -> str:
        *found, value = body
        name = self._bound(None)
        self._source += [f"def {name}({given}):", *_indented([*found, f"return {value}"])]
        return name

    def _bound(self, value: Any) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name

    # What the source calls.

    def _plain(self, kind: str, value: Json) -> Json:
        """A scalar in another spelling than the usual."""
        if value == "" or value in self._no_value:
            return None
        read = SCALARS[kind](value)
        return read if read is not None else _unfit()

    def _spelled(self, kind: str, place: str, value: Json) -> Json:
        """The same, where this spelling was not expected; now it is."""
        if kind != "string" or value.__class__ is not str:
            self._odd.add(place)
        return self._plain(kind, value)

    def _bare(self, place: str) -> NoReturn:
        """An object has nothing, or nothing that is documented: only the tolerant reader can tell."""
        self._odd.add(place)
        _unfit()

    def _only(self, value: Json, read: Callable[[Any], Json]) -> Json:
        """An object that came in a list of its own, or as something that stands for nothing."""
        if value.__class__ is not list:
            return self._nothing(value)
        return None if not value else read(value[0]) if len(value) == 1 else _unfit()

    def _nothing(self, value: str) -> None:
        if value and value not in self._no_value:
            _unfit()


def _wraps(known: dict[Field, list[Way]]) -> bool:
    """Whether a field is a wrapper that stands for its object: then any name of the object counts."""
    return any(len(field) > 1 for field in known)


def _recognized(known: dict[Field, list[Way]]) -> bool:
    """Whether a row without its list can be told from a list with gaps, an object whose names are numbers."""
    return not _wraps(known) and not any(way[0].isdecimal() for its in known.values() for way in its)


def _own(place: Place, way: Way, wire: Any) -> str:
    """The value at a way, None where something else than an object stands on it."""
    *outer, last = way
    value = "r"
    for name in outer:
        attribute, place = place.inner(name)
        value = _attribute(value, attribute)
    return _attribute(value, place.slot(last, wire))


def _attribute(value: str, name: str) -> str:
    return f"r.{name}" if value == "r" else f"getattr({value}, {name!r}, None)"


def _shared(place: Place, way: Way) -> str:
    """The value at a way that begins as another field's does: it is looked up in all that is there."""
    return f"follow(r.{place.slot(way[0], Any)}, {way[1:]!r})"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _speakable(key: str) -> bool:
    """Whether a key may stand in the source as an attribute."""
    return key.isascii() and key.isidentifier() and not keyword.iskeyword(key) and not key.startswith("__")


def _empty(struct: Any) -> bool:
    return all(value is None for value in msgspec.structs.astuple(struct))


def _unfit(*_: str) -> NoReturn:
    raise Unfit
