"""Which holds of a profile block an operation, and how likely: what predictions are made for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.distributions import AnyDistribution, SizeProportional
from harness.holds.draw import DrawnHold
from harness.holds.placement import place
from harness.predict.shapes import TargetShape, granted
from harness.predict.trace import traces_of
from harness.strategy.spec import StrategySpec

if TYPE_CHECKING:
    from harness.holds.handles import Hold
    from harness.holds.profile import HoldTemplate, Profile

_PLAIN: Final = StrategySpec()
MOST_HOLDS: Final = 5
"""Of several holds, all subsets are followed."""
_OBJECTS: Final = {"target": "old file", "directory": "directory"}


@dataclass(frozen=True, slots=True)
class ActiveHold:
    """A hold of a profile that blocks the operation, at its place in a target shape.

    `probability` is that of being there at the first attempt. With `vanishes`, its file is deleted at
    its end.
    """

    handle: Hold
    probability: float
    duration: AnyDistribution
    vanishes: bool

    def over_by(self, ms: float) -> float:
        """Return the probability that it was released by then, leaving the file behind."""
        return 0.0 if self.vanishes else self.duration.cdf(ms, LARGEST_LIBRARY_BYTES)

    def over_between(self, nodes_ms: Sequence[float]) -> tuple[list[float], float]:
        """Return the mean of `over_by` over the times between neighbours, and that of the first.

        The times are equally far from each other.
        """
        first = self.over_by(nodes_ms[0])
        if first == self.over_by(nodes_ms[-1]):
            return [first] * (len(nodes_ms) - 1), first
        over = [first, *map(self.over_by, nodes_ms[1:])]
        late = [ms * share - self.ended_ms(ms) for ms, share in zip(nodes_ms, over, strict=True)]
        cell_ms = nodes_ms[1] - nodes_ms[0]
        means = [
            min(max((later - sooner) / cell_ms, low), high)
            for (sooner, later), (low, high) in zip(pairwise(late), pairwise(over), strict=True)
        ]
        return means, first

    def overshoot(self, ms: float) -> float:
        """Return the mean time from its end to `ms`, over all; 0 for those that end later."""
        return ms * self.over_by(ms) - self.ended_ms(ms)

    def ended_ms(self, ms: float) -> float:
        """Return the part of the mean end that ends up to `ms` contribute."""
        return 0.0 if self.vanishes else self.duration.partial_mean(ms, LARGEST_LIBRARY_BYTES)


@dataclass(frozen=True, slots=True)
class HoldCase:
    """The holds of a profile that block the operation of a shape; `why_not` says why none do."""

    profile: str
    shape: TargetShape
    active_holds: tuple[ActiveHold, ...] = ()
    why_not: str = ""

    @property
    def handles(self) -> tuple[Hold, ...]:
        """The handles of the holds."""
        return tuple(hold.handle for hold in self.active_holds)

    @property
    def code(self) -> int | None:
        """The Win32 error of a single attempt while all holds are there."""
        there = tuple(self.handles[number] for number in granted(self.handles))
        return traces_of(_PLAIN, self.shape, there)[0].codes[0]

    @property
    def hit_rate(self) -> float:
        """The share of operations that are hit by a hold."""
        return 1 - math.prod(1 - hold.probability for hold in self.active_holds)


def hold_case(name: str, profile: Profile, shape: TargetShape) -> HoldCase:
    """Find which holds of a profile block the operation of a shape, by the sharing rules.

    Raises `NotImplementedError` for a profile that cannot be followed exactly: several holds that
    block, one of which may begin later, or holds that come again or are on every file.
    """
    found: list[ActiveHold] = []
    reasons: list[str] = []
    is_late = False
    for template in profile.holds:
        if template.again is not None or (shape.is_directory and template.handle.object == "children"):
            raise NotImplementedError(f"{name} has holds that come again, or on every file of a tree")
        handle = place(DrawnHold(template), shape.places)
        if handle is None:
            reasons.append(f"there is no {_OBJECTS.get(template.handle.object, template.handle.object)}")
        elif traces_of(_PLAIN, shape, (handle,))[0].succeeded:
            what = "rename" if shape.call == "rename" else "call"
            reasons.append(f"this hold does not block the {what}")
        else:
            soon = template.delay.of.cdf(0.0)
            is_late |= soon < 1 and template.probability.value > 0
            probability = template.probability.value * soon
            found.append(
                ActiveHold(handle, probability, template.duration.of, template.ends == "vanish")
            )
            if not probability:
                reasons.append("the hold begins after the first attempt, which succeeds")
    if (is_late and len(found) > 1) or len(found) > MOST_HOLDS:
        raise NotImplementedError(
            f"{name} has several holds of which one may begin later, or more than {MOST_HOLDS}"
        )
    active = tuple(hold for hold in found if hold.probability)
    return HoldCase(name, shape, active, "" if active else "; ".join(dict.fromkeys(reasons)))


def hold_cases(
    profiles: Mapping[str, Profile], shape: TargetShape
) -> tuple[list[HoldCase], dict[str, str]]:
    """Return the cases of `profiles` in a shape, and by name why the others are left out.

    Profiles that inject no holds are in neither.
    """
    cases: list[HoldCase] = []
    left_out: dict[str, str] = {}
    for name, profile in profiles.items():
        if not profile.holds:
            continue
        try:
            case = hold_case(name, profile, shape)
        except NotImplementedError as error:
            left_out[name] = str(error)
            continue
        if reason := case.why_not or next(filter(None, map(_unpredictable, profile.holds)), ""):
            left_out[name] = reason
        else:
            cases.append(case)
    return cases, left_out


def _unpredictable(template: HoldTemplate) -> str:
    """Return why attempt times alone do not predict such a hold; empty if they do."""
    if template.ends == "vanish":
        return "the held file is deleted in the end, which no strategy can undo"
    if template.handle.object == "child" and isinstance(template.duration.of, SizeProportional):
        return "how long the hold lasts depends on the size of the held file: run a scenario"
    return ""
