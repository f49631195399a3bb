"""Where a policy stands among others under a profile: by what it survives, without a trial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.strategy.survival import Survival, Threat, chance, survival, threat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.interference.profile import Profile
    from harness.strategy.contenders import Contender
    from harness.strategy.situations import Situation

_SAME: Final = 1e-9
"""Chances that differ by less are the same: sums of floats."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy fares under `threat`, and how many `of` the others survive `less` and the `same`."""

    threat: Threat
    survival: Survival
    less: int
    same: int
    of: int


def threats(
    profiles: Mapping[str, Profile], situation: Situation
) -> tuple[list[Threat], dict[str, str]]:
    """What `profiles` put in the way in a situation, and by name why the others put nothing there.

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
        if found.hindrances:
            met.append(found)
        else:
            unmet[name] = found.why_not
    return met, unmet


def standing(contender: Contender, others: Sequence[Contender], threat: Threat) -> Standing:
    """Where `contender` stands among `others`."""
    fares = survival(contender, threat)
    chances = [chance(other, threat) for other in others]
    return Standing(
        threat,
        fares,
        less=sum(other < fares.chance - _SAME for other in chances),
        same=sum(abs(other - fares.chance) <= _SAME for other in chances),
        of=len(others),
    )


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
