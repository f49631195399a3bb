"""Lanes for the tests: the user's own, which the first test sets up if need be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import NotSupportedError
from harness.wine import Lane, prepare_lane, tools

if TYPE_CHECKING:
    from harness.wine import Rules


def _lane(rules: Rules) -> Lane:
    try:
        tools.require_linux()
        tools.wine()
        return prepare_lane(rules)
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="session")
def ntfs() -> Lane:
    return _lane("ntfs")


@pytest.fixture(scope="session")
def stock() -> Lane:
    return _lane("stock")
