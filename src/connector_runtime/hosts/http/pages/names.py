"""The names of what IDs stand for, as far as they were looked up lately."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from connector_runtime.definition import Action, Connector
from connector_runtime.run.looking import Recent
from connector_runtime.run.offered import Offer, set_values
from connector_runtime.values import Json

KEEP_S = 3600.0
"""So long a name that was looked up is shown without looking again: it stands beside its ID."""

MOST = 20_000
"""Names that are known at once, of all tenants."""

Labels = Mapping[str, str]
"""By JSON pointers."""


class Names:
    """The names that were looked up lately, each by its tenant, platform, list and value."""

    def __init__(self, recent: Recent | None = None) -> None:
        self._recent = Recent(KEEP_S, MOST) if recent is None else recent

    def learn(self, tenant: str, connector: Connector, action: Action, run: Mapping[str, Json], labels: Labels) -> None:
        """Keep what was looked up for a run's input, as far as it has names: a look may have failed for the others."""
        for pointer, key in _picked(tenant, connector, action, run):
            if " — " in labels.get(pointer, ""):
                self._recent.put(key, labels[pointer])

    def known(self, tenant: str, connector: Connector, action: Action, run: Mapping[str, Json]) -> tuple[Labels, bool]:
        """What is known of a run's input, and whether that is all that has a name."""
        labels = {offer.pointer: label for offer, value in _set(connector, action, run) if (label := _of(offer, value))}
        whole = True
        for pointer, key in _picked(tenant, connector, action, run):
            label = self._recent.get(key)
            whole = whole and label is not None
            if label is not None:
                labels[pointer] = label
        return labels, whole


def _set(connector: Connector, action: Action, run: Mapping[str, Json]) -> Iterator[tuple[Offer, Json]]:
    yield from set_values(connector, action, run["input"] if isinstance(run["input"], dict) else {})


def _of(offer: Offer, value: Json) -> str | None:
    """What a declaration calls a value."""
    titles = (each["title"] for each in offer.choices if str(each["const"]) == str(value))
    return next((f"{value} — {title}" for title in titles if title != str(value)), None)


def _picked(
    tenant: str, connector: Connector, action: Action, run: Mapping[str, Json]
) -> Iterator[tuple[str, Hashable]]:
    """The pointers of the values that stand in lists of the platform, and by what the name of each is known."""
    for offer, value in _set(connector, action, run):
        if offer.pick is None:
            continue
        needs = connector.identity.pick_lists[offer.pick].needs
        if all(run["input"].get(need) not in (None, "") for need in needs):
            inside = tuple(str(run["input"][need]) for need in needs)
            yield offer.pointer, (tenant, run["connection"], run["platform"], offer.pick, inside, str(value))
