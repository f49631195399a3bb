"""P-values: their level by simulation, exact values, published corrections."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.analysis.p_values import holm, sign_change_p


def test_the_test_of_time_keeps_its_level() -> None:
    rng = np.random.default_rng(4)
    found = [sign_change_p(rng.normal(0, 1, 30), 399, rng) for _ in range(600)]
    assert 0.025 <= np.mean(np.asarray(found) <= 0.05) <= 0.075
    assert sign_change_p(rng.normal(1, 1, 30), 399, rng) <= 0.01


def test_few_blocks_are_tested_exactly() -> None:
    """All 2**5 changes of sign, of which two are as extreme."""
    p_value = sign_change_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 999, np.random.default_rng(1))
    assert p_value == pytest.approx(2 / 32)


def test_holm_gives_the_published_correction() -> None:
    """R's documentation of p.adjust: by hand, 0.01 * 4, 0.02 * 3, and never falling."""
    corrected = holm([0.01, 0.02, math.nan, 0.03, 0.04])
    assert corrected[[0, 1, 3, 4]] == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert math.isnan(corrected[2])
    assert holm([math.nan]).size == 1
