"""Draw performance profiles, which compare variants over many scenarios at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.performance_profile import performance_profiles
from harness.analysis.plots import style
from harness.analysis.plots.curves import ROW_IN, Curve, curves
from harness.text import figures, percent

if TYPE_CHECKING:
    from harness.analysis.plots.style import Drawing, Look
    from harness.analysis.selection import Case


def performance(setting: Case, *, looks: Mapping[str, Look] | None = None) -> Drawing:
    """Draw the performance profiles of the variants of a setting (`select_setting`).

    One row per variant, over the others in grey: the share of blocks that it solves within a multiple
    of the fastest variant's time (`performance_profiles`, which has the method, and what it raises).
    `looks` by variant, as from `style.looks`.
    """
    title = "Within how many times the fastest: performance profiles"
    steps = performance_profiles(setting.trials, resolution_ms=setting.resolution_ms)
    if steps.empty:
        return style.no_drawing(title, setting.caption, "There is no trial that counts.")
    names = list(dict.fromkeys(steps["variant"]))
    looks = looks or style.looks(names)
    rows = steps.groupby("variant", sort=False)[["ratio", "share"]]
    drawn = [
        Curve(variant, looks[variant].colour, *rows.get_group(variant).to_numpy(np.float64).T)
        for variant in names
    ]
    with style.one_plot(title, setting.caption, 0.45 + ROW_IN * len(names)) as (figure, axes):
        axes.set_xscale("log")
        axes.set_xlim(0.97, max(steps["ratio"].max() * 1.15, 1.5))
        axes.xaxis.set_major_formatter(_times)
        axes.xaxis.set_minor_formatter(_times if axes.get_xlim()[1] < 8 else "")  # noqa: PLR2004
        curves(axes, drawn)
        for row, curve in enumerate(drawn):
            fastest, ever = (round(float(each), 6) for each in (curve.share[0], curve.share[-1]))
            style.beside(axes, row, f"{percent(fastest)} % fastest\n{percent(ever)} % ever")
        axes.set_xlabel(f"time over that of the fastest variant, on {steps['blocks'].iloc[0]:,} blocks")
    return figure


def _times(ratio: float, _: object = None) -> str:
    return f"x{ratio:,.0f}" if ratio >= 1000 else f"x{figures(ratio)}"  # noqa: PLR2004
