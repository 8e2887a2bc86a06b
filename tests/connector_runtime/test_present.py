"""The one table from errors to exit codes and HTTP statuses."""

from __future__ import annotations

import pytest

from connector_runtime import present
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow
from tests.connector_runtime.test_errors import tree

LEAVES = [error for error in tree(ConnectorError) if error is not ConnectorError]
EXIT_CODES = {
    "InvalidInput": 2, "Conflict": 3, "EndlessChain": 3, "Refused": 3, "Unauthorized": 3, "NotFound": 3,
    "NotNow": 4, "RateLimited": 4, "PlatformBroken": 4, "Unreachable": 4, "UnknownOutcome": 4,
    "UnexpectedOutput": 5, "NoProgress": 5, "DefinitionError": 5,
}  # fmt: skip


@pytest.mark.parametrize("error", LEAVES)
def test_every_error_has_its_row(error: type[ConnectorError]) -> None:
    assert error in present.TABLE
    code, status = present.TABLE[error]
    assert code in (2, 3, 4, 5)
    assert 400 <= status <= 599


def test_the_exit_codes_are_those_that_the_house_promises() -> None:
    assert {error.__name__: present.TABLE[error][0] for error in LEAVES} == EXIT_CODES


def test_no_row_is_for_an_error_that_does_not_exist() -> None:
    assert set(present.TABLE) == set(LEAVES)


def test_success_is_zero_and_an_error_is_looked_up_by_its_own_type() -> None:
    assert present.exit_code(None) == 0
    assert present.exit_code(InvalidInput([])) == 2
    assert present.http_status(InvalidInput([])) == 422
    assert present.http_status(NotNow("later")) == 503
