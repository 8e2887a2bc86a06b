"""How long a chain of runs may become."""

from __future__ import annotations

import pytest

from connector_runtime.connections import Line
from connector_runtime.inputs import as_given
from connector_runtime.record import Record
from connector_runtime.run import OPEN, Retries
from connector_runtime.run.corridor import begun, carried_out
from tests.connector_runtime.run.declarations import OK, WRITE
from tests.connector_runtime.workshop import Platform, Shelf, housed


async def passed(
    chain: int, longest: int | None, platform: Platform, *, presumed: bool = False
) -> tuple[Record, Shelf]:
    connector, given, shelf = housed(WRITE), as_given({"id": 7}), Shelf()
    record = begun(connector, WRITE, given, "c")
    record.because_of, record.presumed, record.chain = 17, presumed, chain
    line = Line(platform.send)
    how = {"line": line, "keep": shelf.keep, "gate": OPEN, "retries": Retries(), "longest_chain": longest}
    return await carried_out(connector, WRITE, given, record, **how), shelf  # type: ignore[arg-type]


@pytest.mark.parametrize(("chain", "longest"), [(0, 0), (2, 2), (99, None)])
async def test_a_run_to_which_few_runs_led_is_let_pass(chain: int, longest: int | None) -> None:
    record, _ = await passed(chain, longest, Platform(OK))
    assert (record.status, record.document()["because_of"], record.document()["chain"]) == ("succeeded", 17, chain)


@pytest.mark.parametrize(("presumed", "why"), [(True, "the latest about the same thing"), (False, "as it was said")])
async def test_a_chain_that_is_too_long_is_stopped_before_anything_is_sent(presumed: bool, why: str) -> None:
    platform = Platform()
    record, shelf = await passed(3, 2, platform, presumed=presumed)
    assert record.error is not None
    assert (record.status, record.effect, record.error["code"]) == ("failed", "none", "endless_chain")
    assert (record.error["type"], record.error["whose"]) == ("EndlessChain", "recipe_author")
    assert record.error["message"].startswith("3 runs led to this one") and record.error["message"].endswith(why)
    assert "caused_by" in record.error["fix"] and "--longest-chain" in record.error["fix"]
    assert platform.requests == []
    assert shelf.documents[-1] == record.document()
