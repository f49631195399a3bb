"""Draw failure rates as a forest plot: a row per variant, with its rate and interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from harness.analysis.plots import style
from harness.summary.rate_words import rate_words
from harness.text import figures

if TYPE_CHECKING:
    from harness.analysis.plots.style import Drawing, Look
    from harness.analysis.selection import Case

_ROW_IN: Final = 0.34


def failure_rates(case: Case, *, looks: Mapping[str, Look] | None = None) -> Drawing:
    """Draw the failure rates of the variants of a case with Wilson's 95 % intervals.

    Where nothing failed the rate is only bounded: an arrow leads from the upper bound down to 0. The
    numbers are beside the rows. `looks` by strategy, as from `style.looks`.
    """
    title = "Failure rates"
    found = [variant for variant in case.variants if variant.trials]
    if not found:
        return style.no_drawing(title, case.caption, "There is no trial that counts.")
    looks = looks or style.looks(variant.strategy for variant in found)
    high = 100 * max(variant.failure_rate_95.high for variant in found)
    right = 100.0 if high > 50 else high * 1.1  # noqa: PLR2004 - all of the scale, or what there is
    with style.one_plot(title, case.caption, 0.45 + _ROW_IN * len(found)) as (figure, axes):
        for row, variant in enumerate(found):
            look = looks[variant.strategy]
            low, upper = (100 * bound for bound in variant.failure_rate_95)
            if variant.failures:
                rate = 100 * variant.failure_rate
                axes.plot([low, upper], [row, row], color=look.colour, solid_capstyle="butt")
                axes.plot(rate, row, marker=look.marker, color=look.colour, markersize=6, clip_on=False)
            else:
                arrow = {
                    "arrowstyle": "-|>",
                    "color": look.colour,
                    "lw": 1.6,
                    "shrinkA": 0,
                    "shrinkB": 0,
                }
                axes.annotate("", xy=(0, row), xytext=(upper, row), arrowprops=arrow)
                axes.plot(upper, row, marker="|", color=look.colour, markersize=9, markeredgewidth=1.6)
            words = rate_words(variant.failures, variant.trials)
            style.beside(axes, row, words.replace(": ", "\n"))
        axes.set_xlim(0, right)
        axes.xaxis.set_major_formatter(lambda rate, _: f"{figures(rate)} %")
        axes.set_xlabel("trials that failed, with 95 % confidence interval (Wilson)")
        style.row_labels(axes, (variant.name for variant in found))
    return figure
