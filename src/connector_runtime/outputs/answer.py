"""The part of an answer that an output describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from connector_runtime.definition import Action
from connector_runtime.errors import UnexpectedOutput, UnknownOutcome
from connector_runtime.values import Json, Response


class Answer(Mapping[str, Json]):
    """The fields of an answer, parsed when somebody looks into them; most handlers do not.

    Looking raises NotJson for what cannot be read, UnexpectedOutput where there is no object.
    """

    def __init__(self, response: Response, root: str) -> None:
        self.response = response
        self._root = root

    @cached_property
    def fields(self) -> dict[str, Json]:
        """The object at the answer's root."""
        root = self.response.at(self._root)
        if not isinstance(root, dict):
            raise UnexpectedOutput(_missing(self._root), pointer=self._root)
        return root

    def __getitem__(self, name: str) -> Json:
        return self.fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


def answered(action: Action, response: Response) -> Json:
    """The part of an answer that the output describes: an Answer, which for a read nobody has looked into yet.

    A change may be answered without a body: then every field is null. With another body than the documented one
    it proves nothing, so UnknownOutcome is raised.
    """
    root = action.response.root
    if action.kind != "read":
        if not response.content:
            return {}
        if not isinstance(response.at(root), dict):
            raise UnknownOutcome(f"the platform accepted the request, but {_missing(root)}", pointer=root)
    return Answer(response, root)


def _missing(root: str) -> str:
    return f"the answer has no object at {root or '/'}"
