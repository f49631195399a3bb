"""The rules for waits and for jitter that strategy notation has, one class each.

A rule declares its notation and its explanation as templates of its fields, and makes its tenacity
object. Times are milliseconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from tenacity import wait_exponential, wait_fixed, wait_incrementing
from typing_extensions import override

from harness.strategy import waits
from harness.strategy.durations import spell_duration, spell_number

if TYPE_CHECKING:
    from tenacity.wait import wait_base


@dataclass(frozen=True, slots=True)
class Rule(ABC):
    """A part of a strategy that is spelled from its fields."""

    NOTATION: ClassVar[str]
    EXPLANATION: ClassVar[str]

    def __str__(self) -> str:
        return self.NOTATION.format(**self._spelled(""))

    @property
    def explanation(self) -> str:
        """The rule in words, as a part of a sentence."""
        return self.EXPLANATION.format(**self._spelled(" "))

    def _spelled(self, gap: str) -> dict[str, str]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: spell_duration(value, gap) if name.endswith("ms") else spell_number(value)
            for name, value in values.items()
        }


@dataclass(frozen=True, slots=True)
class WaitRule(Rule):
    """How long to wait after each failed attempt."""

    @abstractmethod
    def build(self, retries: int | None) -> wait_base:
        """Make the tenacity wait, for a strategy of at most `retries` retries."""


@dataclass(frozen=True, slots=True)
class Same(WaitRule):
    """The same wait each time."""

    ms: float
    NOTATION = "{ms}"

    @property
    @override
    def explanation(self) -> str:
        duration = spell_duration(self.ms, " ")
        return f"Waits {duration} each time" if self.ms else "Retries at once, without a wait"

    @override
    def build(self, retries: int | None) -> wait_base:
        return wait_fixed(self.ms / 1000)


@dataclass(frozen=True, slots=True)
class Times(WaitRule):
    """Each wait is `factor` times the one before."""

    ms: float
    factor: float
    NOTATION = "{ms} x{factor}"
    EXPLANATION = "Waits {ms}, then {factor} times as long each time"

    @override
    def build(self, retries: int | None) -> wait_base:
        return wait_exponential(multiplier=self.ms / 1000, exp_base=self.factor)


@dataclass(frozen=True, slots=True)
class TimesDraw(WaitRule):
    """Each wait is the one before times a draw from `low` to `high`."""

    ms: float
    low: float
    high: float
    NOTATION = "{ms} x{low}..{high}"
    EXPLANATION = "Waits {ms}, then the previous wait times a draw from {low} to {high}"

    @override
    def build(self, retries: int | None) -> wait_base:
        return waits.wait_growing_at_random(self.ms / 1000, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Plus(WaitRule):
    """Each wait is `step_ms` longer than the one before."""

    ms: float
    step_ms: float
    NOTATION = "{ms} +{step_ms}"
    EXPLANATION = "Waits {ms}, then {step_ms} longer each time"

    @override
    def build(self, retries: int | None) -> wait_base:
        return wait_incrementing(start=self.ms / 1000, increment=self.step_ms / 1000)


@dataclass(frozen=True, slots=True)
class Fibonacci(WaitRule):
    """1, 1, 2, 3, 5 … times `ms`."""

    ms: float
    NOTATION = "{ms} fibonacci"
    EXPLANATION = "Waits 1, 1, 2, 3, 5, 8 … times {ms}"

    @override
    def build(self, retries: int | None) -> wait_base:
        return waits.wait_fibonacci(self.ms / 1000)


@dataclass(frozen=True, slots=True)
class OverRetriesLeft(WaitRule):
    """`ms` divided by the number of retries left."""

    ms: float
    NOTATION = "{ms} / retries left"
    EXPLANATION = "Waits {ms} divided by the number of retries left"

    @override
    def build(self, retries: int | None) -> wait_base:
        assert retries is not None  # noqa: S101 - the notation demands it
        return waits.wait_over_retries_left(self.ms / 1000, retries)


@dataclass(frozen=True, slots=True)
class Listed(WaitRule):
    """These waits; then, with `then_ms`, that one again and again."""

    values_ms: tuple[float, ...]
    then_ms: float | None = None

    def __str__(self) -> str:
        then = "" if self.then_ms is None else f" then {spell_duration(self.then_ms)}"
        return ",".join(map(spell_duration, self.values_ms)) + then

    @property
    @override
    def explanation(self) -> str:
        listed = ", ".join(spell_duration(ms, " ") for ms in self.values_ms)
        then = "" if self.then_ms is None else f", then {spell_duration(self.then_ms, ' ')} each time"
        return f"Waits {listed}{then}"

    @property
    def retries(self) -> int | None:
        """The number of retries after which the list ends; ``None`` if it does not."""
        return len(self.values_ms) if self.then_ms is None else None

    @override
    def build(self, retries: int | None) -> wait_base:
        last = () if self.then_ms is None else (self.then_ms,)
        return waits.wait_listed(*(value / 1000 for value in (*self.values_ms, *last)))


@dataclass(frozen=True, slots=True)
class Jitter(Rule):
    """How each wait is varied by chance, after it was capped."""

    @abstractmethod
    def apply(self, wait: wait_base) -> wait_base:
        """Make the tenacity wait that varies `wait`."""


@dataclass(frozen=True, slots=True)
class Scaled(Jitter):
    """Each wait is multiplied by a draw."""

    low: float
    high: float
    NOTATION = "jitter x{low}..{high}"
    EXPLANATION = "each wait is multiplied by a draw from {low} to {high}"

    @override
    def apply(self, wait: wait_base) -> wait_base:
        return waits.wait_scaled(wait, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Added(Jitter):
    """A draw is added to each wait."""

    low_ms: float
    high_ms: float
    NOTATION = "jitter +{low_ms}..{high_ms}"
    EXPLANATION = "a draw from {low_ms} to {high_ms} is added to each wait"

    @override
    def apply(self, wait: wait_base) -> wait_base:
        return wait + waits.wait_uniform(self.low_ms / 1000, self.high_ms / 1000)


@dataclass(frozen=True, slots=True)
class AsRustRetry(Jitter):
    """Jitter as in Rust's ``retry`` crate; see `waits.wait_jittered_as_rust_retry`."""

    NOTATION = "jitter rust-retry"
    EXPLANATION = "each wait is multiplied by a draw from 0 to 1, whole seconds rounded up"

    @override
    def apply(self, wait: wait_base) -> wait_base:
        return waits.wait_jittered_as_rust_retry(wait)
