"""The strategy that notation describes, as data: its clauses, and the `Strategy` that they make.

`harness.strategy.notation` reads the notation of a `StrategySpec`; `str` writes it. Times are
milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from tenacity import retry_base, retry_never, stop_after_attempt, stop_any, stop_never

from harness.strategy import actions, conditions, tree_methods, waits
from harness.strategy.by_error import by_error
from harness.strategy.durations import spell_duration, spell_retries
from harness.strategy.features import Feature
from harness.strategy.forms import LIST, OVER_RETRIES_LEFT, PAST_LIMITS, RANDOM_GROWTH, Part
from harness.strategy.loop import Strategy
from harness.strategy.otherwise import Otherwise
from harness.winerror import HOLD_CODES

if TYPE_CHECKING:
    from harness.strategy.attempt import Attempt
    from harness.strategy.operation import Operation

DEFAULT_CODES: Final = HOLD_CODES
"""The codes that are retried if the notation names none."""

ASKING: Final = "unless held for good asking {asking_ms}"
"""The form of the clause that asks who holds the file."""

Around = Literal[
    "deleting target first",
    "trying to delete target first",
    "deleting target on failure",
    "deleting target or failing",
    "moving target aside",
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A clause of fixed words, which sets `field` to `value`; `meaning` explains it.

    `needs` is what an operation must have for the clause to do anything.
    """

    field: str
    meaning: str
    value: object = True
    needs: Feature | None = None


_AROUND: Final[Mapping[Around, tuple[Callable[[Operation, Callable[[], object]], object], str]]] = {
    "deleting target first": (
        actions.deleting_target_first,
        "each attempt deletes the target, then makes the call",
    ),
    "trying to delete target first": (
        actions.trying_to_delete_target_first,
        "each attempt deletes the target, or leaves it if that fails, then makes the call",
    ),
    "deleting target on failure": (
        actions.deleting_target_on_failure,
        "where the call fails, deletes the target and calls once more",
    ),
    "deleting target or failing": (
        actions.deleting_target_or_failing,
        (
            "where the call fails, deletes the target and calls once more; where that deletion fails, "
            "tries again after 100, 300 and 600 ms and then gives up"
        ),
    ),
    "moving target aside": (
        actions.moving_target_aside,
        "where the call fails, renames the target away and calls once more",
    ),
}
"""What makes an attempt, with its meaning."""

PHRASES: Final[Mapping[str, Phrase]] = {
    "trailing wait": Phrase(
        "trailing_wait", "waits once more after the last attempt before it reports the error"
    ),
    "renames only": Phrase("renames_only", "retries renames only", needs="rename"),
    "while target is absent": Phrase(
        "while_absent", "after each wait, goes on only if nothing has the target's name", needs="target"
    ),
    "done if target exists": Phrase(
        "done_if_there",
        "after each failure, ends with success if something has the target's name, whatever is in it",
        needs="target",
    ),
    "unless target is a directory": Phrase(
        "unless_directory", "does not retry where a directory has the target's name", needs="target"
    ),
    "fresh temporary": Phrase(
        "fresh_temporary",
        "writes a new temporary file, under another name, before each retry",
        needs="temporary",
    ),
    **{name: Phrase("around", meaning, name, "old-target") for name, (_, meaning) in _AROUND.items()},
    **{
        name: Phrase("method", method.about, name, "tree-move")
        for name, method in tree_methods.METHODS.items()
    },
}
"""The clauses of fixed words, in the order in which a `StrategySpec` writes them."""


