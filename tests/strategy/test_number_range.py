"""How a number that jitter makes differ is spelled: percentiles by their name, bounds as bounds."""

from __future__ import annotations

from harness.strategy.number_range import Range, drawn_range, one
from harness.text import milliseconds


def test_it_is_spelled_as_one_number_or_with_its_percentiles_and_bounds() -> None:
    assert one(5).spelled(milliseconds) == "5 ms"
    full = Range(50, 10, 90, 0, 2000)
    assert full.spelled(milliseconds) == "~50 ms (5th to 95th percentile: 10 ms to 90 ms; at most 2 s)"
    above = Range(50, 10, 90, 5, None)
    assert above.spelled(milliseconds) == (
        "~50 ms (5th to 95th percentile: 10 ms to 90 ms; at least 5 ms)"
    )
    assert full.in_short(milliseconds) == "~50 ms"
    assert one(0).is_nothing
    assert not full.is_nothing


def test_draws_have_no_bounds_but_those_that_are_known_for_them() -> None:
    found = drawn_range(range(1, 101))
    assert (found.median, found.p5, found.p95, found.least, found.most) == (50, 5, 95, None, None)
    assert drawn_range(range(1, 101), (0, 200)).most == 200
    assert drawn_range([7, 7, 7]) == one(7)
