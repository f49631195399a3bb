"""The table of a case, column by column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.summary.model import CaseSummary, VariantSummary
from harness.summary.phrase import Part, Value
from harness.text import counted, figures, milliseconds, percent


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
    shown = columns(case)
    return TextTable(
        heads=tuple(column.head for column in shown),
        rows=[tuple(column.fill(variant) for column in shown) for variant in case.variants],
        left=tuple(column.left for column in shown),
    )


def columns(case: CaseSummary) -> list[TableColumn]:
    """All columns of a case, its factors among them."""
    factors = case.variants[0].factors if case.variants else {}
    calls = [TableColumn("calls", _calls, dropped=2), TableColumn("left", _left, dropped=2)]
    return [
        TableColumn("strategy", lambda variant: Value(variant.strategy), left=True),
        *map(_factor_column, factors),
        TableColumn("failed", _failed(case), colour=_colour),
        TableColumn("% failed [95 % CI]", _rate),
        TableColumn("median", lambda variant: milliseconds(variant.median_ms)),
        TableColumn("95th pct.", lambda variant: milliseconds(variant.p95_ms), dropped=3),
        TableColumn("fails after", lambda variant: milliseconds(variant.mean_failing_ms)),
        TableColumn("attempts", _attempts, dropped=2),
        *(calls if _calls_differ(case) else []),
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


def _rate(variant: VariantSummary) -> str:
    if not variant.trials:
        return "-"
    low, high = variant.failure_rate_95
    return f"{percent(variant.failure_rate)} [{percent(low, 'down')}-{percent(high, 'up')}]"


def _attempts(variant: VariantSummary) -> str:
    return f"{figures(variant.mean_attempts)} (max {variant.max_attempts})" if variant.trials else "-"


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
