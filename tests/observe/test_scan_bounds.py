"""Whatever the scans were, each is within its bounds: for all possible scans, not for examples."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.observe.scan_bounds import bounds, is_possible


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=60), st.sampled_from([round, int]))
def test_every_scan_is_within_the_bounds_of_its_rank(scans: list[float], rounded: type[int]) -> None:
    times = sorted(scans, reverse=True)
    logged = [rounded(each) for each in times]
    count, total, longest = len(logged), sum(logged), logged[0]
    assert is_possible(count, total, longest)
    found = [each for each in bounds(count, total, longest) for _ in range(each.number)]
    assert len(found) == count
    for time, bound in zip(times, found, strict=True):
        assert bound.low_ms <= time + 1e-9
        assert time <= bound.high_ms + 1e-9


@given(
    st.lists(st.lists(st.integers(0, 300), min_size=1, max_size=12), min_size=1, max_size=5).filter(
        lambda processes: len({max(each) for each in processes}) == 1
    )
)
def test_processes_with_the_same_longest_scan_may_be_taken_together(processes: list[list[int]]) -> None:
    scans = sorted((time for each in processes for time in each), reverse=True)
    longest = scans[0]
    found = list(bounds(len(scans), sum(scans), longest, len(processes)))
    assert found[0].number == len(processes)
    # the longest of each process first, the others by length
    others = sorted(scans[len(processes) :], reverse=True)
    own = [each for each in found[1:] for _ in range(each.number)]
    for time, bound in zip(others, own, strict=True):
        assert bound.low_ms <= time <= bound.high_ms


def test_numbers_that_no_scans_have_are_known() -> None:
    assert not is_possible(0, 0, 0)
    assert not is_possible(3, 5, 10), "one took longer than all"
    assert not is_possible(3, 100, 10), "all took longer than three times the longest"
    assert is_possible(4_341_109, 24_424_254, 93), "seen on Windows 11 25H2"
