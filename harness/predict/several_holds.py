"""Several holds at once, followed from attempt to attempt.

Their durations are independent. At an attempt, the holds that are still there are known, and each is
there at the next with the probability that it lasts that long given that it lasted until now.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, compress, product
from typing import TYPE_CHECKING

from harness.holds.distributions import UntilFailure
from harness.predict.shapes import granted
from harness.predict.trace import traces_of

if TYPE_CHECKING:
    from harness.predict.hold_cases import ActiveHold, HoldCase
    from harness.strategy.schedules import Schedule
    from harness.strategy.spec import StrategySpec

Arrivals = list[tuple[float, float]]
"""When an operation succeeds, and how likely: (milliseconds, probability)."""
_State = frozenset[int]
"""The numbers of the holds that are there."""


def follow_several(spec: StrategySpec, case: HoldCase) -> list[Arrivals]:
    """Return when operations succeed in a case of several holds, for every draw of jitter.

    Raises `NotImplementedError` for a strategy that writes new temporary files, for one whose waits
    depend on the error where the holds answer differently, and for holds that end with the attempts.
    """
    ends_with_attempts = any(isinstance(hold.duration, UntilFailure) for hold in case.active_holds)
    renews = spec.fresh_temporary or any(each.way == "fresh temporary" for each in spec.otherwise)
    if case.active_holds and (renews or ends_with_attempts):
        raise NotImplementedError(f"{spec} against several holds of {case.profile}")
    first = _first_states(case.active_holds)
    states = [
        frozenset(subset)
        for state in first
        for count in range(len(state) + 1)
        for subset in combinations(sorted(state), count)
    ]
    traces = {
        state: traces_of(
            spec, case.shape, tuple(case.active_holds[number].handle for number in sorted(state))
        )
        for state in dict.fromkeys(states)
    }
    codes = {code for found in traces.values() for code in found[0].codes} - {None}
    if spec.after_errors and len(codes) > 1:
        raise NotImplementedError(f"{spec} against holds of {case.profile} that answer differently")
    draws = max(map(len, traces.values()))
    return [
        _followed(
            first,
            {state: found[draw % len(found)] for state, found in traces.items()},
            case.active_holds,
        )
        for draw in range(draws)
    ]


def _first_states(holds: Sequence[ActiveHold]) -> dict[_State, float]:
    """Return which holds may be there at the first attempt, and how likely; some exclude others."""
    likely: defaultdict[_State, float] = defaultdict(float)
    chances = {number: hold.probability * (1 - hold.over_by(0)) for number, hold in enumerate(holds)}
    for numbers, probability in _subsets(chances):
        kept = granted([holds[number].handle for number in numbers])
        likely[frozenset(numbers[place] for place in kept)] += probability
    return dict(likely)


def _followed(
    first: Mapping[_State, float],
    traces: Mapping[_State, Schedule],
    holds: Sequence[ActiveHold],
) -> Arrivals:
    """Go from attempt to attempt: which holds are still there, who has arrived, who has given up."""
    times_ms = max((trace.attempts_ms for trace in traces.values()), key=len)
    now = dict(first)
    arrivals: Arrivals = []
    for number, ms in enumerate(times_ms):
        waiting: dict[_State, float] = {}
        arrived = 0.0
        for state, probability in now.items():
            trace = traces[state]
            if number >= len(trace.failed_ms) and trace.succeeded:
                arrived += probability
            elif number + 1 < len(trace.attempts_ms):
                waiting[state] = probability
        arrivals.append((ms, arrived))
        if number + 1 == len(times_ms) or not waiting:
            break
        now = defaultdict(float)
        for state, probability in waiting.items():
            for after, share in _left(state, ms, times_ms[number + 1], holds):
                now[after] += probability * share
    return arrivals


def _left(
    state: _State, from_ms: float, to_ms: float, holds: Sequence[ActiveHold]
) -> Iterator[tuple[_State, float]]:
    """Yield which holds of `state` are left at `to_ms`, and how likely, if all are at `from_ms`."""
    lasts = {}
    for number in sorted(state):
        there = 1 - holds[number].over_by(from_ms)
        lasts[number] = (1 - holds[number].over_by(to_ms)) / there if there > 0 else 0.0
    for left, probability in _subsets(lasts):
        yield frozenset(left), probability


def _subsets(chances: Mapping[int, float]) -> Iterator[tuple[list[int], float]]:
    """Yield all subsets of numbers that are each in with its own chance, and how likely each is."""
    for there in product((False, True), repeat=len(chances)):
        shares = [
            chance if is_in else 1 - chance
            for chance, is_in in zip(chances.values(), there, strict=True)
        ]
        yield list(compress(chances, there)), math.prod(shares)
