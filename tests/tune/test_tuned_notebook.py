"""The notebook on defaults: each case has an answer and figures, or says why there is none."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from harness.analysis.selection import Case, select
from harness.frames import load
from harness.tune.notebook import explain, sliders


@pytest.fixture(scope="module")
def case() -> Case:
    return select(load("results/reference"), profile="brief")


def _outputs(case: Case, max_failure: float, max_denied_ms: float) -> tuple[str, int]:
    InteractiveShell.instance()
    with capture_output() as captured:
        explain(case, max_failure, max_denied_ms, 15)
    data: list[dict[str, Any]] = [each.data for each in captured.outputs]
    words = " ".join(each.get("text/html", "") for each in data)
    return words, sum("image/svg+xml" in each for each in data)


def test_a_case_has_an_answer_and_four_figures(case: Case) -> None:
    words, figures = _outputs(case, 0.01, 30_000)
    assert "retries on 32" in words
    assert "failed as often as these holds predict" in words
    assert figures == 4


def test_limits_that_contradict_each_other_are_said(case: Case) -> None:
    words, figures = _outputs(case, 0.01, 5)
    assert "contradict each other" in words
    assert figures == 0


def test_sliders_compute_in_the_kernel(case: Case) -> None:
    box = sliders(case)
    denied = box.children[1]
    out = box.children[-1]
    assert not out.outputs
    denied.value = 0.01
    assert denied.value == pytest.approx(0.01)
