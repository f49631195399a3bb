"""Units of lists in which not every number has one."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategy.durations import UNITS
from harness.strategy.list_units import readings, shrinks_from, units_of


class Wait(NamedTuple):
    text: str
    unit: str | None


def written(text: str) -> list[Wait]:
    """Waits such as ``50,100ms``."""
    found = []
    for part in text.split(","):
        digits = part.rstrip("usmin")
        found.append(Wait(digits, part[len(digits) :] or None))
    return found


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("50,100,800ms,1s", ["ms", "ms", "ms", "s"]),
        ("50ms,100", ["ms", None]),
        ("5", [None]),
        ("0,5s", ["s", "s"]),
    ],
)
def test_a_number_takes_the_next_unit(text: str, units: list[str | None]) -> None:
    assert units_of(written(text)) == units


def test_a_list_that_would_shrink_has_two_readings() -> None:
    waits = written("50,100,1s")
    units = units_of(waits)
    assert shrinks_from(waits, units) == 1
    assert readings(waits, units, 1) == ["50s,100s,1s", "50ms,100ms,1s"]


WAITS = st.lists(
    st.builds(Wait, st.integers(0, 999).map(str), st.none() | st.sampled_from(list(UNITS))), min_size=1
)


@given(WAITS)
def test_a_list_whose_waits_all_have_units_has_one_reading(waits: list[Wait]) -> None:
    with_units = [wait._replace(unit=wait.unit or "ms") for wait in waits]
    assert units_of(with_units) == [wait.unit for wait in with_units]
    assert shrinks_from(with_units, units_of(with_units)) is None
