"""What is worth knowing of the strategies of a run before it begins: it is said then, and recorded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from harness.run.candidates import Candidate, merged
from harness.run.recorded_call import MAX_ATTEMPTS, most_attempts
from harness.run.rules import rules_of
from harness.scenario.model import NOTATION
from harness.strategy.idle_clauses import idle_clauses, without_idle
from harness.strategy.schedules import schedule
from harness.text import in_sentence, joined

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario
    from harness.strategy.spec import StrategySpec


def remarks(
    loaded: LoadedScenario,
    candidates: Sequence[Candidate],
    names: Sequence[str] = (),
    *,
    real_time: bool = False,
) -> Iterator[str]:
    """Yield sentences: one strategy under two names, clauses that can do nothing, rules it rests on.

    Strategies that do not give up within the attempts that a trial may make are named, too, and those
    that ask, in `real_time`, what only an emulation can tell.

    `names` are those that the strategies were chosen by on the command line.
    """
    yield from merged(loaded, names)
    for rule in rules_of(loaded):
        yield f"Rests on a rule: {rule}."
    features = loaded.scenario.features
    labels: dict[str, list[str]] = {}
    for made in candidates:
        if made.spec is not None:
            labels.setdefault(str(without_idle(made.spec, features)), []).append(made.label)
            written = made.choice.use == NOTATION
            for clause, effect in idle_clauses(made.spec, features, conditions=written).items():
                yield f'{in_sentence(made.label)}: "{clause}" {effect}.'
            if real_time and made.spec.asking_ms is not None:
                yield (
                    f"{in_sentence(made.label)}: in real time nothing tells whether a holder will let "
                    "go, so asking takes its time and stops nothing."
                )
            cost_ms, limit_ms = loaded.scenario.attempt_cost_ms, loaded.scenario.time_limit_ms
            if any(_goes_on(part.only_times(), cost_ms, limit_ms) for part in made.spec.parts):
                yield (
                    f"{in_sentence(made.label)} makes more than {most_attempts(limit_ms):,} attempts "
                    "while a hold stays; there its trial ends as harness-error."
                )
    for notation, same in labels.items():
        if len(same) > 1:
            meant = "" if notation in same else f', in notation "{notation}"'
            yield f"{joined([*map(in_sentence, same)])} do the same here{meant}."


def _goes_on(times: StrategySpec, attempt_cost_ms: float, time_limit_ms: float | None) -> bool:
    """Whether a strategy makes more attempts at one call than a trial allows, before its time limit.

    Whoever makes more than `MAX_ATTEMPTS` is ended by a time, and its waits have long reached their cap:
    the later attempts are as far apart as the last two.
    """
    most, ends_ms = most_attempts(time_limit_ms), time_limit_ms or math.inf
    if ends_ms <= most * attempt_cost_ms:
        return False
    last_ms, gap_ms = _last_attempt(times, attempt_cost_ms)
    if most == MAX_ATTEMPTS:
        return last_ms < math.inf
    return last_ms + (most - MAX_ATTEMPTS) * gap_ms < min(ends_ms, times.limit_ms)


@cache
def _last_attempt(times: StrategySpec, attempt_cost_ms: float) -> tuple[float, float]:
    """Return when the first attempt is that is too many, and how long after the one before it.

    In milliseconds; infinite if there is none.
    """
    made = times.strategy("")
    listed = schedule(made, attempt_cost_ms=attempt_cost_ms, max_attempts=MAX_ATTEMPTS + 1).attempts_ms
    if len(listed) <= MAX_ATTEMPTS:
        return math.inf, 0.0
    return listed[-1], listed[-1] - listed[-2]
