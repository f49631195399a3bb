"""Policies that can be compared without a trial: a name, a sentence, and what it does in a situation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.predict.trace import Course, course
from harness.strategy import catalogue
from harness.strategy.schedules import MAX_ATTEMPTS, MAX_HOT_ATTEMPTS, Timetable, times_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.predict.trace import Placed, Situation
    from harness.strategy.catalogue import ShippedPolicy
    from harness.strategy.loop import Strategy
    from harness.strategy.spec import Sentence

_PROBED: Final = 3
"""After so many attempts that all failed, nothing that a policy does around its calls changes any more.

What it deletes or moves away is gone with the first attempt that may do so.
"""

_Key = tuple[str, tuple["Placed", ...]]


@dataclass(frozen=True, eq=False)
class Contender:
    """A policy under a name; `shipped` is its entry in the catalogue, if it has one."""

    name: str
    sentence: Sentence
    shipped: ShippedPolicy | None = None
    _courses: dict[_Key, tuple[Course, ...]] = field(default_factory=dict, repr=False)

    @property
    def times(self) -> Timetable:
        """When it tries."""
        return times_of(self.sentence)

    def courses(self, situation: Situation, holds: Sequence[Placed]) -> tuple[Course, ...]:
        """What it does against `holds` that never end: one course, or with jitter one a draw."""
        key = (situation.name, tuple(holds))
        if key not in self._courses:
            self._courses[key] = self._find_courses(situation, holds)
        return self._courses[key]

    def _find_courses(self, situation: Situation, holds: Sequence[Placed]) -> tuple[Course, ...]:
        strategy, times = self.sentence.strategy(self.name), self.times
        cost = times.attempt_cost_ms
        probe = course(strategy, situation, holds, attempt_cost_ms=cost, max_attempts=_PROBED)
        if len(probe.codes) == 1:
            return (probe,)
        ended = probe.succeeded or probe.verdict is not None
        if ended or self.sentence.else_copy:
            return self._whole_courses(strategy, situation, holds)
        last = probe.codes[-1]
        return tuple(
            Course(
                listed.attempts_ms,
                (*probe.codes, *[last] * (len(listed.attempts_ms) - len(probe.codes))),
                listed.gave_up_ms,
                listed.verdict,
            )
            for listed in times.schedules
        )

    def _whole_courses(
        self, strategy: Strategy, situation: Situation, holds: Sequence[Placed]
    ) -> tuple[Course, ...]:
        """Go through the loop to its end, for every draw."""
        cost = self.times.attempt_cost_ms
        most = MAX_HOT_ATTEMPTS if cost else MAX_ATTEMPTS
        return tuple(
            course(strategy, situation, holds, attempt_cost_ms=cost, seed=seed, max_attempts=most)
            for seed in range(len(self.times.schedules))
        )


MOVING: Final = frozenset({"rename", "replace", "write", "any"})
"""The operations of the catalogue that bring something to its final name."""


def catalogued(*, every: bool = False) -> list[Contender]:
    """The policies of the catalogue, in its order: those for `MOVING`, or `every` one."""
    return [
        Contender(policy.id, policy.sentence, policy)
        for policy in catalogue.policies().values()
        if every or policy.operation in MOVING
    ]
