"""The plan of a run: its trials, their order, and the keys of their draws.

Everything here is a function of the scenarios and the seed. Draws depend on keys, not on positions in a
stream; so part of a run can be repeated, and a strategy added, without changing the rest.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.holds.draw import case_key
from harness.holds.profile import Freshness, Profile
from harness.record.trial_record import Place, place_of
from harness.scenario.load import LoadedScenario
from harness.strategy import Strategy
from harness.strategy.durations import spell_number


@dataclass(frozen=True)
class Variant:
    """A candidate with the values of the factors."""

    label: str
    strategy: Strategy
    factors: Mapping[str, str]

    @property
    def name(self) -> str:
        """The label and the factors, as ``exponential link_mode=copy``."""
        return variant_name(self.label, self.factors)


def variant_name(label: str, factors: Mapping[str, str]) -> str:
    """The name of a variant."""
    return " ".join([label, *(f"{key}={value}" for key, value in factors.items())])


@dataclass(frozen=True)
class Case:
    """A scenario under one profile: the unit of comparison, with the variants that are compared."""

    loaded: LoadedScenario
    profile_name: str
    profile: Profile
    variants: Sequence[Variant]
    seed: int

    @property
    def name(self) -> str:
        """The names of scenario and profile, as ``numpy-wheel/dll-scan``."""
        return f"{self.loaded.name}/{self.profile_name}"

    @property
    def freshness(self) -> Freshness | None:
        """The freshness of the bytes that an ambient scanner sees; ``None`` where holds are injected."""
        return self.profile.ambient.freshness if self.profile.ambient else None

    @property
    def stages_in_turn(self) -> bool:
        """Whether each item is laid down just before its first operation, as installers do.

        So it is where a scanner is what is measured: what is laid down early has had its quiet.
        """
        return self.profile.ambient is not None

    @property
    def quiet_s(self) -> float:
        """The pause before each trial, in seconds."""
        return self.profile.ambient.quiet_ms / 1000 if self.profile.ambient else 0.0

    @cached_property
    def key(self) -> str:
        """The beginning of the key of every draw of this case."""
        return case_key(self.seed, self.loaded.draw_key, self.profile)

    def hold_key(self, block: int, op_id: str) -> str:
        """The key of the holds on one operation: the same for all variants of a block."""
        return f"{self.key}/{block}/{op_id}"

    def block(self, number: int) -> Iterator[Trial]:
        """Yield the trials of one block: every variant once, in an order drawn for this block.

        Each variant draws its own place, so a new variant does not reorder the others.
        """

        def place(variant: Variant) -> float:
            return random.Random(f"{self.key}/{number}/order/{variant.name}").random()

        for position, variant in enumerate(sorted(self.variants, key=place)):
            yield Trial(self, variant, number, position)


@dataclass(frozen=True)
class Trial:
    """One install under one variant, in one block."""

    case: Case
    variant: Variant
    block: int
    position: int

    @property
    def name(self) -> str:
        """A name that is unique in a run, and the same when the run is resumed."""
        return f"{self.case.name}/{self.block}/{self.variant.name}"

    @property
    def place(self) -> Place:
        """Its place in the plan, as its record will have it."""
        case, variant = self.case, self.variant
        return place_of(case.loaded.name, case.profile_name, self.block, variant.label, variant.factors)

    def writers_rng(self) -> random.Random:
        """The generator for the starts of several installs: the same for all variants of a block."""
        return random.Random(f"{self.case.key}/{self.block}/writers")

    def strategy_rng(self, op_id: str) -> random.Random:
        """The generator for a strategy's own jitter on one operation."""
        return random.Random(f"{self.case.key}/{self.block}/{self.variant.name}/{op_id}")


def cases_of(loaded: LoadedScenario, strategies: Mapping[str, Strategy], seed: int) -> list[Case]:
    """Return the cases of a scenario: one per profile, with every strategy under all factor values.

    `strategies` maps labels to strategies, in the order of the scenario.
    """
    given = loaded.scenario.factors.model_dump(exclude_none=True)
    spelled = {
        factor: [value if isinstance(value, str) else spell_number(value) for value in values]
        for factor, values in given.items()
    }
    combinations = [
        dict(zip(spelled, values, strict=True)) for values in itertools.product(*spelled.values())
    ]
    variants = [
        Variant(label, strategy, factors)
        for label, strategy in strategies.items()
        for factors in combinations
    ]
    return [Case(loaded, name, profile, variants, seed) for name, profile in loaded.profiles.items()]


def rounds(cases: Sequence[Case], blocks: Mapping[str, int]) -> Iterator[Trial]:
    """Yield all trials, case by case in turn: block 0 of each case, then block 1 …

    A run that is stopped early thus has about as many blocks of each case. `blocks` maps the name of a
    case to its number of blocks.
    """
    for number in range(max(blocks.values(), default=0)):
        for case in cases:
            if number < blocks[case.name]:
                yield from case.block(number)


def evenly(cases: Sequence[Case], spent_s: Mapping[str, float], blocks: int) -> Iterator[Trial]:
    """Yield blocks of all cases, the next one always of the case that has had the least time so far.

    For runs that time limits: a case with short trials gets more blocks than one with long trials.
    `spent_s` maps the names of cases to seconds, and is read again before each block.
    """
    numbers = dict.fromkeys((case.name for case in cases), 0)
    while min(numbers.values(), default=blocks) < blocks:
        case = min(cases, key=lambda case: spent_s[case.name])
        yield from case.block(numbers[case.name])
        numbers[case.name] += 1
