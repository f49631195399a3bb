"""The table of a case, column by column."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harness.summary.model import CaseSummary, VariantSummary
from harness.summary.phrase import Part, Value
from harness.summary.trial_row import HARM, WORST_LAST, Left
from harness.text import counted, figures, milliseconds, percent

LEFT_WORDS: Final[dict[Left, str]] = {
    "": "-",
    "new": "new file",
    "same": "already there, same content",
    "old": "old file",
    "other": "already there, other content",
    "in-place": "old one in its place",
    "both": "new and old",
    "nothing": "nothing",
    "held": "not readable",
    "incomplete": "unfinished",
    "aside": "nothing, old one aside",
    "mixed-aside": "mixture, old one aside",
    "mixed": "mixture",
    "lost": "old file lost",
}
"""What failed trials leave at the destination, in words."""


_ALWAYS_TOLD: Final = HARM | {"same", "other", "in-place", "aside", "both"}
"""What is shown of failed trials even where all leave the same."""


@dataclass(frozen=True)
class TableColumn:
    """One column. Where space is short, those with the lowest `dropped` go first (0: never)."""

    head: Part
    fill: Callable[[VariantSummary], Part]
    dropped: int = 0
    left: bool = False
    colour: Callable[[VariantSummary], str] | None = None


@dataclass(frozen=True)
class TextTable:
    """Heads, rows of as many cells, and for each column whether it is aligned to the left (text)."""

    heads: tuple[Part, ...]
    rows: list[tuple[Part, ...]]
    left: tuple[bool, ...]


def case_table(case: CaseSummary) -> TextTable:
    """The table of a case, one row per variant."""
    shown = case_columns(case)
    return TextTable(
        heads=tuple(column.head for column in shown),
        rows=[tuple(column.fill(variant) for column in shown) for variant in case.variants],
        left=tuple(column.left for column in shown),
    )


def case_columns(case: CaseSummary) -> list[TableColumn]:
    """All columns of a case, its factors among them."""
    factors = case.variants[0].factors if case.variants else {}
    calls = [TableColumn("calls", _calls, dropped=2), TableColumn("left", _left, dropped=2)]
    at_destination = TableColumn("at destination", _at_destination, left=True)
    return [
        TableColumn("strategy", lambda variant: Value(variant.strategy), left=True),
        *map(_factor_column, factors),
        TableColumn("failed", _failed(case), colour=_colour),
        TableColumn("% failed [95 % CI]", _rate(case), dropped=5),
        TableColumn("median", lambda variant: _time(variant.median_ms, variant, case)),
        TableColumn("95th pct.", lambda variant: _time(variant.p95_ms, variant, case), dropped=3),
        TableColumn(
            "fails after",
            lambda variant: _time(variant.mean_failing_ms, variant, case),
            dropped=4,
        ),
        TableColumn("attempts", _attempts, dropped=2),
        *(calls if _calls_differ(case) else []),
        *([at_destination] if _destinations_differ(case) else []),
        TableColumn("outcome", _outcome, dropped=1, left=True),
    ]


def extent(case: CaseSummary) -> str:
    """The platform and the size of a case."""
    rules = f" ({case.rules} rules)" if case.rules else ""
    return f"{case.platform}{rules}, {counted(case.blocks, 'block')}"


def _factor_column(factor: str) -> TableColumn:
    return TableColumn(Value(factor), lambda variant: Value(variant.factors.get(factor, "?")), left=True)


def _colour(variant: VariantSummary) -> str:
    if not variant.failures:
        return "green"
    return "yellow" if variant.failures < variant.trials else "red"


def _failed(case: CaseSummary) -> Callable[[VariantSummary], str]:
    """The failures; where holds are injected, whether there was one at all."""

    def fill(variant: VariantSummary) -> str:
        unheld = case.evidence is not None and variant.trials and not variant.held
        return f"{variant.failures:,}/{variant.trials:,}{' (never held)' if unheld else ''}"

    return fill


def _rate(case: CaseSummary) -> Callable[[VariantSummary], str]:
    """The failure rate; none of a strategy that was never held, and so never tried."""
    held = any(variant.held for variant in case.variants)
    blocked_by_itself = not held and any(
        variant.failures or variant.left or variant.max_attempts > 1 for variant in case.variants
    )  # as `harness.summary.choose` decides whether strategies were tried

    def fill(variant: VariantSummary) -> str:
        untried = not (case.freshness or case.is_control or variant.held or blocked_by_itself)
        if untried or not variant.trials:
            return "-"
        low, high = variant.failure_rate_95
        return f"{percent(variant.failure_rate)} [{percent(low, 'down')}-{percent(high, 'up')}]"

    return fill


def _attempts(variant: VariantSummary) -> str:
    if not variant.trials:
        return "-"
    return f"{figures(variant.mean_attempts)} (max {variant.max_attempts:,})"


def rests_on_calls(variant: VariantSummary, case: CaseSummary) -> bool:
    """Whether half of a variant's time or more is calls of an assumed length."""
    cost_ms = case.attempt_cost_ms
    return cost_ms is not None and 2 * variant.mean_calls * cost_ms >= variant.mean_ms > 0


def _time(time_ms: float | None, variant: VariantSummary, case: CaseSummary) -> str:
    text = milliseconds(time_ms)
    known = time_ms is not None and math.isfinite(time_ms)
    return f"{text} *" if known and rests_on_calls(variant, case) else text


def _destinations_differ(case: CaseSummary) -> bool:
    """Whether failures leave different things at the destination, or anything worse than nothing.

    Trials that went on after a step that may fail are told as well: nothing else shows them.
    """
    if any(sum(variant.left.values()) > variant.failures for variant in case.variants):
        return True
    found = [frozenset(variant.left) for variant in case.variants if variant.left]
    return len(set(found)) > 1 or any(left & _ALWAYS_TOLD for left in found)


def _at_destination(variant: VariantSummary) -> str:
    worst_first = sorted(variant.left.items(), key=lambda each: -WORST_LAST.index(each[0]))
    return ", ".join(f"{LEFT_WORDS[left]} {count:,}" for left, count in worst_first) or "-"


def _calls_differ(case: CaseSummary) -> bool:
    """Whether some strategies make more calls than attempts, and others do not."""
    tells = {row.mean_calls <= row.mean_attempts for row in case.variants if row.trials}
    return len(tells) > 1


def _calls(variant: VariantSummary) -> str:
    return f"{variant.mean_calls:,.0f}" if variant.trials else "-"


def _left(variant: VariantSummary) -> str:
    if not variant.leftover_files:
        return "-"
    mean = figures(variant.leftover_files / variant.trials)
    return f"{mean} {'file' if mean == '1' else 'files'}"


def _outcome(variant: VariantSummary) -> str:
    outcomes = sorted(variant.outcomes.items())
    words = ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes if outcome != "ok")
    if variant.reruns:
        words += f"; again ok {variant.recovered}/{variant.reruns}"
    return words or "-"
