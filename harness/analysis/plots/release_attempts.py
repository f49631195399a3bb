"""Draw the attempts that releases of real programs made on what was denied: one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.lines import Line2D

from harness.analysis.plots import style
from harness.text import counted, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from harness.analysis.plots.style import Drawing
    from harness.reproduce.lab_names import LabName
    from harness.reproduce.outcome import ProgramOutcome, ReleaseOutcome

_TITLE: Final = "When releases tried again"
_ROW_IN: Final = 0.26
_SIZES: Final = {"|": 9, "o": 4}
_CAPTIONS: Final[dict[LabName, str]] = {
    "wine": "Programs for Windows under Wine, whose server denied the calls and wrote down each "
    "attempt: what they do on a denial is theirs, how long Windows denies a call is not shown. One run "
    "each.",
    "linux": "Native programs under a preloaded library that denied the calls with an errno: what they "
    "do by Win32 code, or on Windows alone, is not shown. One run each.",
}
"""Of the labs that see attempts."""
_LONGEST: Final = 30
_LOOKS: Final = ((True, style.VERMILION, "|", "denied"), (False, style.BLUE, "o", "let through"))


def release_attempts(outcomes: Sequence[ProgramOutcome], title: str = _TITLE) -> Drawing:
    """Draw when each release of `outcomes` tried, from the top in their order.

    The time axis begins at the first attempt and is logarithmic from 1 ms on. Beside a row are the
    number of attempts and how the run ended. All outcomes are of one lab. Releases that were not run,
    or did not try, have no row.
    """
    rows = [(outcome, each) for outcome in outcomes for each in outcome.releases if each.attempts]
    caption = " ".join(_CAPTIONS[lab] for lab in sorted({outcome.lab for outcome, _ in rows}))
    if not rows:
        return style.no_drawing(title, caption, "No release tried anything that was denied.")
    last = max(each.at_ms for _, release in rows for each in release.seen)
    with style.one_plot(title, caption, 0.75 + _ROW_IN * len(rows)) as (figure, axes):
        style.time_axis(axes, 0, max(last, 10.0), from_zero=True)
        for row, (_, release) in enumerate(rows):
            _draw_row(axes, row, release)
            style.beside(axes, row, _beside(release))
        axes.set_xlabel("time since the first attempt")
        style.row_labels(axes, ["" for _ in rows])
        axes.set_yticks(range(len(rows)), [_label(*row) for row in rows])
        marks = [
            Line2D([], [], color=colour, ls="none", marker=marker, ms=_SIZES[marker], label=name)
            for _, colour, marker, name in _LOOKS
        ]
        style.legend_above(axes, marks)
    return figure


def _draw_row(axes: Axes, row: int, release: ReleaseOutcome) -> None:
    times = [each.at_ms for each in release.seen]
    axes.plot([0, max(times)], [row, row], color=style.GREY, lw=0.8, alpha=0.6)
    for denied, colour, marker, _ in _LOOKS:
        at = np.array(sorted(each.at_ms for each in release.seen if each.denied == denied))
        at = style.thinned(axes, at)
        axes.plot(
            at, np.full(at.size, row), ls="none", marker=marker, ms=_SIZES[marker], mew=1.1, color=colour
        )


def _beside(release: ReleaseOutcome) -> str:
    return f"{release.ending}, {counted(len(release.seen), 'attempt')}"


def _label(outcome: ProgramOutcome, release: ReleaseOutcome) -> str:
    return one_line(f"{style.shortened(outcome.name, _LONGEST)} {release.version}")
