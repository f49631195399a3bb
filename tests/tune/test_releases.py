"""When operations become possible, from times and from the distributions of profiles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.errors import InvalidInputError
from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.distributions import UntilFailure
from harness.scenario.load import shipped_profiles
from harness.tune.releases import Releases

TIMED = {
    f"{name}/{number}": hold.duration.of
    for name, profile in shipped_profiles().items()
    for number, hold in enumerate(profile.holds)
    if not isinstance(hold.duration.of, UntilFailure)
}


@pytest.mark.parametrize("name", TIMED)
def test_a_distribution_keeps_its_shares_and_its_mean(name: str) -> None:
    lengths = TIMED[name]
    releases = Releases.of_distribution(lengths, 0.25)
    times = np.round(np.geomspace(0.01, 100_000, 200), 6)
    expected = [0.75 + 0.25 * lengths.cdf(ms, LARGEST_LIBRARY_BYTES) for ms in times]
    assert releases.share_by(times) == pytest.approx(expected)
    means = [0.25 * lengths.partial_mean(ms, LARGEST_LIBRARY_BYTES) for ms in times]
    assert releases.ended_by(times) == pytest.approx(means)


def test_a_share_is_reached_at_the_least_time() -> None:
    masses = Releases.of_times([5, 1, math.inf, 3])
    assert [masses.time_of(share) for share in (0, 0.25, 0.3, 0.75, 0.76)] == [0, 1, 3, 5, math.inf]
    smooth = Releases.of_distribution(shipped_profiles()["brief"].holds[0].duration.of)
    assert smooth.time_of(0.5) == pytest.approx(10.8)
    assert smooth.time_of(0.99) == pytest.approx(25)


@pytest.mark.parametrize("name", TIMED)
def test_who_comes_late_finds_what_was_released_before_and_waits_for_the_rest(name: str) -> None:
    releases = Releases.of_distribution(TIMED[name], 0.5)
    late_ms = 7.0
    seen = releases.seen_after(late_ms)
    times = np.r_[0.0, np.geomspace(0.01, 100_000, 100).round(6)]
    assert seen.share_by(times) == pytest.approx(releases.share_by(times + late_ms))
    released = releases.share_by(times + late_ms) - releases.share_by(np.array([late_ms]))
    means = releases.ended_by(times + late_ms) - releases.ended_by(np.array([late_ms]))
    assert seen.ended_by(times) == pytest.approx(means - late_ms * released, abs=1e-9)
    assert releases.seen_after(0.0) is releases


def test_holds_that_end_with_attempts_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="nothing can be tuned"):
        Releases.of_distribution(UntilFailure(distribution="until-failure", failures=2))
