"""What a trial is expected to take before any has run: its work, and the waits for the drawn holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.run.estimate import REAL_TIME_FACTOR, TRIAL_S, ExpectedTrials
from harness.run.events import ignore
from harness.run.payloads import prepare_all
from harness.run.plan import cases_of
from harness.run.workspace import workspace
from harness.scenario.load import load_scenario
from harness.strategy import get_strategy

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeProfile, MakeScenario

STRATEGIES = {"plain": "plain", "once": "400ms 1 retries", "often": "100ms for 10s"}


class RealTime(EmulatedPlatform):
    """A platform on which waits take their time."""

    is_real_time = True


def expected(path: Path, platform: EmulatedPlatform, blocks: int = 3) -> ExpectedTrials:
    loaded = load_scenario(path)
    strategies = {label: get_strategy(text) for label, text in STRATEGIES.items()}
    (case,) = cases_of(loaded, strategies, seed=1)
    with workspace(platform, [loaded]) as created:
        items = prepare_all([loaded], created.main, ignore)[loaded.name]
        return ExpectedTrials(case, items, platform, blocks)


@pytest.mark.parametrize(
    ("parts", "expected_ms"),
    [
        ({"duration_ms": 350}, [0, 400, 400]),
        ({"duration_ms": 500}, [0, 400, 500]),
        ({"duration_ms": None}, [0, 400, 10_000]),
        ({"duration_ms": 500, "delay": 'distribution = "constant", ms = 50'}, [0, 0, 0]),
        ({"duration_ms": 500, "probability": "0.0"}, [0, 0, 0]),
    ],
)
def test_in_real_time_each_strategy_waits_until_its_first_attempt_after_the_hold(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    parts: dict[str, str | float | None],
    expected_ms: list[float],
) -> None:
    make_profile("own", **parts)  # type: ignore[arg-type]
    make_profile("free", 0, probability="0.0")
    found = expected(make_scenario(profiles='["own"]'), RealTime())
    free = expected(make_scenario(profiles='["free"]', name="free"), RealTime())
    took_ms = [(found.trial_s(0, name) - free.trial_s(0, name)) * 1000 for name in STRATEGIES]
    assert took_ms == pytest.approx(expected_ms, abs=200)  # and some work for each attempt


def test_blocks_differ_by_their_draws_and_add_up(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("own", 0, duration='distribution = "uniform", low_ms = 0, high_ms = 9000')
    found = expected(make_scenario(profiles='["own"]'), RealTime(), blocks=5)
    times = [found.trial_s(block, "often") for block in range(5)]
    assert len(set(times)) > 1
    assert found.total_s("often", 5) == pytest.approx(sum(times))
    assert found.total_s("often", 50) == pytest.approx(10 * sum(times))
    assert found.trial_s(70, "often") == pytest.approx(sum(times) / 5)


def test_where_time_is_virtual_no_wait_counts(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("own", None)
    path = make_scenario(profiles='["own"]')
    virtual, real = expected(path, EmulatedPlatform()), expected(path, RealTime())
    assert TRIAL_S < virtual.trial_s(0, "plain") < virtual.trial_s(0, "often") < 0.1
    assert real.trial_s(0, "plain") == pytest.approx(REAL_TIME_FACTOR * virtual.trial_s(0, "plain"))
    assert real.trial_s(0, "often") > 10


def test_a_second_install_after_a_failure_takes_its_pause(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("own", 350)
    found = expected(make_scenario(profiles='["own"]', run_again_after_ms="60_000"), RealTime())
    assert found.trial_s(0, "plain") > 60 > found.trial_s(0, "once")
