"""The table finds what a binary search finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.tune.time_index import TimeIndex

TIMES = st.floats(0, 1e9) | st.sampled_from([0.0, 1.0, 1.0000001, 1e-300, 3.5])


@given(st.lists(TIMES, max_size=60), st.integers(1, 4), st.lists(TIMES | st.just(1e12), min_size=1))
def test_it_counts_as_a_binary_search_does(times: list[float], repeats: int, at: list[float]) -> None:
    ordered = np.sort(np.repeat(np.array(times), repeats))
    looked_at = np.array([*at, *times])
    expected = np.searchsorted(ordered, looked_at, side="right")
    assert TimeIndex(ordered).count_until(looked_at).tolist() == expected.tolist()
