"""What the notebook on defaults shows of one case: the answer, four figures, and sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets  # type: ignore[import-untyped]
from IPython.display import display as show_as

from harness.analysis.notebook import say
from harness.errors import InvalidInputError
from harness.strategy.lookup import known
from harness.tune import plots
from harness.tune.answers import answers
from harness.tune.question import Limits
from harness.tune.recorded_holds import recorded_call, recorded_holds
from harness.tune.sources import observed_source
from harness.tune.tuning import tune
from harness.tune.validation import validated

if TYPE_CHECKING:
    from harness.analysis.selection import Case
    from harness.tune.sources import Source
    from harness.tune.tuning import Tuning


def explain(case: Case, max_failure: float, max_denied_ms: float, max_attempts: int) -> None:
    """Show the tuned default for the holds of a case, or say why there is none."""
    try:
        source = observed_source(recorded_holds(case), recorded_call(case))
        limits = Limits(max_failure, max_denied_ms, max_attempts, call_ms=source.call.ms)
        found = tune(source, limits)
    except InvalidInputError as error:
        say(error.message, error.hint or "")
        return
    show(found)
    _predictions(case, source, limits)


def show(found: Tuning) -> None:
    """Show an answer with its figures."""
    say(found.recommended.strategy, *answers(found))
    for draw in (plots.frontier, plots.gap_by_family, plots.sensitivity):
        show_as(draw(found))  # type: ignore[no-untyped-call]


def _predictions(case: Case, source: Source, limits: Limits) -> None:
    """Hold the strategies of the case against what these same holds let one expect."""
    roles = {each.strategy: "" for each in case.variants if _is_data(each.strategy)}
    rows = [each for each in validated(case, source, limits, roles) if each.operations]
    if not rows:
        say("No strategy of this case is one that predictions can be made for.")
        return
    agreeing = sum(each.agrees for each in rows)
    say(f"{agreeing} of {len(rows)} strategies of this case failed as often as these holds predict.")
    drawing = plots.predicted_against_observed(rows, case.caption)
    show_as(drawing)  # type: ignore[no-untyped-call]


def _is_data(strategy: str) -> bool:
    """Whether a label is the name or the notation of a strategy that is data."""
    try:
        found = known(strategy)
    except InvalidInputError:
        return False
    return found is not None and found.spec is not None and not found.spec.said_around


def sliders(case: Case) -> Any:
    """Return sliders for the limits; what they ask for is computed in the kernel."""
    failure = widgets.FloatLogSlider(
        value=1e-2, base=10, min=-4, max=-0.3, description="failing", continuous_update=False
    )
    denied = widgets.FloatLogSlider(
        value=30, base=10, min=-2, max=2, description="denied, s", continuous_update=False
    )
    attempts = widgets.IntSlider(
        value=15, min=2, max=60, description="attempts", continuous_update=False
    )
    out = widgets.Output()

    def changed(_: object = None) -> None:
        out.clear_output(wait=True)
        with out:
            explain(case, failure.value, 1000 * denied.value, attempts.value)

    for each in (failure, denied, attempts):
        each.observe(changed, "value")
    return widgets.VBox([failure, denied, attempts, out])
