"""What is predicted of each strategy, against the trials: for operations that make one call.

Others, such as the removal of a tree, are not predicted from attempt times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scipy.stats import binomtest

from harness.holds.distributions import UntilFailure
from harness.predict.hold_cases import hold_cases
from harness.predict.operation_shapes import CALLS, shape_of_operation
from harness.predict.trace import trace_attempts
from harness.scenario.load import load_scenarios, shipped_profiles
from harness.strategy.lookup import find
from harness.strategy.timetable import MAX_HOT_ATTEMPTS
from harness.study.definition import HELD_BYTES, case_files
from harness.tune.validation import LEAST_P

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from harness.predict.hold_cases import HoldCase
    from harness.predict.shapes import TargetShape
    from harness.strategy.spec import StrategySpec

_DRAWS: Final = 100
"""Schedules that stand for a strategy with jitter."""
_CERTAIN: Final = 1e-9


@dataclass(frozen=True)
class Checked:
    """A prediction of failures against the trials of one strategy under one profile."""

    case: str
    profile: str
    strategy: str
    predicted: float
    """Share of operations that was predicted to fail."""
    failed: int
    trials: int
    p: float
    """Probability of an observation at least as far off: an exact binomial test."""

    @property
    def is_certain(self) -> bool:
        """Whether all or none were predicted to fail."""
        return self.predicted in {0, 1}

    @property
    def agrees(self) -> bool:
        """Whether the trials are within the interval, and the same where the prediction is certain."""
        if self.is_certain:
            return self.failed == round(self.predicted * self.trials)
        return self.p >= LEAST_P


def checked(trials: pd.DataFrame, call_ms: float) -> Iterator[Checked]:
    """Yield every prediction that can be made, with what the trials show."""
    profiles = shipped_profiles()
    failed = trials.assign(failed=trials["outcome"] != "ok")
    counts = (
        failed.groupby(["case", "profile", "strategy"])["failed"].agg(["sum", "count"]).reset_index()
    )
    for name, shape in shapes(case_files()).items():
        by_profile = {case.profile: case for case in hold_cases(profiles, shape)[0]}
        own = counts[(counts["case"] == name) & counts["profile"].isin(list(by_profile))]
        for row in own.to_dict("records"):
            profile, strategy = str(row["profile"]), str(row["strategy"])
            share = predicted_failure(strategy, by_profile[profile], call_ms)
            if share is not None:
                failed_here, of = int(row["sum"]), int(row["count"])
                p = float(binomtest(failed_here, of, share).pvalue)
                yield Checked(name, profile, strategy, share, failed_here, of, p)


def shapes(files: Sequence[Path]) -> dict[str, TargetShape]:
    """Return the target shape of each scenario whose operation makes one call, by its name."""
    found = {}
    for loaded in load_scenarios([*files]):
        (operation,) = loaded.scenario.operations
        if operation.kind in CALLS and operation.kind != "place":  # which links several files
            found[loaded.name] = shape_of_operation(operation, is_tree=loaded.scenario.has_tree)
    return found


def predicted_failure(strategy: str, case: HoldCase, call_ms: float) -> float | None:
    """Return the share of operations that fail if calls take `call_ms`; ``None`` where it is not known.

    The loop of the strategy runs on a virtual clock against a hold that never ends: it fails where the
    hold outlasts its last attempt. What writes a new file, which is held or not by itself, is left out.
    """
    spec = find(strategy, case.shape.purpose).spec
    if spec is None or len(case.active_holds) != 1 or spec.writes_again:
        return None
    (hold,) = case.active_holds
    if isinstance(hold.duration, UntilFailure):
        return None
    draws = range(_DRAWS if spec.is_random else 1)
    left = [_left(spec, case, call_ms, seed) for seed in draws]
    share = math.fsum(left) / len(left)
    failing = hold.probability * share
    if failing < _CERTAIN:
        return 0.0
    return 1.0 if failing > 1 - _CERTAIN else failing


def _left(spec: StrategySpec, case: HoldCase, call_ms: float, seed: int) -> float:
    """Return the share of holds that one schedule does not outlast."""
    traced = trace_attempts(
        spec.strategy(str(spec)),
        case.shape,
        case.handles,
        attempt_cost_ms=call_ms,
        seed=seed,
        max_attempts=MAX_HOT_ATTEMPTS,
    )
    if traced.succeeded:
        return 0.0
    hold = case.active_holds[0]  # who takes an old target for a success fails, too: its bytes are wrong
    if hold.vanishes:
        return 1.0
    return 1 - hold.duration.cdf(traced.failed_ms[-1], HELD_BYTES)
