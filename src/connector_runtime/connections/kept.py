"""A connection as it is kept: what everybody may see of it, and what is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector_runtime.connections.concealed import Concealed, Unpicklable
from connector_runtime.connections.tokens import Tokens
from connector_runtime.definition.connection import Window
from connector_runtime.values import Json


@dataclass(frozen=True, kw_only=True)
class Kept(Unpicklable):
    """One connection. `fields` are those that are no secrets; `created_at` is UTC as ISO 8601.

    `allow_assumed` names the actions that may change this platform although their endpoint is only assumed; `limits`
    hold instead of the connector's, unless they are None. `version` is the store's, 0 before it is kept.
    """

    name: str
    method: str
    """Key of the way in which it was let in."""
    fields: Mapping[str, str]
    base_url: str
    allow_assumed: frozenset[str] = frozenset()
    limits: tuple[Window, ...] | None = None
    created_at: str = ""
    secrets: Mapping[str, str] = field(default_factory=Concealed, repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    version: int = 0

    def public(self) -> dict[str, Json]:
        """The document that hosts may show; the keys and their order are stable."""
        windows = None if self.limits is None else [{"calls": w.calls, "seconds": w.seconds} for w in self.limits]
        return {
            "name": self.name,
            "method": self.method,
            "fields": dict(self.fields),
            "base_url": self.base_url,
            "allow_assumed": sorted(self.allow_assumed),
            "limits": windows,
            "created_at": self.created_at,
        }

    def private(self) -> dict[str, Json]:
        """The document that is sealed. The public one is in it, so that nobody sends the secrets to another address."""
        tokens = None if self.tokens is None else self.tokens.as_document()
        return {"public": self.public(), "secrets": dict(self.secrets), "tokens": tokens}

    @classmethod
    def restored(cls, private: dict[str, Json], version: int) -> Kept:
        """A connection as it was sealed."""
        public, tokens = private["public"], private["tokens"]
        windows = None if public["limits"] is None else tuple(Window(**each) for each in public["limits"])
        return cls(
            **public | {"allow_assumed": frozenset(public["allow_assumed"]), "limits": windows},
            secrets=Concealed(private["secrets"]),
            tokens=None if tokens is None else Tokens.from_document(tokens),
            version=version,
        )

    def all_fields(self) -> Concealed:
        """Those that are no secrets and those that are: what a grant takes."""
        return Concealed({**self.fields, **self.secrets})
