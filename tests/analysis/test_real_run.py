"""All analyses on a run that was really run: emulated holds, real attempts, real receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import analysis
from harness.frames import load

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

FIXED = '{ use = "fixed-sleep", wait_ms = 30, max_attempts = 5, label = "fixed" }'
STRATEGIES = f'["plain", {FIXED}, "graceful-fs-60s"]'


@pytest.fixture
def case(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> analysis.Case:
    make_profile("some", None, duration='distribution = "uniform", low_ms = 5, high_ms = 400')
    path = make_scenario(strategies=STRATEGIES, profiles='["some"]')
    return analysis.select(load(run_scenario(path, blocks=40).folder))


def test_what_analyses_say_is_what_the_receipts_say(case: analysis.Case) -> None:
    rates = analysis.failure_rates(case.trials)
    assert rates["failures"].to_dict()["plain"] == 40
    assert rates["failures"].to_dict()["graceful-fs-60s"] == 0

    observed = analysis.hold_times(case)
    assert "120 of 120 operations blocked" in observed.sentence
    assert "Receipts agree with 120 of 120 of these." in observed.sentence

    parts = analysis.decomposition(case)
    assert (parts["unknown"] == "").all()
    assert parts["operations_ms"].to_list() == pytest.approx(parts["elapsed_ms"].to_list(), abs=1e-3)
    assert parts["waited_ms"].to_list() == pytest.approx(case.trials["waited_ms"].to_list(), abs=1e-3)
    calls = 0.3 * parts["attempts"]  # the emulation's declared cost of an attempt
    assert parts["work_ms"].to_list() == pytest.approx(calls.to_list(), abs=1e-3)

    compared = analysis.compare(case.trials, "fixed")
    assert compared["failures_verdict"].to_dict() == {"graceful-fs-60s": "better", "plain": "worse"}
    assert case.caption.startswith("emulated")

    profiles = analysis.performance_profiles(case.trials)
    last = profiles.groupby("variant")["share"].last()
    assert last["graceful-fs-60s"] == pytest.approx(1)
    assert last["plain"] == 0


def test_the_known_law_of_the_holds_is_found(case: analysis.Case) -> None:
    """Drawn evenly from 5 to 400 ms."""
    table = analysis.hold_time_distribution(analysis.hold_times(case.variant("graceful-fs-60s")))
    law = ((table["right_ms"] - 5) / 395).clip(0, 1)
    assert ((table["low"] <= law) & (law <= table["high"])).mean() >= 0.8