_OF_PART: Final = ("waits", "cap_ms", "jitter", "retries", "limit", "codes", "all_but")


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """A strategy that notation can describe, one field a clause. ``waits=None`` is a single attempt.

    `waits`, `jitter` and `limit` are of the forms in `harness.strategy.forms`, `retries` is the most
    retries; `codes` are the Win32 errors retried, ``None`` for any, and with `all_but` any other than
    these. `asking_ms` is what it takes to ask who holds the file. `after_errors` have waits and an end
    of their own for their codes.
    """

    waits: Part | None = None
    cap_ms: float | None = None
    jitter: Part | None = None
    retries: int | None = None
    limit: Part | None = None
    trailing_wait: bool = False
    codes: tuple[int, ...] | None = DEFAULT_CODES
    all_but: bool = False
    renames_only: bool = False
    while_absent: bool = False
    done_if_there: bool = False
    unless_directory: bool = False
    around: Around | None = None
    fresh_temporary: bool = False
    asking_ms: float | None = None
    method: tree_methods.MethodName | None = None
    otherwise: tuple[Otherwise, ...] = ()
    after_errors: tuple[StrategySpec, ...] = ()

    def __str__(self) -> str:
        return "; ".join([self._without_after_errors, *map(str, self.after_errors)])

    @property
    def _without_after_errors(self) -> str:
        if self.waits is None:
            return " ".join(["plain", *self.phrases, *map(str, self.otherwise)])
        clauses = [
            str(self.waits),
            "" if self.cap_ms is None else f"cap {spell_duration(self.cap_ms)}",
            str(self.jitter or ""),
            "" if self.retries is None else spell_retries(self.retries),
            str(self.limit or ""),
            f"on {self.codes_text}",
            *self.phrases,
            "" if self.asking_ms is None else ASKING.format(asking_ms=spell_duration(self.asking_ms)),
            *map(str, self.otherwise),
        ]
        return " ".join(filter(None, clauses))

    @property
    def codes_text(self) -> str:
        """The codes as the notation has them: ``5,32``, ``any``, ``any but 2``."""
        if self.codes is None:
            return "any"
        listed = ",".join(map(str, self.codes))
        return f"any but {listed}" if self.all_but else listed

    @property
    def phrases(self) -> list[str]:
        """The clauses of fixed words; see `PHRASES`."""
        return list(self.clauses)

    @property
    def said_around(self) -> list[str]:
        """The same with the ways after giving up, and the waits after certain errors."""
        asking = [ASKING.split(" asking", maxsplit=1)[0]] if self.asking_ms is not None else []
        return [*self.phrases, *asking, *map(str, self.otherwise), *map(str, self.after_errors)]

    @property
    def clauses(self) -> Mapping[str, Phrase]:
        """The same with what is known of them."""
        return {
            words: each for words, each in PHRASES.items() if getattr(self, each.field) == each.value
        }

    @property
    def parts(self) -> tuple[StrategySpec, ...]:
        """The strategy for most errors, then those for certain ones."""
        return (replace(self, after_errors=()), *self.after_errors)

    def after(self, code: int) -> StrategySpec:
        """Return the strategy that it is where every attempt fails with `code`."""
        own = next((each for each in self.after_errors if code in (each.codes or ())), None)
        if own is None:
            return replace(self, after_errors=())
        return replace(self, **own.own_fields, after_errors=())

    @property
    def own_fields(self) -> dict[str, Any]:
        """What each part has for itself: its waits, their end, its codes. The rest is of the whole."""
        return {name: getattr(self, name) for name in _OF_PART}

    def only_times(self) -> StrategySpec:
        """Return the same waits with the same end and nothing else: what attempt times follow from.

        Those after certain errors are left out; see `after`.
        """
        own = self.own_fields | {"codes": None, "all_but": False}
        return StrategySpec(**own, trailing_wait=self.trailing_wait, asking_ms=self.asking_ms)

    @property
    def is_random(self) -> bool:
        """Whether attempt times are drawn."""
        return any(
            part.jitter is not None or (part.waits is not None and part.waits.form == RANDOM_GROWTH)
            for part in (self, *self.after_errors)
        )

    @property
    def writes_again(self) -> bool:
        """Whether it may write its temporary file once more, which has holds of its own."""
        return self.fresh_temporary or any(each.way == "fresh temporary" for each in self.otherwise)

    @property
    def limit_ms(self) -> float:
        """The time limit in milliseconds, of one megabyte where it depends on the size; else ``inf``."""
        return math.inf if self.limit is None else float(self.limit.values[0])

    @property
    def goes_past_limit(self) -> bool:
        """Whether its last attempt may come after the time limit."""
        return self.limit is not None and self.limit.form in PAST_LIMITS

    @property
    def retry_limits(self) -> list[int]:
        """The numbers of retries after which it gives up: `retries`, and that of a list of waits."""
        listed = [len(self.waits.values[0])] if self.waits and self.waits.form == LIST else []
        return [self.retries, *listed] if self.retries is not None else listed

    def strategy(self, name: str) -> Strategy:
        """Make the strategy under a name."""
        around = _AROUND[self.around][0] if self.around else None
        if self.puts_back:
            around = actions.moving_target_aside_until_done
        method = tree_methods.METHODS[self.method] if self.method else None
        once = Strategy(
            name,
            retry_never,
            is_done=actions.target_is_there if self.done_if_there else None,
            perform=around,
            otherwise=self.otherwise,
            method=method,
        )
        if self.waits is None:
            return once
        left = [self.retries] if self.waits.form == OVER_RETRIES_LEFT else []
        wait = self.waits.build(*left)
        if self.cap_ms is not None:
            wait = waits.wait_capped(wait, self.cap_ms / 1000)
        stops = [stop_after_attempt(retries + 1) for retries in self.retry_limits]
        if self.limit is not None:
            stops.append(self.limit.build())
        made = replace(
            once,
            retry=self._retry(),
            wait=wait if self.jitter is None else self.jitter.build(wait),
            stop=stop_any(*stops) if stops else stop_never,
            recheck=self._recheck(),
            asking_s=None if self.asking_ms is None else self.asking_ms / 1000,
            trailing_wait=self.trailing_wait,
        )
        if self.after_errors:
            made = by_error(
                made, [(each.codes or (), self._like(each).strategy(name)) for each in self.after_errors]
            )
        return _with_own_waits(made) if self.waits_for_deletion else made

    @property
    def leaves_timetable(self) -> bool:
        """Whether its attempts may come at other times than its waits say, depending on what fails."""
        return bool(self.otherwise or self.after_errors) or self.waits_for_deletion

    @property
    def puts_back(self) -> bool:
        """Whether what was moved aside is put back in the end."""
        return any(each.way == "put back" for each in self.otherwise)

    @property
    def waits_for_deletion(self) -> bool:
        """Whether its waits depend on which call of an attempt failed."""
        return self.waits is not None and self.around == "deleting target or failing"

    def _like(self, part: StrategySpec) -> StrategySpec:
        """Return the part for certain errors under the conditions of the whole."""
        return replace(part, renames_only=self.renames_only, unless_directory=self.unless_directory)

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

    def _recheck(self) -> Callable[[Attempt], bool] | None:
        if not self.while_absent:
            return actions.write_fresh_temporary if self.fresh_temporary else None
        if not self.fresh_temporary:
            return actions.target_is_absent
        return lambda attempt: (
            actions.target_is_absent(attempt) and actions.write_fresh_temporary(attempt)
        )


def _with_own_waits(strategy: Strategy) -> Strategy:
    """Return the same strategy with the waits after deletions of the target that fail."""
    waits_s = actions.DELETION_WAITS_S
    return replace(
        strategy,
        retry=strategy.retry | conditions.retry_denied_deletion(),
        wait=conditions.wait_for_deletion(strategy.wait, waits_s),
        stop=conditions.stop_after_denied_deletions(strategy.stop, len(waits_s)),
    )
