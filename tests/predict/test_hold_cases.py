"""Which holds of a profile block an operation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from predict_lab import UNIFORM, hold, profile

from harness.predict.hold_cases import HoldCase, hold_case, hold_cases
from harness.predict.shapes import DIRECTORY, FILE, SHAPES, TargetShape
from harness.scenario.load import shipped_profiles

PROFILES = shipped_profiles()


def test_what_cannot_be_followed_exactly_is_refused() -> None:
    late = hold(UNIFORM, delay={"distribution": "uniform", "low_ms": 1.0, "high_ms": 5.0})
    with pytest.raises(NotImplementedError, match="begin later"):
        hold_case("made", profile(hold(UNIFORM), late), DIRECTORY)
    assert hold_cases({"made": profile(hold(UNIFORM), late)}, DIRECTORY)[0] == []


@pytest.mark.parametrize(
    ("name", "shape", "code", "why_not"),
    [
        ("brief", DIRECTORY, 5, ""),
        ("brief", FILE, 32, ""),
        ("dll-scan", DIRECTORY, 5, ""),
        ("dll-scan", FILE, None, "does not block the rename"),
        ("delayed", DIRECTORY, None, "begins after the first attempt"),
        ("in-use", FILE, None, "does not block the rename"),
        ("target-scan", FILE, 5, ""),
        ("target-scan", DIRECTORY, None, "no old file"),
        ("permanent", FILE, 5, ""),
    ],
)
def test_the_sharing_rules_decide_which_holds_block_the_rename(
    name: str, shape: TargetShape, code: int | None, why_not: str
) -> None:
    found = hold_case(name, PROFILES[name], shape)
    assert (found.code, bool(found.active_holds)) == (code, code is not None)
    assert why_not in found.why_not


def test_the_hit_rate_is_that_of_all_holds_together() -> None:
    first = hold_case("made", profile(hold(UNIFORM, probability=0.1)), DIRECTORY)
    assert first.hit_rate == pytest.approx(0.1)
    two = replace(first, active_holds=first.active_holds * 2)
    assert isinstance(two, HoldCase)
    assert two.hit_rate == pytest.approx(0.19)


def test_every_profile_that_injects_holds_is_a_case_or_left_out() -> None:
    for shape in SHAPES:
        cases, left_out = hold_cases(PROFILES, shape)
        injecting = {name for name, found in PROFILES.items() if found.holds}
        assert {case.profile for case in cases} | set(left_out) == injecting
