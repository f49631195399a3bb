"""Figures of tuned defaults, in the style of those of analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.ticker import FuncFormatter

from harness.analysis.plots import failure_against_denial, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.plots.style import Drawing
    from harness.tune.evaluate import Outcome
    from harness.tune.tuning import Tuning
    from harness.tune.validation import Validated

_ROW_IN: Final = 0.3
_MOST_ROWS: Final = 16


def frontier(found: Tuning, chosen: str = "recommended", caption: str | None = None) -> Drawing:
    """Draw the best schedules, what is shipped as points, and the recommendation, called `chosen`.

    Without a `caption` it says what the answer is conditional on.
    """
    named = {each.name: _place(each.outcome) for each in found.today}
    named[chosen] = _place(found.recommended.schedule.outcome)
    others = [_place(each.outcome) for each in found.shipped]
    best = [_place(each.outcome) for each in found.frontier if each.outcome]
    return failure_against_denial(named, others, best, _caption(found) if caption is None else caption)


def gap_by_family(found: Tuning) -> Drawing:
    """Draw the wait of the best of each family, and the least that any schedule waits."""
    held = found.holds.held
    families = found.families
    title = "Wait beyond the release, the best of each family"
    with style.one_plot(title, _caption(found), 0.6 + _ROW_IN * len(families)) as (figure, axes):
        waits = [each.outcome.wait_ms / held for each in families]
        colours = [style.BLUE if each is found.recommended.schedule else style.GREY for each in families]
        axes.barh(range(len(families)), waits, color=colours, height=0.6)
        axes.axvline(found.best.outcome.wait_ms / held, color=style.INK, lw=1, ls="--")
        for row, each in enumerate(families):
            gap = "" if each.gap is None else f" +{100 * each.gap:.0f} %"
            axes.text(waits[row], row, gap, va="center", fontsize=8)
        style.row_labels(axes, [f"{each.family}: {each.notation}" for each in families])
        axes.set_xlim(0, 1.25 * max(*waits, 1e-6))
        axes.set_xlabel("mean wait (ms); dashed: the best of all schedules")
    return figure


def sensitivity(found: Tuning) -> Drawing:
    """Draw how often the recommendation fails under each shipped profile."""
    rows = sorted(found.elsewhere, key=lambda each: each.outcome.failure)[-_MOST_ROWS:]
    title = "The recommendation under other holds: operations that fail"
    with style.one_plot(title, _caption(found), 0.6 + _ROW_IN * len(rows)) as (figure, axes):
        axes.barh(
            range(len(rows)), [each.outcome.failure for each in rows], color=style.VERMILION, height=0.6
        )
        axes.axvline(found.limits.max_failure, color=style.INK, lw=1, ls="--")
        style.row_labels(axes, [each.profile for each in rows])
        axes.set_xlim(0, 1.02)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
        axes.set_xlabel("dashed: the limit that was asked for")
    return figure


def predicted_against_observed(rows: Sequence[Validated], caption: str) -> Drawing:
    """Draw the share of operations that failed over what was predicted; on the line they are equal."""
    title = "Predicted against observed failures"
    with style.one_plot(title, caption, 2.8, {"axes.grid.axis": "both"}) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=style.GREY, lw=1)
        for each in rows:
            colour = style.BLUE if each.agrees else style.VERMILION
            observed = each.failed / each.operations
            axes.plot(each.predicted_failure, observed, "o", color=colour, ms=6, alpha=0.8)
        axes.set_xlabel("predicted share of operations that fail")
        axes.set_ylabel("observed")
    return figure


def _place(outcome: Outcome) -> tuple[float, float]:
    return outcome.failure, outcome.denied_ms


def _caption(found: Tuning) -> str:
    return f"{'; '.join(found.holds.conditional)}."
