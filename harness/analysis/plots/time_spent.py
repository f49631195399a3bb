"""Draw the parts of the time of a trial: work, waiting while the file was held, and overshoot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.patches import Patch

from harness.analysis.decompose import mean_decomposition
from harness.analysis.plots import style
from harness.text import SECOND_MS, counted, figures, milliseconds

if TYPE_CHECKING:
    from harness.analysis.plots.style import Drawing
    from harness.analysis.selection import Case

_ROW_IN: Final = 0.36
_PARTS: Final = {
    "work_ms": ("work and attempts", style.GREY, ""),
    "pause_ms": ("before the first attempt", style.PURPLE, ""),
    "held_ms": ("waiting while held", style.SKY, ""),
    "overshoot_ms": ("waiting after the release", style.VERMILION, ""),
    "waited_ms": ("waiting, unknown which", style.ORANGE, "///"),
}


def time_spent(case: Case) -> Drawing:
    """Draw the parts of the mean time of each variant's trials, failed ones included.

    As from `mean_decomposition`; a variant's waiting is one part unless it is known for all trials how
    much of it was overshoot.
    """
    title = "Where the time went, on average, failed trials included"
    means = mean_decomposition(case)
    if means.empty:
        return style.no_drawing(title, case.caption, "There is no trial that counts.")
    known = means["known"] == means["trials"]
    means.loc[known, "waited_ms"] = 0.0
    means.loc[~known, ["held_ms", "overshoot_ms"]] = 0.0
    unit, length = ("s", SECOND_MS) if means["operations_ms"].max() >= SECOND_MS else ("ms", 1)
    with style.one_plot(title, case.caption, 0.85 + _ROW_IN * len(means)) as (figure, axes):
        left = means["work_ms"] * 0
        handles = []
        for name, (words, colour, hatch) in _PARTS.items():
            if not means[name].any():
                continue
            width = means[name] / length
            axes.barh(range(len(means)), width, left=left, height=0.62, color=colour, hatch=hatch)
            handles.append(Patch(facecolor=colour, hatch=hatch, label=words))
            left += width
        for row, mean in enumerate(means.to_dict("records")):
            total = milliseconds(mean["operations_ms"])
            style.beside(axes, row, f"{total}\n{counted(mean['attempts'], 'attempt')}")
        style.legend_above(axes, handles)
        axes.xaxis.set_major_formatter(lambda total, _: f"{figures(total)} {unit}")
        axes.set_xlabel("mean time of a trial, from ready to end of its operations")
        style.row_labels(axes, means.index)
    return figure
