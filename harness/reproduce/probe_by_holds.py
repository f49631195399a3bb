"""Probe a write path where calls are not seen: hold its file for longer and shorter, and see what ends.

The first run under each code holds to the program's end, and shows what it does then. Where the hold was
there before the program, its length is then bisected. A hold is counted from when the call came at the
latest in undisturbed runs, so a first attempt that came at the earliest met a hold that was longer by
the difference: the upper bound of the budget has it added, and by how much changes are reported late.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.errors import HarnessError
from harness.preload.denial import CODES, Denial, Effect
from harness.reproduce.claims import Claim
from harness.reproduce.ending import Ended
from harness.reproduce.execution import Execution
from harness.reproduce.hold_bisection import Bisection, bisect
from harness.reproduce.probed import HeldBudget, HeldFor, LikeStrategy, ProbedCode, ProbedPath
from harness.reproduce.undisturbed import Undisturbed
from harness.reproduce.write_paths import WritePath
from harness.strategy.lookup import catalogued
from harness.text import milliseconds

REPEATS: Final = 3
UNDISTURBED: Final = 4
"""Undisturbed runs, by which the time of the first attempt is known."""
MOST_S: Final = 240.0
"""Time for the bisection of one code: a budget of 10 s is found within some 10 % in it."""
REPORTED_LATE_MS: Final = 30.0
"""A change was read up to 28 ms after it was made, under Wine on a busy machine; usually 0.1 to 1 ms."""
MOST_LIKE: Final = 2

Run = Callable[[Denial], Execution]


@dataclass(frozen=True, slots=True)
class HeldProbing:
    """Asks about the write paths of a command; `run` makes one run of it under a denial."""

    run: Run
    undisturbed: Undisturbed
    announce: Callable[[str], None]
    codes: Sequence[Effect] = CODES
    claim: Claim | None = None
    most_s: float = MOST_S

    def path(self, path: WritePath) -> ProbedPath:
        """Ask about one write path with each code that a hold can give."""
        while len(self.undisturbed.runs) < UNDISTURBED:
            self.undisturbed.another()
        codes = [self._code(path, code) for code in self.codes]
        held = [(each.held, each.code) for each in codes if each.held is not None]
        best, code = max(held, key=lambda each: each[0].outlasted_ms, default=(None, 0))
        low = best.outlasted_ms if best else 0.0
        high = best.too_long_ms if best else None
        return ProbedPath(
            call=path.call,
            source=path.source,
            target=path.target,
            words=path.words,
            count=path.count,
            alike=path.alike,
            codes=codes,
            attempts=None,
            budget_ms=None if best is None else (low, low if high is None else high),
            stable=not any(each.is_mixed for each, _ in held),
            repeats=best.repeats if best else 1,
            cut=best is not None and high is None,
            notation=None,
            latest_ms=None,
            nearest=_of_such_a_budget(low, high, code) if best and best.is_retried else [],
            otherwise_than_claimed=list(self.claim.differences_of_interval(low, high))
            if self.claim and best
            else [],
        )

    def _code(self, path: WritePath, code: Effect) -> ProbedCode:
        """Hold to the program's end; then, if that was denied from before its start, bisect."""
        denial = Denial(path.call, path.pattern, code, path.side, same_depth=True)
        self.announce(f"{path.words}: {code}")
        try:
            run = self.run(denial)
        except HarnessError as error:
            return ProbedCode(
                code=int(code),
                ending="unknown",
                reason=error.message,
                exit_code=None,
                attempts=None,
                paths=0,
            )
        how = self.undisturbed.ended(run)
        holds = run.holds
        return ProbedCode(
            code=int(code),
            ending=how.ending,
            reason=how.reason,
            exit_code=run.exit_code,
            attempts=None,
            paths=len(holds.held) if holds else 0,
            denied_by=holds.words if holds else None,
            held=self._budget(denial, run, how),
        )

    def _budget(self, denial: Denial, always: Execution, how: Ended) -> HeldBudget | None:
        """Bisect; ``None`` if nothing was exactly denied, or it is not known when the call is due."""
        holds = always.holds
        if how.ending == "unknown" or holds is None or holds.is_racing or holds.due_ms is None:
            return None
        earliest_ms, latest_ms = holds.due_ms
        hung = always.exit_code is None
        uncertain_ms = latest_ms - earliest_ms + REPORTED_LATE_MS
        # that one run may have begun earlier than others: its budget is shorter than all of it
        longest_ms = always.elapsed_s * 1000 - uncertain_ms
        bisection = Bisection(0.0, max(longest_ms, 0.0), high_is_known=not hung)
        until = time.monotonic() + self.most_s
        bisect(
            bisection,
            lambda hold_ms: self._outlasts(denial, hold_ms),
            REPEATS,
            lambda: time.monotonic() < until,
            lambda hold_ms: self._announce(hold_ms, bisection),
        )
        too_long = bisection.high_ms + uncertain_ms
        return HeldBudget(
            outlasted_ms=round(bisection.low_ms, 1),
            too_long_ms=round(too_long, 1) if bisection.high_is_known else None,
            uncertain_ms=round(uncertain_ms, 1),
            repeats=REPEATS,
            tried=[
                HeldFor(hold_ms=round(each.hold_ms, 1), outlasted=each.outlasted, runs=each.runs)
                for each in bisection.tried
            ],
        )

    def _announce(self, hold_ms: float, so_far: Bisection) -> None:
        low, high = milliseconds(so_far.low_ms), milliseconds(so_far.high_ms)
        self.announce(f"  held for {milliseconds(hold_ms)} (outlasted: {low}, too long: {high})")

    def _outlasts(self, denial: Denial, hold_ms: float) -> bool:
        run = self.run(replace(denial, hold_s=hold_ms / 1000))
        return self.undisturbed.ended(run).ending == "ok"


def _of_such_a_budget(low_ms: float, high_ms: float | None, code: int) -> list[LikeStrategy]:
    """Return strategies of the catalogue whose budget is in the interval, the nearest to its middle."""
    most_ms = math.inf if high_ms is None else high_ms
    middle_ms = low_ms if high_ms is None else math.sqrt(low_ms * high_ms)
    fitting = [
        view
        for view in catalogued()
        if view.retries_code(code) and low_ms <= view.times.budget_ms.median <= most_ms
    ]
    fitting.sort(key=lambda view: abs(math.log(view.times.budget_ms.median / middle_ms)))
    return [
        LikeStrategy(
            name=view.name,
            notation=view.notation,
            differences=[f"only its budget was compared, {milliseconds(view.times.budget_ms.median)}"],
        )
        for view in fitting[:MOST_LIKE]
    ]
