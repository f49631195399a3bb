"""Draw when policies try, to a file: one row a policy, jitter as a band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.lines import Line2D

from harness.analysis.plots import style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from harness.analysis.plots.style import Drawing
    from harness.cli.strategy_listing import StrategyRow

_ROW_IN: Final = 0.26
_MANY: Final = 30
_CAPTION: Final = (
    "Computed, not measured: the policy's own loop on a virtual clock, against a call that always fails "
    "with an error that it retries; calls take no time, but 0.3 ms in loops that never wait. The last "
    "attempt is the longest hold that is survived with these waits. With jitter: the middle draw, "
    "and a pale band from the least to the most of the last attempt; the least is survived in every "
    "draw. x: it waits once more before it says that it failed."
)
_CODES: Final = {
    "5": style.BLUE,
    "32": style.ORANGE,
    "5 and 32": style.GREEN,
    "any": style.VERMILION,
    "others": style.GREY,
}


def policy_figure(rows: Sequence[StrategyRow]) -> Drawing:
    """Draw the attempts of `rows`, from the top in their order.

    The time axis is logarithmic from 1 ms on and begins at the first attempt. Colours tell which of the
    errors of holds are retried; the label of a row says which codes.
    """
    title = "When policies try"
    if not rows:
        return style.no_drawing(title, _CAPTION, "No policy was named.")
    last = max(row.times.budget_ms.most for row in rows)
    with style.styled():
        figure = style.drawing(title, _CAPTION, 0.75 + _ROW_IN * len(rows))
        axes = figure.subplots()
        style.time_axis(axes, 0, max(last, 10.0), from_zero=True)
        for number, row in enumerate(rows):
            _draw_row(axes, number, row)
        axes.set_xlabel("time since the first attempt")
        axes.tick_params(axis="x", labeltop=len(rows) > _MANY)
        style.row_labels(axes, ["" for _ in rows])
        axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
        met = dict.fromkeys(_code_class(row) for row in rows)
        style.legend_above(
            axes,
            [
                Line2D(
                    [], [], color=_CODES[name], lw=0.8, marker="|", ms=9, mew=1.1, label=_legend(name)
                )
                for name in _CODES
                if name in met
            ],
            pad=2.0 if len(rows) > _MANY else 0.3,  # the times stand between
        )
    return figure


def draw_policies(rows: Sequence[StrategyRow], file: Path) -> None:
    """Write `policy_figure` to `file`: .svg, .png or .pdf. Raises `OSError`."""
    figure = policy_figure(rows)
    if file.suffix.lower() == ".svg":
        file.write_text(figure.svg(), encoding="utf-8")
        return
    with style.styled():
        figure.savefig(file, dpi=200, facecolor="white")


def _draw_row(axes: Axes, number: int, row: StrategyRow) -> None:
    colour = _CODES[_code_class(row)]
    listed, budget = row.times.typical, row.times.budget_ms
    if not budget.is_one:
        axes.barh(number, budget.most - budget.least, 0.62, budget.least, color=colour, alpha=0.25, lw=0)
    axes.plot([0, listed.budget_ms], [number, number], color=colour, lw=0.8, alpha=0.6)
    at = style.thinned(axes, np.array(listed.attempts_ms))
    axes.plot(
        at,
        np.full(at.size, number),
        ls="none",
        marker="|",
        ms=9,
        mew=1.1,
        color=colour,
        alpha=0.55 if row.times.is_random else 1,
    )
    if listed.gave_up_ms > listed.budget_ms + row.times.attempt_cost_ms + 0.01:
        axes.plot([listed.gave_up_ms], [number], ls="none", marker="x", ms=4, color=colour)


def _label(row: StrategyRow) -> str:
    return f"{_shown(row.name)}  [{_shown(row.retries, 12)}]"


def _shown(text: str, most: int = style.LABEL_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _code_class(row: StrategyRow) -> str:
    found = {code for code in (5, 32) if code in row.codes}
    if row.retries.startswith("any") and found:
        return "any"
    return {frozenset({5}): "5", frozenset({32}): "32", frozenset({5, 32}): "5 and 32"}.get(
        frozenset(found), "others"
    )


def _legend(name: str) -> str:
    return "retries neither 5 nor 32" if name == "others" else f"retries {name}"
