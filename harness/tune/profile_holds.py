"""Holds from a profile: their distribution, the errors they cause, and what of it is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import InvalidInputError
from harness.predict.hold_cases import hold_cases
from harness.predict.shapes import SHAPES
from harness.text import joined, percent
from harness.tune.releases import Releases

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.predict.hold_cases import HoldCase


@dataclass(frozen=True)
class ModelledHolds:
    """The holds of a profile on the operations that they block."""

    name: str
    releases: Releases
    cases: tuple[HoldCase, ...]
    """In each target shape that they block."""
    conditional: tuple[str, ...]
    """What all that follows from them is conditional on, in sentences."""


def modelled_holds(name: str, profile: Profile) -> ModelledHolds:
    """Return the holds of a profile.

    Raises `InvalidInputError` for holds that block nothing or never end, and for those that make success
    not monotone in time: several at once, that begin later, or that end with a deletion.
    """
    reasons: dict[str, str] = {}
    blocked: list[HoldCase] = []
    for shape in SHAPES:
        cases, left_out = hold_cases({name: profile}, shape)
        for reason in left_out.values():
            reasons[shape.name] = reason
        for case in cases:
            if len(case.active_holds) > 1:
                reasons[shape.name] = "several holds overlap, and each may cause another error"
                continue
            blocked.append(case)
    if not blocked:
        why = joined(list(dict.fromkeys(reasons.values()))) or "it injects no holds"
        raise InvalidInputError(
            f"no schedule can be tuned under {name}: {why}",
            hint=f"A run can compare strategies: harness run script-install --profile {name}",
        )
    (active,) = blocked[-1].active_holds
    releases = Releases.of_distribution(active.duration, active.probability)
    if releases.in_the_end <= 1 - active.probability:
        raise InvalidInputError(
            f"the holds of {name} never end: no wait helps, and every retry delays the report",
            hint="Report the error at once (plain), and name who holds the file.",
        )
    return ModelledHolds(name, releases, tuple(blocked), tuple(_conditional(name, profile)))


def _conditional(name: str, profile: Profile) -> list[str]:
    template = profile.holds[0]
    parameters = {
        "who is held, and how": template.handle.evidence,
        "how often": template.probability.evidence,
        "from when": template.delay.evidence,
        "how long": template.duration.evidence,
    }
    found = [f"the profile {name} ({profile.title})"]
    for evidence in ("assumed", "bound"):
        named = [words for words, each in parameters.items() if each == evidence]
        if named:
            words = "what is only assumed" if evidence == "assumed" else "a reported bound"
            found.append(f"{words}: {joined(named)}")
    if template.probability.value < 1:
        found.append(f"{percent(template.probability.value)} % of operations being held at all")
    return found
