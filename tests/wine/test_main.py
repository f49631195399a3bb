"""The arguments of the lane come before those of Python."""

from __future__ import annotations

import pytest

from harness.wine.__main__ import split


@pytest.mark.parametrize(
    ("arguments", "for_lane"),
    [
        ([], 0),
        (["--tests", "-m", "pytest", "--tests"], 1),
        (["--rules", "stock", "-c", "print()"], 2),
        (["--rules=stock", "--tests", "script.py", "--help"], 2),
        (["-h"], 1),
        (["-hm"], 0),
    ],
)
def test_the_first_strange_argument_begins_those_of_python(arguments: list[str], for_lane: int) -> None:
    assert split(arguments) == (arguments[:for_lane], arguments[for_lane:])
