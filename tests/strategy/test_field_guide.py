"""Every strategy makes attempts when an independent reading of its source says that it does.

The readings are in field_guide.toml: docs/evidence/retry-strategies.md#how-they-were-read.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.strategy import catalogue, retried_codes, schedule
from harness.strategy.forms import RANDOM_GROWTH, Part

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

HERE: Final = Path(__file__).parent
GUIDE: Final[dict[str, dict[str, Any]]] = tomllib.loads((HERE / "field_guide.toml").read_text())
CORRECTIONS: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    (HERE / "field_guide_corrections.toml").read_text()
)
EXPECTED: Final = {name: {**entry, **CORRECTIONS.get(name, {})} for name, entry in GUIDE.items()}
HOT_LOOP: Final = "graceful-fs-1s"
RANDOM: Final = [name for name in EXPECTED if catalogue.entries()[name].spec.is_random]
DRAWS: Final = 2000


def nominal(spec: StrategySpec) -> StrategySpec:
    """The same without chance: no jitter, and a random factor replaced by its mean."""
    waits = spec.waits
    if waits is not None and waits.form == RANDOM_GROWTH:
        ms, low, high = waits.values
        waits = Part("{ms} x{factor}", (ms, (low + high) / 2))
    return replace(spec, waits=waits, jitter=None)


def code_of(spec: StrategySpec) -> int:
    """A code that is retried."""
    return next(iter(retried_codes(spec.strategy("it"))), 5)


def test_the_guide_has_61_strategies_and_all_are_in_the_catalogue() -> None:
    assert len(GUIDE) == 61
    assert set(GUIDE) <= set(catalogue.entries())


def test_a_correction_says_why_and_changes_something() -> None:
    for name, stated in CORRECTIONS.items():
        correction = dict(stated)
        assert correction["evidence"]
        assert any(
            GUIDE[name].get(key) != value for key, value in correction.items() if key != "evidence"
        )


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != HOT_LOOP])
def test_attempt_times(name: str) -> None:
    """To the digits that the guide prints: tenths of a millisecond, whole ones above a second."""
    expected = EXPECTED[name]
    spec = nominal(catalogue.entries()[name].spec)
    listed = schedule(spec.strategy(name), code=code_of(spec))
    first = listed.attempts_ms[:12]
    assert first == pytest.approx(expected["attempt_times_ms_first12"], abs=0.0501)
    assert listed.attempts_ms[-1] == pytest.approx(expected["last_attempt_ms"], abs=0.0501)
    if "max_attempts" in expected:
        assert len(listed.attempts_ms) == expected["max_attempts"]
    trailing = listed.gave_up_ms - listed.attempts_ms[-1]
    assert trailing == pytest.approx(expected["trailing_sleep_ms"])


@pytest.mark.parametrize("name", RANDOM)
def test_random_waits_stay_in_the_range_and_about_the_median_of_the_guide(name: str) -> None:
    expected = EXPECTED[name]
    spec = catalogue.entries()[name].spec
    strategy, code = spec.strategy(name), code_of(spec)
    last = [schedule(strategy, code=code, seed=seed).attempts_ms[-1] for seed in range(DRAWS)]
    assert max(last) <= expected["max_wait_with_jitter_ms"] * (1 + 1e-4) + 0.05
    jitter = spec.jitter
    if jitter is not None and jitter.form == "jitter x{low}..{high}" and spec.limit is None:
        middle = sum(jitter.values) / 2
        assert fmean(last) == pytest.approx(expected["last_attempt_ms"] * middle, rel=0.03)
    assert median(last) == pytest.approx(expected["median_last_attempt_ms"], rel=0.03)


@pytest.mark.parametrize("name", list(EXPECTED))
def test_the_codes_that_are_retried(name: str) -> None:
    spec = catalogue.entries()[name].spec
    match EXPECTED[name]["win32_codes"]:
        case list(codes):
            assert spec.codes == tuple(codes)
            assert not spec.all_but
        case "any":
            assert spec.codes is None
        case str(word) if word.startswith("any-but-"):
            assert spec.all_but
            assert spec.codes == (int(word.removeprefix("any-but-")),)
        case word:
            assert word in {"none", "none-effective", "n/a"}
            assert spec.waits is None


def test_the_hot_loop_of_graceful_fs_lasts_a_second_whatever_an_attempt_costs() -> None:
    strategy = catalogue.entries()[HOT_LOOP].strategy()
    for cost_ms in (0.3, 4):
        listed = schedule(strategy, attempt_cost_ms=cost_ms)
        assert len(listed.attempts_ms) == -(-1000 // cost_ms)
        assert 1000 <= listed.gave_up_ms < 1000 + cost_ms
