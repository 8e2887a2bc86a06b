"""The fast reader of an action's answers: the tolerant one's output, without building what is not documented."""

from __future__ import annotations

import msgspec

from connector_runtime.definition import Action
from connector_runtime.outputs.program import Program, Unfit
from connector_runtime.values import Json

WORTH_A_PROGRAM = 50_000
"""Bytes of answers that the tolerant reader has read before a program for them has been written."""

SAMPLE = 20_000
"""Bytes of an answer from its beginning, in which its names have stood in their order."""


class Compiled:
    """Two programs for one action's answers, which get better with the answers that they read.

    The first expects any field in any spelling, and notes which come in another than the usual one. The second, from
    the second answer on, expects that of these only; where it is wrong, it is the first one's turn again.
    """

    def __init__(self, action: Action, no_value: tuple[str, ...]) -> None:
        self._action, self._no_value = action, no_value
        self._seen = 0
        self._odd: set[str] = set()
        self._programs: dict[bool, tuple[int, Program]] = {}

    def read(self, content: bytes) -> Json:
        """The documented output of an answer, or None for an answer that the tolerant reader has to read.

        What is not documented is skipped, so a number there that is larger than any computer's goes unnoticed.
        """
        self._seen += len(content)
        if self._seen < WORTH_A_PROGRAM:
            return None
        try:
            if self._programs:
                try:
                    return self._program(content, usual=True)(content)
                except msgspec.ValidationError:
                    pass
            return self._program(content, usual=False)(content)
        except (msgspec.DecodeError, UnicodeError, RecursionError, Unfit):
            return None

    def _program(self, content: bytes, *, usual: bool) -> Program:
        """One of the two, written anew when it does not allow for all that has been odd since."""
        known, program = self._programs.get(usual, (0, None))
        if program is None or (known != len(self._odd) and (usual or program.objects & self._odd)):
            output, root = self._action.output, self._action.response.root
            program = Program(output, root, self._no_value, self._odd, usual=usual, sample=content[:SAMPLE])
            self._programs[usual] = len(self._odd), program
        return program
