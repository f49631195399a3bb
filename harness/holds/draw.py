"""Draw holds from a profile, the same ones for every strategy of a block.

A draw depends on a key made of the seed, the situation and the block, on the operation and on the
hold's place in its profile - never on how many numbers were drawn before. So adding a strategy, or
running half of a block again, changes nothing.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS
from harness.holds.profile import (
    Constant,
    Empirical,
    Exponential,
    Forever,
    HoldTemplate,
    Lognormal,
    Mixture,
    Pareto,
    Profile,
    SizeProportional,
    TimedDistribution,
    Uniform,
    UntilFailure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_Z99: Final = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that a hold may fall on: its path below the operation's source (``.`` for itself)."""

    path: str
    size: int
    is_pe: bool


@dataclass(frozen=True, slots=True)
class DrawnHold:
    """A hold before it has a place in the file system.

    `child` is the file below the source, for holds on one. `duration_ns` is ``None`` for ever.
    """

    template: HoldTemplate
    child: str | None
    starts_ns: int
    duration_ns: int | None
    release_after_failures: int | None = None


def draw_holds(profile: Profile, files: Sequence[HeldFile], key: str) -> list[DrawnHold]:
    """Draw what holds one operation on `files`. `key` names the operation in its block."""
    drawn = []
    for number, template in enumerate(profile.holds):
        hold = _draw(template, files, random.Random(f"{key}/{number}"))
        if hold is not None:
            drawn.append(hold)
    return drawn


def _draw(template: HoldTemplate, files: Sequence[HeldFile], rng: random.Random) -> DrawnHold | None:
    happens = rng.random() < template.probability.value
    file = _pick(template, files, rng)
    if not happens or (template.pe_only and (file is None or not file.is_pe)):
        return None
    on_file = template.handle.object in {"child", "largest-pe"}
    if on_file and file is None:
        return None
    starts_ns = _ns(_time_ms(template.delay.of, 0, rng))
    duration = template.duration.of
    if isinstance(duration, Mixture):
        weights = [part.weight for part in duration.parts]
        duration = rng.choices(duration.parts, weights)[0].of
    child = file.path if on_file and file is not None else None
    if isinstance(duration, Forever):
        return DrawnHold(template, child, starts_ns, None)
    if isinstance(duration, UntilFailure):
        return DrawnHold(template, child, starts_ns, None, duration.failures)
    size = file.size if file is not None else 0
    return DrawnHold(template, child, starts_ns, _ns(_time_ms(duration, size, rng)))


def _pick(template: HoldTemplate, files: Sequence[HeldFile], rng: random.Random) -> HeldFile | None:
    """Choose the file whose size and kind matter for this hold."""
    chance = rng.random()  # always drawn, so that objects do not shift each other's draws
    programs = [file for file in files if file.is_pe]
    match template.handle.object:
        case "child":
            candidates = programs if template.pe_only else files
            return candidates[int(chance * len(candidates))] if candidates else None
        case "largest-pe":
            return max(programs, key=lambda file: (file.size, file.path), default=None)
        case _:
            return max(files, key=lambda file: (file.is_pe, file.size, file.path), default=None)


def _time_ms(distribution: TimedDistribution, size: int, rng: random.Random) -> float:
    """Draw a time in milliseconds for a file of `size` bytes."""
    match distribution:
        case Constant():
            return distribution.ms
        case Uniform():
            return rng.uniform(distribution.low_ms, distribution.high_ms)
        case Lognormal():
            sigma = math.log(distribution.p99_ms / distribution.median_ms) / _Z99
            return rng.lognormvariate(math.log(distribution.median_ms), sigma)
        case Exponential():
            return rng.expovariate(1 / distribution.mean_ms)
        case Pareto():
            # inverse of the truncated Pareto distribution function
            ratio = math.pow(distribution.min_ms / distribution.max_ms, distribution.shape)
            survival = 1 - rng.random() * (1 - ratio)
            return distribution.min_ms / math.pow(survival, 1 / distribution.shape)
        case Empirical():
            return rng.choice(distribution.values_ms)
        case SizeProportional():
            return distribution.base_ms + size / (distribution.mb_per_s * 1000)


def _ns(milliseconds: float) -> int:
    return round(milliseconds * NS_PER_MS)
