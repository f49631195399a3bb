"""The picture of failure against time: every strategy is named, and no label covers another."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from harness.analysis.plots import failure_against_time
from harness.analysis.plots.style import INK
from harness.summary.model import VariantSummary


def variant(name: str, failures: int, median_ms: float | None, **factors: str) -> VariantSummary:
    numbers: dict[str, Any] = dict.fromkeys(VariantSummary.model_fields, 0)
    return VariantSummary.model_validate(
        numbers
        | {"strategy": name, "factors": factors, "outcomes": {}, "left": {}}
        | {"trials": 20, "effective_trials": 20.0, "failures": failures}
        | {"median_ms": median_ms, "p95_ms": None}
    )


CROWDED = [
    *(variant(f"strategy number {place}", place % 3, 10.0 * 1.3**place) for place in range(9)),
    variant("never done", 20, math.inf),
    variant("also never", 20, None),
]


@pytest.mark.parametrize("variants", [CROWDED, CROWDED[:1], CROWDED[9:], []])
def test_all_are_named_and_no_label_covers_another(variants: list[VariantSummary]) -> None:
    figure = failure_against_time(variants, "a case")
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    [axes] = figure.axes
    labels = [text for text in axes.texts if text.get_text()]
    shown = "\n".join(text.get_text() for text in labels).splitlines()
    assert sorted(shown) == sorted(each.strategy for each in variants)
    axes_labels = [axes.xaxis.label, axes.yaxis.label]
    found = [text.get_window_extent().extents for text in (*labels, *axes_labels)]
    for one, other in itertools.combinations(found, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart
    width, height = figure.bbox.width, figure.bbox.height
    assert min([box[place] for box in found for place in (0, 1)], default=0) >= 0
    assert max([box[2] for box in found], default=0) <= width
    assert max([box[3] for box in found], default=0) <= height


def test_ties_share_a_mark_and_more_than_five_are_counted() -> None:
    tied = [variant(f"s{place}", 0, 50.0) for place in range(7)]
    [label] = failure_against_time(tied, "a case").axes[0].texts
    assert label.get_text().splitlines() == ["s0", "s1", "s2", "s3", "and 3 more"]


def test_factors_are_named_by_their_values_and_text_takes_the_colour_of_a_page() -> None:
    figure = failure_against_time([variant("x", 1, 5.0, link_mode="copy")], "a & <case>")
    text = figure.svg()
    assert ">x (copy)<" in text
    assert "a &amp; &lt;case&gt;" in text
    assert INK in text
