"""A policy in plain terms: the data behind a sentence of the policy language, and the strategy it makes.

A `Sentence` says all that a policy of the catalogue does; `str` gives it back in the language. Times
are milliseconds. `harness.strategy.notation` reads sentences and documents their words.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from tenacity import (
    retry_never,
    stop_after_attempt,
    stop_after_delay,
    stop_any,
    stop_never,
    wait_exponential,
    wait_fixed,
    wait_incrementing,
)

from harness.strategy import actions, conditions, tree_methods, waits
from harness.strategy.loop import Strategy
from harness.winerror import HOLD_CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import retry_base
    from tenacity.stop import stop_base
    from tenacity.wait import wait_base

    from harness.strategy.attempt import Attempt

DEFAULT_CODES: Final = HOLD_CODES
"""What is retried if a sentence does not say."""


def spelled(value: float | Decimal) -> str:
    """Spell a number in full, without an exponent: read again, it is the same one."""
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(ms: float) -> str:
    """Spell a duration as the language does: ``250us``, ``10ms``, ``5s``, ``2min``."""
    exact = Decimal(repr(float(ms)))
    if not exact:
        return "0"
    if exact % 60_000 == 0 and exact > 60_000:  # noqa: PLR2004 - `60s` reads better than `1min`
        return f"{spelled(exact / 60_000)}min"
    if exact % 1000 == 0:
        return f"{spelled(exact / 1000)}s"
    return f"{spelled(exact)}ms" if exact >= 1 else f"{spelled(exact * 1000)}us"


@dataclass(frozen=True, slots=True)
class Same:
    """The same wait each time."""

    ms: float

    def __str__(self) -> str:
        return duration(self.ms)

    def build(self) -> wait_base:
        """The wait, in tenacity's terms."""
        return wait_fixed(self.ms / 1000)


@dataclass(frozen=True, slots=True)
class Times:
    """Each wait is `factor` times the one before."""

    ms: float
    factor: float

    def __str__(self) -> str:
        return f"{duration(self.ms)} x{spelled(self.factor)}"

    def build(self) -> wait_base:
        """The wait, in tenacity's terms."""
        return wait_exponential(multiplier=self.ms / 1000, exp_base=self.factor)


