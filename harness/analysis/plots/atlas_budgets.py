"""Draw how long programs try again on each of their write paths, as probes measured it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from matplotlib.patches import Patch

from harness.analysis.plots import style
from harness.text import counted, joined, one_line

if TYPE_CHECKING:
    from harness.analysis.plots.style import Drawing
    from harness.reproduce.atlas import AtlasRow

_TITLE: Final = "How long write paths are tried again"
_CAPTION: Final = (
    "Measured from the outside: each path was always denied, and the attempts were read from the log of "
    "the calls. A bar ends at the last attempt: a hold that ends by then is outlasted. Programs for "
    "Windows ran under Wine: how long Windows denies a call is not shown."
)
_ROW_IN: Final = 0.26
_LONGEST: Final = 44
_COLOURS: Final = {"5": style.BLUE, "32": style.ORANGE, "5 and 32": style.GREEN, "others": style.GREY}


def atlas_budgets(rows: Sequence[AtlasRow]) -> Drawing:
    """Draw the budget of each write path whose repeated attempts were seen, from the top in their order.

    Colours tell on which of the codes 5 and 32; beside a row are all codes, and the attempts. An arrow
    head is a path that was still tried at the time limit.
    """
    retrying = [row for row in rows if row.path.retried and row.path.attempts is not None]
    if not retrying:
        return style.no_drawing(_TITLE, _CAPTION, "No write path is tried again.")
    last = max(row.path.longest_ms or 0.0 for row in retrying)
    with style.one_plot(_TITLE, _CAPTION, 0.75 + _ROW_IN * len(retrying)) as (figure, axes):
        style.time_axis(axes, 0, max(last, 10.0), from_zero=True)
        for place, row in enumerate(retrying):
            colour = _COLOURS[_code_class(row)]
            budget_ms = row.path.longest_ms or 0.0
            axes.barh(place, budget_ms, 0.62, color=colour, lw=0)
            if row.path.cut:
                axes.plot(
                    row.path.longest_ms or 0.0, place, marker=">", ms=5, color=colour, clip_on=False
                )
            style.beside(axes, place, _beside(row))
        axes.set_xlabel("time from the first attempt to the last")
        style.row_labels(axes, ["" for _ in retrying])
        axes.set_yticks(range(len(retrying)), [_label(row) for row in retrying], fontsize=7.5)
        drawn = {_code_class(row) for row in retrying}
        legend = [
            Patch(color=colour, label=f"tried again on {name}")
            for name, colour in _COLOURS.items()
            if name in drawn
        ]
        style.legend_above(axes, legend)
    return figure


def _code_class(row: AtlasRow) -> str:
    return joined([str(code) for code in (5, 32) if code in row.path.retried]) or "others"


def _beside(row: AtlasRow) -> str:
    codes = ", ".join(map(str, row.path.retried))
    return f"{counted(row.path.attempts or 0, 'attempt')} on {codes}"


def _label(row: AtlasRow) -> str:
    return one_line(style.shortened(f"{row.program} {row.release}: {row.path.words}", _LONGEST))
