"""What the fixtures show of an action or an event: its sample, a value for each field, the errors its runs end in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from connector_runtime.definition import Action, Case, Connector, Trigger
from connector_runtime.exports.facts import SampleRun, SentRequest
from connector_runtime.values import Json, at
from connector_runtime.wording import WORDS


class RecordedRuns:
    """The cases of one action. Raises DefinitionError where one cannot be read."""

    def __init__(self, connector: Connector, action: Action) -> None:
        self._connector, self._action = connector, action

    @cached_property
    def _cases(self) -> dict[str, Case]:
        """Those that the declaration names come first."""
        key = self._action.key
        names = dict.fromkeys([*self._action.samples, *self._connector.cases(key)])
        return {name: self._connector.case(key, name) for name in names}

    @property
    def inputs(self) -> list[Json]:
        """What successful runs were given. Samples are of what works."""
        return [case.given for case in self._cases.values() if case.fails is None]

    @property
    def outputs(self) -> list[Json]:
        """What successful runs without a warning returned."""
        return [case.returns for case in self._cases.values() if case.fails is None and not case.warns]

    @property
    def codes(self) -> list[str]:
        """Codes of the errors in which runs end, each once, in the order of the alphabet."""
        return sorted(set(self._codes()))

    def _codes(self) -> Iterator[str]:
        for case in self._cases.values():
            if case.fails is not None and case.fails.code is not None:
                yield case.fails.code
            elif case.fails is not None and case.fails.error in WORDS:
                yield next(iter(WORDS[case.fails.error]))
        yield from self._action.if_already.codes if self._action.if_already else ()

    @property
    def sample(self) -> SampleRun:
        """The run that shows the action best."""
        name = self._action.samples[0]
        case = self._cases[name]
        requests = [exchange.request for exchange in case.exchanges]
        return SampleRun(
            name=name,
            input=case.given,
            requests=[SentRequest(method=r.method, path=r.path, query=r.query, body=r.body) for r in requests],
            output=case.returns,
        )


def payloads(connector: Connector, trigger: Trigger) -> Iterator[Json]:
    """The payloads of an event's sample deliveries, one for each occurrence."""
    habits = connector.identity.deliveries
    assert habits is not None  # where there are triggers, deliveries are declared
    for name in trigger.samples:
        delivery = connector.delivery(trigger.event, name)
        if (single := at(delivery, habits.payload)) is not None:
            yield single
        yield from (at(delivery, habits.payloads) or []) if habits.payloads else ()
