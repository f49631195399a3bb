"""Which strategies of a report lie on the frontier: failures, added wait, time on a permanent denial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.analysis.trade_offs import on_frontier
from harness.record.manifest import read_manifest
from harness.summary.columns import TextTable
from harness.summary.phrase import Value
from harness.text import milliseconds, percent

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.trade_offs import TradeOff
    from harness.summary.phrase import Part

Denials = Mapping[str, Mapping[str, float]]
"""By scenario and by the label of a strategy: milliseconds until a permanent denial is reported."""


def denials_in(runs: Iterable[Path]) -> Denials:
    """Read from the manifests of runs how long each strategy goes on; the longest, if runs differ."""
    found: dict[str, dict[str, float]] = {}
    for run in runs:
        for scenario in read_manifest(run).scenarios:
            own = found.setdefault(scenario.name, {})
            for each in scenario.strategies:
                own[each.label] = max(own.get(each.label, 0.0), each.budget_ms)
    return found


def frontier_table(found: Sequence[TradeOff]) -> TextTable:
    """Return the variants of a case that lie on the frontier; without rows where costs are not known."""
    rows: list[tuple[Part, ...]] = [
        (
            Value(", ".join(filter(None, (each.strategy, each.factors)))),
            f"{percent(each.costs.failing)} %",
            milliseconds(each.costs.wait_ms),
            milliseconds(each.costs.denied_ms),
        )
        for each in on_frontier(found)
    ]
    heads = ("on the frontier", "failing", "added wait", "permanent denial")
    return TextTable(heads, rows, (True, False, False, False))
