"""What a policy survives: the chance of success under a profile of holds, without a trial.

One operation meets the holds of a profile with its first attempt, and attempts take no time (those of
hot loops do, see `schedules`). A hold that begins later has no part in it. Whoever waits long enough on
the right error succeeds with the first attempt after the release; so the chance is that of a hold that
ends by the last attempt, and the distribution function of its duration gives it exactly. With jitter it
is the mean over the drawn schedules, known as well as its standard error says.

Several holds at once: each lasts as long as its own distribution says, whatever the others do. At an
attempt, those still there are known, and each is there at the next with the chance that it lasts so long
given that it lasted until now. `_over_several` follows these states from attempt to attempt.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, product
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.holds.distribution import LARGE_FILE_BYTES
from harness.holds.distributions import UntilFailure
from harness.predict.candidates import Contender
from harness.predict.trace import granted, placed
from harness.strategy.spec import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.holds.distributions import AnyDistribution
    from harness.holds.profile import HoldTemplate, Profile
    from harness.predict.trace import Course, Placed, Situation

PLAIN: Final = Contender("plain", Sentence())
MOST_HOLDS: Final = 5
"""Of several holds, all subsets are followed."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A hold of a profile at its place in a situation.

    `chance` is that of being there at the first attempt; `vanishes`: its file is taken away at its end.
    """

    placed: Placed
    chance: float
    duration: AnyDistribution
    vanishes: bool

    @property
    def is_on_source(self) -> bool:
        """Whether it is on what is moved, so that a fresh temporary file meets one of its own."""
        return self.placed.place == "source"

    def over_by(self, ms: float) -> float:
        """The chance that it was released by then, leaving the file behind."""
        return 0.0 if self.vanishes else self.duration.cdf(ms, LARGE_FILE_BYTES)


@dataclass(frozen=True, slots=True)
class Threat:
    """What a profile puts in the way of an operation; if nothing, `why_not` says why."""

    profile: str
    situation: Situation
    hindrances: tuple[Hindrance, ...] = ()
    why_not: str = ""

    @property
    def code(self) -> int | None:
        """The Win32 error that a plain attempt meets if all is there."""
        holds = [hindrance.placed for hindrance in self.hindrances]
        there = [holds[number] for number in granted(holds)]
        return PLAIN.courses(self.situation, there)[0].codes[0]

    @property
    def is_met_by(self) -> float:
        """The share of operations that meet anything."""
        return 1 - math.prod(1 - hindrance.chance for hindrance in self.hindrances)


def threat(name: str, profile: Profile, situation: Situation) -> Threat:
    """Find out which holds of a profile prevent the operation of a situation, and how likely.

    Asks the sharing rules. Holds that hinder nobody are left out. Raises `NotImplementedError` for a
    profile that cannot be followed exactly: several holds that hinder, one of which may begin later.
    """
    found: list[Hindrance] = []
    reasons: list[str] = []
    is_late = False
    for template in profile.holds:
        hold = placed(template.handle, situation)
        if hold is None:
            reasons.append(f"there is no {_OBJECTS.get(template.handle.object, template.handle.object)}")
        elif PLAIN.courses(situation, [hold])[0].succeeded:
            reasons.append("what it holds can be moved all the same")
        else:
            soon = template.delay.of.cdf(0.0)
            is_late |= soon < 1 and template.probability.value > 0
            found.append(_hindrance(template, hold, soon))
            if not found[-1].chance:
                reasons.append("it begins after the first attempt, which succeeds")
    if (is_late and len(found) > 1) or len(found) > MOST_HOLDS:
        raise NotImplementedError(
            f"{name} has several holds of which one may begin later, or more than {MOST_HOLDS}"
        )
    met = tuple(hindrance for hindrance in found if hindrance.chance)
    return Threat(name, situation, met, "" if met else "; ".join(dict.fromkeys(reasons)))


_OBJECTS: Final = {"target": "old file", "directory": "directory"}


def _hindrance(template: HoldTemplate, hold: Placed, soon: float) -> Hindrance:
    chance = template.probability.value * soon
    return Hindrance(hold, chance, template.duration.of, template.ends == "vanish")


@dataclass(frozen=True, slots=True)
class Survival:
    """How a policy fares. Times are milliseconds from the first attempt.

    `chance` is that of success, over all operations, those that meet nothing included. `median_ms` is
    that of all operations, a failure counting as never (``inf``), `mean_ms` the mean of those that
    succeed (``nan`` if none do). `wasted_ms` is the mean time from the release of a hold to the attempt
    that finds it gone (``nan`` where nothing is waited for, or several holds are). `is_estimate`: from
    drawn schedules; `error` is then the standard error of `chance` over the draws, else 0.
    """

    chance: float
    median_ms: float
    mean_ms: float
    wasted_ms: float
    is_estimate: bool
    error: float = 0.0


_Arrivals = list[tuple[float, float]]
"""When an operation succeeds, and how likely: (milliseconds, probability)."""


def survival(contender: Contender, threat: Threat) -> Survival:
    """How `contender` fares against `threat`."""
    runs, wasted_ms = _runs(contender, threat)
    arrivals: _Arrivals = sorted(arrival for run in runs for arrival in run)
    share = 1 / len(runs)
    chance = math.fsum(probability for _, probability in arrivals) * share
    total_ms = math.fsum(ms * probability for ms, probability in arrivals) * share
    return Survival(
        chance=min(chance, 1.0),
        median_ms=_median(arrivals, share),
        mean_ms=total_ms / chance if chance > 0 else math.nan,
        wasted_ms=wasted_ms,
        is_estimate=len(runs) > 1,
        error=_error([math.fsum(probability for _, probability in run) for run in runs]),
    )


class Chance(NamedTuple):
    """A chance of success, and its standard error over the draws of jitter (0 without)."""

    share: float
    error: float


def chance(contender: Contender, threat: Threat) -> Chance:
    """The chance of success alone: what `survival` says, at the cost of one look at the last attempt."""
    if len(threat.hindrances) != 1 or _renews(contender, threat):
        return _known(survival(contender, threat))
    (hindrance,) = threat.hindrances
    if isinstance(hindrance.duration, UntilFailure):
        return _known(survival(contender, threat))
    courses = contender.courses(threat.situation, [hindrance.placed])
    over = [1.0 if course.succeeded else hindrance.over_by(course.denied_ms[-1]) for course in courses]
    met = hindrance.chance
    return Chance(1 - met + met * fmean(over), met * _error(over))


def _known(fares: Survival) -> Chance:
    return Chance(fares.chance, fares.error)


def _error(draws: Sequence[float]) -> float:
    """The standard error of the mean of `draws`."""
    return stdev(draws) / math.sqrt(len(draws)) if len(draws) > 1 else 0.0


def _runs(contender: Contender, threat: Threat) -> tuple[list[_Arrivals], float]:
    """The arrivals for every draw of jitter, and the mean wasted time."""
    if len(threat.hindrances) != 1:
        return _over_several(contender, threat), math.nan
    (hindrance,) = threat.hindrances
    courses = contender.courses(threat.situation, [hindrance.placed])
    if _renews(contender, threat):
        return [list(_anew(course, hindrance.chance)) for course in courses], math.nan
    found = [(course, list(_releases(course, hindrance))) for course in courses]
    return [list(_over_one(*each, hindrance.chance)) for each in found], _wasted(found, hindrance)


def _renews(contender: Contender, threat: Threat) -> bool:
    """Whether each attempt is on a file of its own, which is held or not anew."""
    on_source = threat.hindrances[0].is_on_source
    return contender.sentence.fresh_temporary and threat.situation.has_temporary and on_source


def _anew(course: Course, met: float) -> Iterator[tuple[float, float]]:
    """Arrivals where each attempt is held or not by itself."""
    if course.succeeded and len(course.attempts_ms) == 1:
        yield 0.0, 1.0
        return
    for number, ms in enumerate(course.attempts_ms):
        yield ms, met**number * (1 - met)


def _over_one(course: Course, releases: _Arrivals, met: float) -> Iterator[tuple[float, float]]:
    if course.succeeded and len(course.attempts_ms) == 1:
        yield 0.0, 1.0
        return
    yield 0.0, 1 - met
    for ms, share in releases:
        yield ms, met * share
    if course.succeeded:
        waited_out = math.fsum(share for _, share in releases)
        yield course.attempts_ms[-1], met * (1 - waited_out)


def _releases(course: Course, hindrance: Hindrance) -> Iterator[tuple[float, float]]:
    """The attempts that find a hold gone, with the share of holds that end just before each."""
    denied_ms = course.denied_ms
    if isinstance(hindrance.duration, UntilFailure):
        failures = hindrance.duration.failures
        if failures < len(denied_ms) and not hindrance.vanishes:
            yield denied_ms[failures], 1.0
        return
    before = 0.0
    for ms in denied_ms:
        share = hindrance.over_by(ms)
        if share > before:
            yield ms, share - before
        before = share
        if share >= 1:
            return


def _median(arrivals: _Arrivals, share: float) -> float:
    """When half of all have arrived; `arrivals` ascend, and each counts `share`."""
    arrived = 0.0
    for ms, probability in arrivals:
        arrived += probability * share
        if arrived >= 0.5 - 1e-12:
            return ms
    return math.inf


def _wasted(courses: Iterable[tuple[Course, _Arrivals]], hindrance: Hindrance) -> float:
    late_ms, shares = [], []
    for course, found in courses:
        if not found:
            continue
        shares.append(math.fsum(share for _, share in found))
        if isinstance(hindrance.duration, UntilFailure):
            ended_ms = course.denied_ms[hindrance.duration.failures - 1]
        else:
            ended_ms = hindrance.duration.partial_mean(course.denied_ms[-1], LARGE_FILE_BYTES)
        late_ms.append(math.fsum(ms * share for ms, share in found) - ended_ms)
    total = math.fsum(shares)
    return max(math.fsum(late_ms) / total, 0.0) if total > 0 else math.nan


# ---- several holds ---------------------------------------------------------------------------------

_State = frozenset[int]


def _over_several(contender: Contender, threat: Threat) -> list[_Arrivals]:
    ends_with_attempts = any(
        isinstance(hindrance.duration, UntilFailure) for hindrance in threat.hindrances
    )
    if threat.hindrances and (contender.sentence.fresh_temporary or ends_with_attempts):
        raise NotImplementedError(f"{contender.name} against several holds of {threat.profile}")
    first = _first_states(threat)
    states = [
        frozenset(subset)
        for state in first
        for count in range(len(state) + 1)
        for subset in combinations(sorted(state), count)
    ]
    courses = {
        state: contender.courses(
            threat.situation, [threat.hindrances[number].placed for number in sorted(state)]
        )
        for state in dict.fromkeys(states)
    }
    draws = max(map(len, courses.values()))
    return [
        _followed(first, {state: found[draw % len(found)] for state, found in courses.items()}, threat)
        for draw in range(draws)
    ]


def _first_states(threat: Threat) -> dict[_State, float]:
    """Which holds may be there at the first attempt, and how likely; some exclude others."""
    likely: defaultdict[_State, float] = defaultdict(float)
    hindrances = threat.hindrances
    chances = [hindrance.chance * (1 - hindrance.over_by(0)) for hindrance in hindrances]
    for there in product((False, True), repeat=len(hindrances)):
        probability = math.prod(
            chance if is_there else 1 - chance for chance, is_there in zip(chances, there, strict=True)
        )
        numbers = [number for number, is_there in enumerate(there) if is_there]
        kept = granted([hindrances[number].placed for number in numbers])
        likely[frozenset(numbers[place] for place in kept)] += probability
    return dict(likely)


def _followed(
    first: Mapping[_State, float], courses: Mapping[_State, Course], threat: Threat
) -> _Arrivals:
    """From attempt to attempt: which holds are still there, who has arrived, who has given up."""
    times_ms = max((course.attempts_ms for course in courses.values()), key=len)
    now = dict(first)
    arrivals: _Arrivals = []
    for number, ms in enumerate(times_ms):
        waiting: dict[_State, float] = {}
        arrived = 0.0
        for state, probability in now.items():
            denied = courses[state].denied_ms
            if number >= len(denied) and courses[state].succeeded:
                arrived += probability
            elif number + 1 < len(courses[state].attempts_ms):
                waiting[state] = probability
        arrivals.append((ms, arrived))
        if number + 1 == len(times_ms) or not waiting:
            break
        now = defaultdict(float)
        for state, probability in waiting.items():
            for after, share in _left(state, ms, times_ms[number + 1], threat.hindrances):
                now[after] += probability * share
    return arrivals


def _left(
    state: _State, from_ms: float, to_ms: float, hindrances: Sequence[Hindrance]
) -> Iterable[tuple[_State, float]]:
    """Which holds of `state` are left at `to_ms`, and how likely, if all are there at `from_ms`."""
    lasts = []
    for number in sorted(state):
        there = 1 - hindrances[number].over_by(from_ms)
        lasts.append((1 - hindrances[number].over_by(to_ms)) / there if there > 0 else 0.0)
    for stay in product((False, True), repeat=len(lasts)):
        left = (number for number, stays in zip(sorted(state), stay, strict=True) if stays)
        yield (
            frozenset(left),
            math.prod(last if stays else 1 - last for last, stays in zip(lasts, stay, strict=True)),
        )
