"""The time that is left of a run, as a range: from what its trials have taken so far.

A trial is expected to take what `harness.run.estimate` says, times a factor that is learnt for each
variant of each case: from its own trials, and while there are few of them from those of its case, or of
the whole run. How far trials were from what was then expected gives the width of the range.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from harness.run.estimate import ROUGHLY, ExpectedTrials

Z_90: Final = 1.645
"""The normal quantile for nine ranges of ten that hold what they are to hold."""
DRIFT: Final = 0.15
"""A machine gets slower or faster by this share during a run, whatever its trials have shown."""
SPREAD: Final = 0.5
"""The relative deviation of one trial, until trials have shown another."""
OTHER_CASE: Final = 2.0
"""The factor within which one case tells how long another one takes."""
ANOTHER_START: Final = 1.5
"""The factor within which a run goes on as it went before it was stopped."""


class TimeLeft(NamedTuple):
    """A range that should have the time that is left, in seconds."""

    low_s: float
    high_s: float


@dataclass(slots=True)
class _Sums:
    """Of the trials of one variant of a case: what they took, what was expected, what is left."""

    left: int
    left_s: float
    learnt: float = 1.0
    """The factor from an earlier start."""
    done: int = 0
    took: float = 0.0
    expected: float = 0.0
    took_squared: float = 0.0
    both: float = 0.0
    expected_squared: float = 0.0

    def add(self, expected_s: float, took_s: float) -> None:
        self.done += 1
        self.took += took_s
        self.expected += expected_s
        self.took_squared += took_s * took_s
        self.both += took_s * expected_s
        self.expected_squared += expected_s * expected_s

    def squares(self, factor: float) -> float:
        """The sum of the squared deviations of trials from `factor` times what was expected."""
        return max(
            self.took_squared - 2 * factor * self.both + factor * factor * self.expected_squared, 0.0
        )


class Pace:
    """What the trials of a run take: `count` each, and ask what is left."""

    def __init__(self, expected: Mapping[str, ExpectedTrials], blocks: Mapping[str, int]) -> None:
        self._expected = expected
        self._spent_s = 0.0
        self._roughly = ROUGHLY
        self._cases = {
            case: {
                variant: _Sums(blocks[case], of_case.total_s(variant, blocks[case]))
                for variant in of_case.variants
            }
            for case, of_case in expected.items()
        }

    def count(self, case: str, variant: str, block: int, took_s: float) -> None:
        """Count a trial that is done; one that the run does not plan is ignored."""
        self._spent_s += took_s
        sums = self._cases.get(case, {}).get(variant)
        if sums is not None:
            expected_s = self._expected[case].trial_s(block, variant)
            sums.left -= 1
            sums.left_s = max(sums.left_s - expected_s, 0.0) if sums.left > 0 else 0.0
            sums.add(sums.learnt * expected_s, took_s)

    def start_again(self) -> None:
        """Take what was counted as what to expect: the trials of an earlier start are done."""
        factors = self._factors()
        if any(sums.done for of_case in self._cases.values() for sums in of_case.values()):
            self._roughly = ANOTHER_START
        for case, of_case in self._cases.items():
            for variant, sums in of_case.items():
                learnt = sums.learnt * factors[case, variant]
                of_case[variant] = _Sums(sums.left, sums.left_s, learnt)

    def share_done(self) -> float:
        """The share of the run's time that is spent, from 0 to 1."""
        left_s = sum(left for left, _, _ in self._left())
        return self._spent_s / (self._spent_s + left_s) if left_s else 1.0

    def left(self) -> TimeLeft:
        """The time that is left."""
        parts = list(self._left())
        left_s = sum(part for part, _, _ in parts)
        if not left_s:
            return TimeLeft(0.0, 0.0)
        if not any(is_known for _, _, is_known in parts):
            return TimeLeft(left_s / self._roughly, left_s * self._roughly)
        guessed_s = sum(part for part, _, is_known in parts if not is_known)
        deviation_s = math.sqrt(sum(variance for _, variance, _ in parts))
        width = 1 + DRIFT + (Z_90 * deviation_s + (OTHER_CASE - 1) * guessed_s) / left_s
        return TimeLeft(left_s / width, left_s * width)

    def _left(self) -> Iterator[tuple[float, float, bool]]:
        """For each case the time that is left, its variance, and whether a trial of it is done."""
        factors = self._factors()
        for case, of_case in self._cases.items():
            done = sum(sums.done for sums in of_case.values())
            left = sum(sums.left for sums in of_case.values())
            left_s = sum(
                factors[case, variant] * sums.learnt * sums.left_s for variant, sums in of_case.items()
            )
            squares = sum(sums.squares(factors[case, variant]) for variant, sums in of_case.items())
            if not done or not left:
                yield left_s, 0.0, bool(done)
                continue
            squares += (SPREAD * left_s / left) ** 2
            learnt = sum(sums.done > 0 for sums in of_case.values())  # factors take degrees of freedom
            yield left_s, squares / max(done - learnt, 1) * (left + left * left / done), True

    def _factors(self) -> dict[tuple[str, str], float]:
        """For each variant of each case: what its trials take, as a multiple of what was expected."""
        everywhere = [sums for of_case in self._cases.values() for sums in of_case.values()]
        of_all = _factor(everywhere, 1.0, weight=1e-9)
        found = {}
        for case, of_case in self._cases.items():
            of_this = _factor(of_case.values(), of_all)
            for variant, sums in of_case.items():
                found[case, variant] = _factor([sums], of_this)
        return found


def _factor(sums: Collection[_Sums], otherwise: float, weight: float = 1.0) -> float:
    """What trials took by what was expected; so many trials as `weight` says are `otherwise`."""
    expected = sum(each.expected for each in sums)
    trials = sum(each.done for each in sums)
    if not trials:
        return otherwise
    more = weight * expected / trials
    return (sum(each.took for each in sums) + otherwise * more) / (expected + more)