@dataclass(frozen=True, slots=True)
class TimesDraw:
    """Each wait is the one before times a draw from `low` to `high`."""

    ms: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{duration(self.ms)} x{spelled(self.low)}..{spelled(self.high)}"

    def build(self) -> wait_base:
        """The wait, in tenacity's terms."""
        return waits.wait_growing_at_random(self.ms / 1000, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Plus:
    """Each wait is `step_ms` longer than the one before."""

    ms: float
    step_ms: float

    def __str__(self) -> str:
        return f"{duration(self.ms)} +{duration(self.step_ms)}"

    def build(self) -> wait_base:
        """The wait, in tenacity's terms."""
        return wait_incrementing(start=self.ms / 1000, increment=self.step_ms / 1000)


@dataclass(frozen=True, slots=True)
class Fibonacci:
    """1, 1, 2, 3, 5 … times `ms`."""

    ms: float

    def __str__(self) -> str:
        return f"{duration(self.ms)} fibonacci"

    def build(self) -> wait_base:
        """The wait, in tenacity's terms."""
        return waits.wait_fibonacci(self.ms / 1000)


@dataclass(frozen=True, slots=True)
class OverRetriesLeft:
    """`ms` divided by the retries left."""

    ms: float

    def __str__(self) -> str:
        return f"{duration(self.ms)} / retries left"

    def build(self, retries: int) -> wait_base:
        """The wait, in tenacity's terms."""
        return waits.wait_over_retries_left(self.ms / 1000, retries)


@dataclass(frozen=True, slots=True)
class Listed:
    """These waits; then, with `then_ms`, that one again and again."""

    values_ms: tuple[float, ...]
    then_ms: float | None = None

    def __str__(self) -> str:
        then = "" if self.then_ms is None else f" then {duration(self.then_ms)}"
        return ",".join(duration(value) for value in self.values_ms) + then

    def build(self) -> wait_base:
        """The wait, in tenacity's terms."""
        last = () if self.then_ms is None else (self.then_ms,)
        return waits.wait_listed(*(value / 1000 for value in (*self.values_ms, *last)))


Waits = Same | Times | TimesDraw | Plus | Fibonacci | OverRetriesLeft | Listed


@dataclass(frozen=True, slots=True)
class Scaled:
    """Jitter: each wait times a draw."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"jitter x{spelled(self.low)}..{spelled(self.high)}"


@dataclass(frozen=True, slots=True)
class Added:
    """Jitter: each wait plus a draw."""

    low_ms: float
    high_ms: float

    def __str__(self) -> str:
        return f"jitter +{duration(self.low_ms)}..{duration(self.high_ms)}"


Jitter = Scaled | Added | Literal["rust-retry"]
Limit = Literal["for", "within", "waited", "shared"]
Around = Literal["deleting target first", "deleting target on failure", "moving target aside"]

_PERFORM: Final = {
    "deleting target first": actions.deleting_target_first,
    "deleting target on failure": actions.deleting_target_on_failure,
    "moving target aside": actions.moving_target_aside,
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A policy. ``waits=None`` is one attempt; every other field is a clause of the language.

    `retries` is the most retries, `limit_ms` the time limit and `limit` which kind it is; `codes` are
    the Win32 errors retried, ``None`` for any, and with `all_but` any other than these.
    """

    waits: Waits | None = None
    cap_ms: float | None = None
    jitter: Jitter | None = None
    retries: int | None = None
    limit: Limit | None = None
    limit_ms: float = 0.0
    trailing_wait: bool = False
    codes: tuple[int, ...] | None = DEFAULT_CODES
    all_but: bool = False
    renames_only: bool = False
    while_absent: bool = False
    unless_directory: bool = False
    around: Around | None = None
    fresh_temporary: bool = False
    else_copy: bool = False
    method: tree_methods.MethodName | None = None

    def __str__(self) -> str:
        if self.waits is None:
            words = ["plain"]
        else:
            words = [str(self.waits)]
            if self.cap_ms is not None:
                words.append(f"cap {duration(self.cap_ms)}")
            if self.jitter is not None:
                words.append("jitter rust-retry" if self.jitter == "rust-retry" else str(self.jitter))
            if self.retries is not None:
                words.append(f"{self.retries} {'retry' if self.retries == 1 else 'retries'}")
            if self.limit is not None:
                words.append(_limit_words(self.limit, self.limit_ms))
            words.append(f"on {self._codes_words()}")
            words += ["trailing wait"] * self.trailing_wait
        return " ".join([*words, *self.extras])

    @property
    def extras(self) -> list[str]:
        """The clauses that say nothing of waits, of their end or of codes."""
        said = {
            "renames only": self.renames_only,
            "while target is absent": self.while_absent,
            "unless target is a directory": self.unless_directory,
            "fresh temporary": self.fresh_temporary,
            self.around: self.around is not None,
            "else copy": self.else_copy,
            self.method: self.method is not None,
        }
        return [clause for clause, is_said in said.items() if clause and is_said]

    def bare(self) -> Sentence:
        """The same waits until the same end, and nothing else: what its attempt times follow from."""
        return Sentence(
            waits=self.waits,
            cap_ms=self.cap_ms,
            jitter=self.jitter,
            retries=self.retries,
            limit=self.limit,
            limit_ms=self.limit_ms,
            trailing_wait=self.trailing_wait,
            codes=None,
        )

    def _codes_words(self) -> str:
        if self.codes is None:
            return "any"
        listed = ",".join(map(str, self.codes))
        return f"any but {listed}" if self.all_but else listed

    @property
    def is_random(self) -> bool:
        """Whether its attempt times are drawn."""
        return self.jitter is not None or isinstance(self.waits, TimesDraw)

    def strategy(self, name: str) -> Strategy:
        """Make the strategy that does what the sentence says."""
        around = _PERFORM[self.around] if self.around else None
        fall_back = actions.copy_instead if self.else_copy else None
        method = tree_methods.METHODS[self.method] if self.method else None
        if self.waits is None:
            return Strategy(name, retry_never, perform=around, fall_back=fall_back, method=method)
        return Strategy(
            name,
            retry=self._retry(),
            wait=self._wait(self.waits),
            stop=self._stop(),
            recheck=self._recheck(),
            perform=around,
            fall_back=fall_back,
            trailing_wait=self.trailing_wait,
            method=method,
        )

    def _retry(self) -> retry_base:
        retry: retry_base
        if self.codes is None:
            retry = conditions.retry_if_any_oserror()
        elif self.all_but:
            retry = conditions.retry_unless_winerror(*self.codes)
        else:
            retry = conditions.retry_if_winerror(*self.codes)
        if self.renames_only:
            retry = retry & conditions.retry_if_rename()
        if self.unless_directory:
            retry = retry & conditions.retry_unless_target_is_directory()
        return retry

    def _wait(self, rule: Waits) -> wait_base:
        if isinstance(rule, OverRetriesLeft):
            assert self.retries is not None  # noqa: S101 - the language asks for it
            wait = rule.build(self.retries)
        else:
            wait = rule.build()
        if self.cap_ms is not None:
            wait = waits.wait_capped(wait, self.cap_ms / 1000)
        match self.jitter:
            case Scaled(low, high):
                return waits.wait_scaled(wait, low, high)
            case Added(low_ms, high_ms):
                return wait + waits.wait_uniform(low_ms / 1000, high_ms / 1000)
            case "rust-retry":
                return waits.wait_jittered_as_rust_retry(wait)
            case None:
                return wait

    def _stop(self) -> stop_base:
        stops: list[stop_base] = []
        if self.retries is not None:
            stops.append(stop_after_attempt(self.retries + 1))
        if isinstance(self.waits, Listed) and self.waits.then_ms is None:
            stops.append(stop_after_attempt(len(self.waits.values_ms) + 1))
        seconds = self.limit_ms / 1000
        match self.limit:
            case "for":
                stops.append(stop_after_delay(seconds))
            case "within":
                stops.append(conditions.stop_before_time(seconds))
            case "waited":
                stops.append(conditions.stop_before_waits(seconds))
            case "shared":
                stops.append(conditions.stop_before_waits_of_install(seconds))
        return stop_any(*stops) if stops else stop_never

    def _recheck(self) -> Callable[[Attempt], bool] | None:
        if self.while_absent and self.fresh_temporary:
            return lambda attempt: (
                actions.target_is_absent(attempt) and actions.write_fresh_temporary(attempt)
            )
        if self.while_absent:
            return actions.target_is_absent
        return actions.write_fresh_temporary if self.fresh_temporary else None


def _limit_words(limit: Limit, ms: float) -> str:
    match limit:
        case "within":
            return f"within {duration(ms)}"
        case "for":
            return f"for {duration(ms)}"
        case _:
            return f"for {duration(ms)} {limit}"
