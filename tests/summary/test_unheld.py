"""The reason why injected holds met no operation."""

from __future__ import annotations

import pytest

from harness.summary.unheld import DrawnHold, Unheld, why_unheld


@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        ([], "none drawn"),
        ([DrawnHold(None, 5.0, failed=False)], "too late"),
        ([DrawnHold(9.0, 5.0, failed=False)], "too late"),
        ([DrawnHold(1.0, 5.0, failed=False)], "too early"),
        ([DrawnHold(None, 5.0, failed=True)], "not taken"),
        ([DrawnHold(1.0, 5.0, failed=True), *[DrawnHold(None, 5.0, failed=False)] * 2], "too late"),
    ],
)
def test_the_most_frequent_reason_is_given(holds: list[DrawnHold], reason: Unheld) -> None:
    assert why_unheld(holds) == reason
