"""Where a policy stands among others under a profile: by what it survives, without a trial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.holds.distributions import SizeProportional
from harness.predict.simulate import Chance, Survival, Threat, chance, survival, threat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.holds.profile import HoldTemplate, Profile
    from harness.predict.candidates import Contender
    from harness.predict.trace import Situation

_SAME: Final = 1e-9
"""Chances that differ by less are the same: sums of floats."""
ERRORS: Final = 2.0
"""So many standard errors either side of an estimate hold its true value in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy fares under `threat`, and how many `of` the others survive `less` and the `same`.

    The same: what does not differ by more than its 95 % interval, where jitter makes it an estimate.
    """

    threat: Threat
    survival: Survival
    less: int
    same: int
    of: int


def threats(
    profiles: Mapping[str, Profile], situation: Situation
) -> tuple[list[Threat], dict[str, str]]:
    """What `profiles` put in the way in a situation, and by name why the others are left out.

    Profiles that inject no holds are left out.
    """
    met: list[Threat] = []
    unmet: dict[str, str] = {}
    for name, profile in profiles.items():
        if not profile.holds:
            continue
        try:
            found = threat(name, profile, situation)
        except NotImplementedError as error:
            unmet[name] = str(error)
            continue
        if not found.hindrances:
            unmet[name] = found.why_not
        elif why_not := next(filter(None, map(_why_not, profile.holds)), None):
            unmet[name] = why_not
        else:
            met.append(found)
    return met, unmet


def _why_not(template: HoldTemplate) -> str | None:
    """Why nothing can be said of such a hold from attempt times alone; ``None`` if it can."""
    if template.ends == "vanish":
        return "what it holds is taken away in the end, and no policy brings it back"
    if template.handle.object == "child" and isinstance(template.duration.of, SizeProportional):
        return "how long it lasts depends on the size of the file it falls on: run a scenario"
    return None


def standing(contender: Contender, others: Sequence[Contender], threat: Threat) -> Standing:
    """Where `contender` stands among `others`."""
    fares = survival(contender, threat)
    chances = [chance(other, threat) for other in others]
    return Standing(
        threat,
        fares,
        less=sum(is_less(other, Chance(fares.chance, fares.error)) for other in chances),
        same=sum(not differ(other, Chance(fares.chance, fares.error)) for other in chances),
        of=len(others),
    )


def differ(one: Chance, other: Chance) -> bool:
    """Whether two chances differ by more than is known of them: `ERRORS` of their difference."""
    return abs(one.share - other.share) > _SAME + ERRORS * math.hypot(one.error, other.error)


def is_less(one: Chance, other: Chance) -> bool:
    """Whether `one` is less than `other`, and not just by chance."""
    return one.share < other.share and differ(one, other)


def ranking(contenders: Sequence[Contender], threat: Threat) -> list[tuple[Contender, Survival]]:
    """All of them, best first: by what they survive, then by the mean time that it takes them."""
    fares = [(contender, survival(contender, threat)) for contender in contenders]
    return sorted(
        fares,
        key=lambda row: (
            -round(row[1].chance, 9),
            math.inf if math.isnan(row[1].mean_ms) else row[1].mean_ms,
        ),
    )
