"""Verdicts on expectations: a pass needs trials that say so, and everything else is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.judgement import judge
from harness.check.observation import Observation
from harness.scenario.expect_model import Expectation


def trials(failed: int, succeeded: int = 0, **changes: Any) -> list[Observation]:
    """So many trials that failed with 5 and left the old content, and so many that succeeded."""
    bad = {"outcome": "exhausted", "codes": frozenset({5}), "left": "old", "held": True, **changes}
    good = {**bad, "outcome": "ok", "codes": frozenset(), "left": ""}
    return [
        Observation("plain", changes.get("factors", {}), draw, **_own(values))
        for draw, values in enumerate([bad] * failed + [good] * succeeded)
    ]


def _own(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "factors"}


def expected(**keys: Any) -> Expectation:
    return Expectation.model_validate({"strategies": ["plain"], **keys})


ALWAYS = expected(fails="always")
NEVER = expected(fails="never")


@pytest.mark.parametrize(
    ("expectation", "observed", "verdict", "reason"),
    [
        (ALWAYS, trials(3), "as expected", ""),
        (ALWAYS, trials(2, 1), "not as expected", "1 trial succeeded"),
        (NEVER, trials(0, 3), "as expected", ""),
        (NEVER, trials(2, 1), "not as expected", "2 trials failed"),
        (ALWAYS, [], "unknown", "no trial was made"),
        (NEVER, trials(0, 3, held=False), "unknown", "no hold met an operation in 3 trials"),
        (expected(fails="never", trials="all"), trials(0, 3, held=False), "as expected", ""),
        (expected(fails="always", codes=[5, 32]), trials(3), "as expected", ""),
        (
            expected(fails="always", codes=[32]),
            trials(3),
            "not as expected",
            "3 ended with 5 instead of 32",
        ),
        (
            expected(fails="always", codes=[32]),
            trials(2, codes=frozenset()),
            "not as expected",
            "2 ended with no code instead of 32",
        ),
        (expected(fails="always", left=["old"]), trials(1), "as expected", ""),
        (
            expected(fails="always", left=["lost", "mixed"]),
            trials(1),
            "not as expected",
            "1 left old instead of lost or mixed",
        ),
        (
            expected(fails="always", outcomes=["damaged"]),
            trials(4),
            "not as expected",
            "4 ended as exhausted instead of damaged",
        ),
        (expected(fails="sometimes", at_least=0.5), trials(20), "as expected", ""),
        (
            expected(fails="sometimes", at_least=0.9),
            trials(20),
            "unknown",
            "the trials are too few to tell; more --blocks would",
        ),
        (
            expected(fails="sometimes", at_least=0.9),
            trials(2, 18),
            "not as expected",
            "fails less often than 90.0 %",
        ),
        (
            expected(fails="sometimes", at_most=0.2),
            trials(18, 2),
            "not as expected",
            "fails more often than 20.0 %",
        ),
        (expected(fails="sometimes", at_least=0.2, at_most=0.8), trials(20, 20), "as expected", ""),
        (
            expected(fails="always", takes_at_least_ms=400, takes_at_most_ms=500),
            trials(2, elapsed_ms=450.0),
            "as expected",
            "",
        ),
        (
            expected(fails="always", takes_at_least_ms=451),
            trials(2, elapsed_ms=450.0),
            "not as expected",
            "2 took less than 451 ms, down to 450 ms",
        ),
        (
            expected(fails="never", takes_at_most_ms=449),
            trials(0, 3, elapsed_ms=450.0),
            "not as expected",
            "3 took more than 449 ms, up to 450 ms",
        ),
        (
            expected(fails="always", takes_at_most_ms=449),
            trials(3),
            "unknown",
            "it is not known how long the trials took",
        ),
        (expected(fails="always", recovers="never"), trials(2), "as expected", ""),
        (
            expected(fails="always", recovers="never"),
            trials(2, recovered_in=3),
            "not as expected",
            "2 succeeded when run again, the first in run 3",
        ),
        (
            expected(fails="always", recovers="always"),
            trials(2),
            "not as expected",
            "2 did not succeed when run again",
        ),
        (
            expected(fails="always", recovers="always", recovers_from_run=2, recovers_by_run=3),
            trials(2, recovered_in=3),
            "as expected",
            "",
        ),
        (
            expected(fails="always", recovers="always", recovers_by_run=2),
            trials(2, recovered_in=3),
            "not as expected",
            "2 succeeded after run 2, in run 3",
        ),
        (
            expected(fails="always", recovers="always", recovers_from_run=4),
            trials(2, recovered_in=3),
            "not as expected",
            "2 succeeded before run 4, in run 3",
        ),
    ],
)
def test_a_verdict_says_why(
    expectation: Expectation, observed: Sequence[Observation], verdict: str, reason: str
) -> None:
    found = judge(expectation, observed, injected=True)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_trial_that_broke_makes_a_pass_unknown_but_not_a_refutation() -> None:
    broken = trials(0, 1, why_not="void: a hold was late")
    found = judge(NEVER, [*trials(0, 3), *broken], injected=True)
    assert found.verdict == "unknown"
    assert found.reason == "1 trial did not count (void: a hold was late)"
    assert judge(NEVER, [*trials(1, 3), *broken], injected=True).verdict == "not as expected"


def test_where_a_profile_holds_nothing_all_trials_count() -> None:
    observed = trials(3, held=False)
    assert judge(ALWAYS, observed, injected=False).verdict == "as expected"


def test_only_the_factors_that_are_named_count() -> None:
    observed = [*trials(2, factors={"primitive": "move"}), *trials(0, 2, factors={"primitive": "copy"})]
    moved = expected(fails="always", factors={"primitive": "move"})
    found = judge(moved, observed, injected=True)
    assert (found.verdict, found.trials) == ("as expected", 2)
    assert judge(ALWAYS, observed, injected=True).verdict == "not as expected"


def test_trials_of_one_draw_are_no_larger_a_sample() -> None:
    once = trials(20)
    twice = [*once, *trials(20, factors={"primitive": "move"})]
    half = expected(fails="sometimes", at_least=0.5)
    assert judge(half, twice, injected=True).effective_trials == 20
    assert judge(half, twice, injected=True).evidence == "40 of 40, in 20 blocks: at least 83.8 %"


def test_a_check_that_raises_decides_nothing() -> None:
    class Broken(list[Observation]):
        def __iter__(self) -> Any:
            raise RuntimeError("no disk")

    found = judge(NEVER, Broken(trials(0, 3)), injected=True)
    assert found.verdict == "unknown"
    assert found.reason == "the check itself failed: RuntimeError: no disk"


@given(failed=st.integers(0, 40), succeeded=st.integers(0, 40), share=st.floats(0.01, 0.99))
def test_no_share_is_at_once_surely_above_and_surely_below(
    failed: int, succeeded: int, share: float
) -> None:
    observed = trials(failed, succeeded)
    above = judge(expected(fails="sometimes", at_least=share), observed, injected=True).verdict
    below = judge(expected(fails="sometimes", at_most=share), observed, injected=True).verdict
    assert {above, below} in (
        {"unknown"},
        {"as expected", "not as expected"},
    )


@given(failed=st.integers(0, 10), succeeded=st.integers(0, 10))
def test_always_and_never_are_not_both_expected(failed: int, succeeded: int) -> None:
    observed = trials(failed, succeeded)
    passed = [
        each for each in (ALWAYS, NEVER) if judge(each, observed, injected=True).verdict == "as expected"
    ]
    assert len(passed) <= 1
    assert bool(passed) == (bool(failed) != bool(succeeded))
