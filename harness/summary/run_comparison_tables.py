"""The tables of a comparison of two runs: of environments, and of strategies case by case."""

from __future__ import annotations

import math
from typing import Final

from harness.summary.columns import TextTable
from harness.summary.phrase import Part, Value
from harness.summary.run_comparison import ComparedCase, ComparedStrategy, RunComparison, Side
from harness.summary.verdict import ComparisonVerdict
from harness.text import counted, figures, milliseconds, points

SAMPLES: Final = "independent samples"
FAILED: Final = "failed, first and second"
DROPPED: Final = ("median", "points [CI]", "times as long [CI]")
"""Columns that go where space is short, the first one first."""
VERDICTS: Final[dict[ComparisonVerdict, str]] = {
    "better": "better",
    "worse": "worse",
    "equivalent": "the same",
    "both always fail": "always, both",
    "neither fails": "never, both",
    "undecided": "undecided",
    "not compared": "-",
}
"""Verdicts on the second run in a cell of a table."""


def environments(compared: RunComparison) -> TextTable:
    """What differs between the environments, with the names of the runs first."""
    rows: list[tuple[Part, ...]] = [
        ("run", Value(compared.first.run), Value(compared.second.run)),
        ("machine", *(Value(_machine(side)) for side in (compared.first, compared.second))),
        ("trials", *(f"{side.trials:,}" for side in (compared.first, compared.second))),
    ]
    rows += [(Value(each.fact), Value(each.first), Value(each.second)) for each in compared.differences]
    return TextTable(heads=("", "first", "second"), rows=rows, left=(True, True, True))


def _machine(side: Side) -> str:
    return f"{side.platform}, {side.machine}"


def how_compared(case: ComparedCase) -> str:
    """How a case is compared: ``20 draws in common``, ``independent samples, control``."""
    how = f"{counted(case.common_draws, 'draw')} in common" if case.common_draws else SAMPLES
    return how if case.kind == "injected" else f"{how}, {case.kind}"


def strategies(case: ComparedCase) -> TextTable:
    """How each strategy of a case did in both runs."""
    return TextTable(
        heads=("strategy", FAILED, "points [CI]", "failures", "median", "times as long [CI]", "time"),
        rows=[_row(each) for each in case.strategies],
        left=(True, False, False, True, False, False, True),
    )


def _row(each: ComparedStrategy) -> tuple[Part, ...]:
    failures = each.failures
    first, second = each.first, each.second
    low, high = points(failures.interval.low, "down"), points(failures.interval.high, "up")
    return (
        Value(each.name),
        f"{first.failures:,}/{first.trials:,}, {second.failures:,}/{second.trials:,}",
        f"{points(failures.difference)} [{low} to {high}]",
        VERDICTS[failures.verdict],
        ", ".join(milliseconds(side.median_ms) for side in (first, second)),
        _ratio(each),
        VERDICTS[each.time.verdict],
    )


def _ratio(each: ComparedStrategy) -> str:
    time = each.time
    if time.verdict == "not compared":
        return "-"
    if not math.isfinite(time.interval.high):
        return f"{figures(time.ratio)} [too few]"
    low, high = figures(time.interval.low, "down"), figures(time.interval.high, "up")
    return f"{figures(time.ratio)} [{low} to {high}]"
