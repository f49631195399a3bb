"""The families: their notation has the times that were judged, and none beats the best schedule."""

from __future__ import annotations

import numpy as np
import pytest

from harness.scenario.load import shipped_profiles
from harness.strategy.notation import parse
from harness.strategy.timetable import times_of
from harness.tune.evaluate import evaluate
from harness.tune.families import explanations, simplest
from harness.tune.optimum import optimum
from harness.tune.question import Limits
from harness.tune.releases import Releases


@pytest.mark.parametrize("name", ["brief", "scanner-mix", "cloud-verdict", "dll-scan"])
@pytest.mark.parametrize("most", [3, 15, None])
def test_each_family_is_within_the_limits_and_no_better_than_the_best(
    name: str, most: int | None
) -> None:
    hold = shipped_profiles()[name].holds[0]
    releases = Releases.of_distribution(hold.duration.of, hold.probability.value)
    limits = Limits(1e-3, 60_000, most, 1.0 if most else 50.0)
    best = optimum(releases, limits)
    found = explanations(releases, limits, best)
    assert found[-1].family == "list" or most is None
    for each in found:
        listed = times_of(parse(each.notation)).schedules[0].attempts_ms
        assert listed == pytest.approx(each.attempts_ms, abs=1e-3)
        assert each.outcome == evaluate(np.array(each.attempts_ms), releases)
        assert each.outcome.failure <= limits.max_failure + 1e-9
        assert each.outcome.denied_ms <= limits.max_denied_ms
        assert each.outcome.wait_ms >= best.least_cost_ms - 1e-9
    assert simplest(found, 1 - releases.free) in found


def test_constant_holds_are_met_by_one_wait() -> None:
    releases = Releases.of_times([250.0])
    limits = Limits(0, 1000, 5)
    best = optimum(releases, limits)
    assert best.attempts_ms == (0, 250)
    chosen = simplest(explanations(releases, limits, best), 1)
    assert (chosen.family, chosen.notation) == ("fixed", "250ms 1 retry")
