"""From operations to installs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tune.installs import per_install, per_operation, total_wait_ms
from harness.tune.releases import Releases


@given(st.floats(1e-9, 0.999), st.integers(1, 10_000))
def test_what_an_install_allows_its_operations_use_up(max_failure: float, operations: int) -> None:
    allowed = per_operation(max_failure, operations)
    assert per_install(allowed, operations) == pytest.approx(max_failure, rel=1e-9)


def test_the_sum_of_waits_is_that_of_all_outcomes() -> None:
    releases = Releases.of_times([0, 5, 9], [0.5, 0.3, 0.2])
    attempts = np.array([0.0, 7, 20])
    by_hand: dict[float, float] = {}
    shares = {0.0: 0.5, 7.0: 0.3, 20.0: 0.2}
    for one, first in shares.items():
        for other, second in shares.items():
            for third, last in shares.items():
                total = one + other + third
                by_hand[total] = by_hand.get(total, 0) + first * second * last
    reached = 0.0
    for total in sorted(by_hand):
        before, reached = reached, reached + by_hand[total]
        middle = (before + reached) / 2
        assert total_wait_ms(attempts, releases, 3, middle) == total


def test_a_share_that_more_installs_miss_is_never_reached() -> None:
    releases = Releases.of_times([5, math.inf])
    assert math.isinf(total_wait_ms(np.array([0.0, 5]), releases, 2, 0.5))
    assert total_wait_ms(np.array([0.0, 5]), releases, 2, 0.2) == 10
