"""Profiles of made holds, and predictions for them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from harness.holds.profile import Profile
from harness.predict.hold_cases import hold_case
from harness.predict.shapes import DIRECTORY, TargetShape
from harness.predict.simulate import Prediction, predict, success_rate
from harness.strategy.notation import parse

CITED = {"evidence": "assumed", "source": "a test"}


def hold(duration: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """One hold on a child; `delay` is a distribution, the other parts are keys of the handle."""
    delay = parts.pop("delay", {"distribution": "constant", "ms": 0.0})
    probability = parts.pop("probability", 1.0)
    rest = {key: parts.pop(key) for key in ("ends",) if key in parts}
    return {
        "handle": {"object": "child", "share": "r", **parts, **CITED},
        "probability": {"value": probability, **CITED},
        "delay": {"of": delay, **CITED},
        "duration": {"of": duration, **CITED},
        **rest,
    }


def profile(*holds: dict[str, Any]) -> Profile:
    return Profile.model_validate({"schema": 2, "title": "made", "holds": list(holds)})


def predicted(notation: str, *holds: dict[str, Any], shape: TargetShape = DIRECTORY) -> Prediction:
    found = hold_case("made", profile(*holds), shape)
    result = predict(parse(notation), found)
    assert success_rate(parse(notation), found) == pytest.approx(result.rate, abs=1e-12)
    assert result.low <= result.success_rate <= result.high
    return result


UNIFORM = {"distribution": "uniform", "low_ms": 0.0, "high_ms": 100.0}
FOREVER = {"distribution": "forever"}


times = st.lists(st.integers(1, 50), min_size=1, max_size=8)
durations = st.sampled_from(
    [
        UNIFORM,
        {"distribution": "lognormal", "median_ms": 10.8, "p99_ms": 25.0},
        {"distribution": "exponential", "mean_ms": 20.0},
        {"distribution": "pareto", "min_ms": 5.0, "shape": 0.7, "max_ms": 2000.0},
        {"distribution": "constant", "ms": 30.0},
    ]
)


def listed(waits: list[int]) -> str:
    return ",".join(f"{wait}ms" for wait in [*waits, 1])
