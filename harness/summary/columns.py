"""The columns of a case's table: what each one says of a row, for whoever draws the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.summary.phrase import Value
from harness.text import milliseconds, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.summary.summarise import CaseSummary, Row


@dataclass(frozen=True)
class Column:
    """One column: its head, how a row fills it, and when it goes if space is short (0: never)."""

    head: str | Value
    fill: Callable[[Row], str | Value]
    goes: int = 0
    left: bool = False
    colour: Callable[[Row], str] | None = None


def columns(case: CaseSummary) -> list[Column]:
    """All columns of a case, its factors among them."""
    factors = case.rows[0].factors if case.rows else {}
    return [
        Column("strategy", lambda row: Value(row.strategy), left=True),
        *map(_factor_column, factors),
        Column("failed", lambda row: f"{row.failures}/{row.trials}", colour=_colour),
        Column("% [95 % CI]", _rate),
        Column("median", lambda row: milliseconds(row.median_ms)),
        Column("95th pct.", lambda row: milliseconds(row.p95_ms), goes=3),
        Column("failing", _failing),
        Column("attempts", _attempts, goes=2),
        *(
            [Column("calls", _calls, goes=2), Column("left", _left, goes=2)]
            if _calls_differ(case)
            else []
        ),
        Column("failed as", _ended, goes=1, left=True),
    ]


def _factor_column(factor: str) -> Column:
    return Column(Value(factor), lambda row: Value(row.factors.get(factor, "?")), left=True)


def _colour(row: Row) -> str:
    return "green" if row.failures == 0 else "yellow" if row.failures < row.trials else "red"


def _rate(row: Row) -> str:
    low, high = row.interval
    return f"{percent(row.rate)} [{percent(low)}-{percent(high)}]" if row.trials else "-"


def _failing(row: Row) -> str:
    return milliseconds(row.failing_ms / row.failures) if row.failures else "-"


def _attempts(row: Row) -> str:
    return f"{row.attempts:.3g} max {row.most_attempts}" if row.trials else "-"


def _calls_differ(case: CaseSummary) -> bool:
    """Whether some strategy makes more calls than its attempts tell, and others do not."""
    tells = {row.calls <= row.attempts for row in case.rows if row.trials}
    return len(tells) > 1


def _calls(row: Row) -> str:
    return f"{row.calls:,.0f}" if row.trials else "-"


def _left(row: Row) -> str:
    if not row.leftover_files:
        return "-"
    mean = f"{row.leftover_files / row.trials:.3g}"
    return f"{mean} {'file' if mean == '1' else 'files'}"


def _ended(row: Row) -> str:
    ended = ", ".join(f"{name} {count}" for name, count in sorted(row.outcomes.items()) if name != "ok")
    if row.reruns:
        ended += f"; again ok {row.recovered}/{row.reruns}"
    return ended or "-"
