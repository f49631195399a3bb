"""The forms of waits, jitter and time limits in strategy notation: how each is explained and built.

A form is notation with names in braces. A name that ends in ``ms`` stands for a duration in milliseconds
(or, for ``list_ms``, for several), any other for a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenacity import stop_after_delay, wait_chain, wait_exponential, wait_fixed, wait_incrementing

from harness.strategy import conditions, waits
from harness.strategy.durations import spell_duration, spell_number


@dataclass(frozen=True, slots=True)
class Form:
    """What a form means: words with the same names in braces, and what makes its tenacity object."""

    explanation: str
    build: Callable[..., Any]


def _chain(*ms: float) -> wait_chain:
    """Make the wait of a list: one after the other, then the last of them again and again."""
    return wait_chain(*(wait_fixed(each / 1000) for each in ms))


FIXED: Final = "{ms}"
GROWTH: Final = "{ms} x{factor}"
RANDOM_GROWTH: Final = "{ms} x{factor}..{high}"
OVER_RETRIES_LEFT: Final = "{ms} / retries left"
LIST: Final = "{list_ms}"
LIST_THEN: Final = "{list_ms} then {then_ms}"
SHARED: Final = "for {limit_ms} shared"
PAST_LIMIT: Final = "for {limit_ms}"
PER_MEGABYTE: Final = "for {limit_ms} per MB"
PAST_LIMITS: Final = frozenset({PAST_LIMIT, PER_MEGABYTE})
"""The limits past which a last attempt may come; of the others, none comes at or after the limit."""
SCALED: Final = "jitter x{low}..{high}"
ADDED: Final = "jitter +{low_ms}..{high_ms}"
RUST_RETRY: Final = "jitter rust-retry"

WAITS: Final[Mapping[str, Form]] = {
    FIXED: Form("Waits {ms} each time", lambda ms: wait_fixed(ms / 1000)),
    GROWTH: Form(
        "Waits {ms}, then each wait is {factor} times the one before",
        lambda ms, factor: wait_exponential(multiplier=ms / 1000, exp_base=factor),
    ),
    RANDOM_GROWTH: Form(
        "Waits {ms}, then the previous wait times a draw from {factor} to {high}",
        lambda ms, low, high: waits.wait_growing_at_random(ms / 1000, low, high),
    ),
    "{ms} +{step_ms}": Form(
        "Waits {ms}, then {step_ms} longer each time",
        lambda ms, step_ms: wait_incrementing(start=ms / 1000, increment=step_ms / 1000),
    ),
    "{ms} fibonacci": Form(
        "Waits 1, 1, 2, 3, 5, 8 … times {ms}", lambda ms: waits.wait_fibonacci(ms / 1000)
    ),
    OVER_RETRIES_LEFT: Form(
        "Waits {ms} divided by the number of retries left",
        lambda ms, retries: waits.wait_over_retries_left(ms / 1000, retries),
    ),
    LIST: Form("Waits {list_ms}", lambda list_ms: _chain(*list_ms)),
    LIST_THEN: Form(
        "Waits {list_ms}, then {then_ms} each time",
        lambda list_ms, then_ms: _chain(*list_ms, then_ms),
    ),
}
"""The waits after each failed attempt."""

JITTERS: Final[Mapping[str, Form]] = {
    SCALED: Form(
        "each wait is multiplied by a draw from {low} to {high}",
        lambda low, high, wait: waits.wait_scaled(wait, low, high),
    ),
    ADDED: Form(
        "a draw from {low_ms} to {high_ms} is added to each wait",
        lambda low_ms, high_ms, wait: (
            wait + waits.wait_scaled(wait_fixed(1), low_ms / 1000, high_ms / 1000)
        ),
    ),
    RUST_RETRY: Form(
        "each wait is multiplied by a draw from 0 to 1, whole seconds rounded up",
        waits.wait_jittered_as_rust_retry,
    ),
}
"""How each wait, after a cap, is varied by chance."""

LIMITS: Final[Mapping[str, Form]] = {
    PAST_LIMIT: Form(
        "at the first failure {limit_ms} after the start or later",
        lambda limit_ms: stop_after_delay(limit_ms / 1000),
    ),
    PER_MEGABYTE: Form(
        "at the first failure {limit_ms} per MB (begun, of what is persisted) after the start or later",
        lambda limit_ms: conditions.stop_after_time_by_size(limit_ms / 1000),
    ),
    "within {limit_ms}": Form(
        "if the next attempt would begin {limit_ms} after the start or later",
        lambda limit_ms: conditions.stop_before_time(limit_ms / 1000),
    ),
    "for {limit_ms} waited": Form(
        "if the next wait would bring the total waited to {limit_ms} or more",
        lambda limit_ms: conditions.stop_before_waits(limit_ms / 1000),
    ),
    SHARED: Form(
        "if the next wait would bring the total waited in the whole install to {limit_ms} or more",
        lambda limit_ms: conditions.stop_before_waits_of_install(limit_ms / 1000),
    ),
}
"""When a strategy gives up, by time."""

FORMS: Final = {**WAITS, **JITTERS, **LIMITS}


@dataclass(frozen=True, slots=True)
class Part:
    """A form with its values, in the order of their names in it."""

    form: str
    values: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.form.format(**self._spelled(""))

    @property
    def explanation(self) -> str:
        """The part in words."""
        return FORMS[self.form].explanation.format(**self._spelled(" "))

    def build(self, *more: Any) -> Any:
        """Make the tenacity object; `more` is what a form needs besides its values."""
        return FORMS[self.form].build(*self.values, *more)

    def _spelled(self, gap: str) -> dict[str, str]:
        names = re.findall(r"\{(\w+)\}", self.form)
        return {name: _spelled(name, value, gap) for name, value in zip(names, self.values, strict=True)}


def _spelled(name: str, value: Any, gap: str) -> str:
    if isinstance(value, tuple):
        return f",{gap}".join(spell_duration(ms, gap) for ms in value)
    return spell_duration(value, gap) if name.endswith("ms") else spell_number(value)
