"""Conclusions about a case, in sentences, and the choices of a baseline and of what to look at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.analysis.notebook.display import say
from harness.analysis.times import persist_times
from harness.frames.definition import VARIANT
from harness.summary.phrase import plain
from harness.summary.rate_words import failure_groups
from harness.summary.verdict import FAILS, TIMES

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case
    from harness.scenario.model import Margin
    from harness.summary.model import VariantSummary


def case_sentences(case: Case) -> list[str]:
    """The failure rates of the variants, and the variant that was done first."""
    sentences = [f"{plain(group)}." for group in failure_groups(case.variants)]
    medians = {variant.name: _median(variant) for variant in case.variants}
    first = min(medians, key=lambda name: medians[name])
    if math.isinf(medians[first]):
        return [*sentences, "No strategy persisted half of its installs."]
    text = persist_times(case.trials, shares=(0.5,)).set_index("variant")["text"][first]
    return [*sentences, f"Half of the installs are done first by {first}: {text}."]


def baseline_of(case: Case, named: str | None) -> str:
    """The variant to compare with: `named`, or the one that failed least, then the fastest.

    Says so where `named` is neither a variant of the case nor a strategy with just one variant in it.
    """
    variants = [variant for variant in case.variants if variant.trials]
    fitting = [variant for variant in variants if named in {variant.name, variant.strategy}]
    if len(fitting) == 1:
        return fitting[0].name
    if named is not None:
        names = ", ".join(variant.name for variant in variants)
        say(f"{named} is none of {names}, so it is not the baseline.")
    return min(variants, key=lambda variant: (variant.failure_rate, _median(variant))).name


def comparison_sentences(compared: pd.DataFrame, baseline: str, margin: Margin) -> list[str]:
    """The verdicts of `harness.analysis.compare`, and what is undecided."""
    if compared.empty:
        return [f"{baseline} is the only one here, so there is nothing to compare it with."]
    sentences = [f"Compared with {baseline}. {_same(margin)}"]
    for column, words in (("failures_verdict", FAILS), ("time_verdict", TIMES)):
        for verdict, begins in words.items():
            those = compared.index[compared[column] == verdict]
            if len(those):
                sentences.append(f"{begins.format(baseline=baseline)}: {', '.join(those)}.")
    apart = compared.index[~compared["paired"].astype(bool)]
    if len(apart):
        sentences.append(
            f"Hardly in the same blocks as {baseline}, so failures are compared as independent samples: "
            f"{', '.join(apart)}."
        )
    return sentences


def best_observed(case: Case) -> Case:
    """The part of a case whose attempts show most of how long holds last.

    Where holds are injected all variants have the same ones, so it is the variant whose attempts leave
    the least unseen: the one with the fewest failures, then with the most attempts. Where nothing is
    injected every trial has holds of its own, so it is the whole case.
    """
    if case.is_ambient:
        return case
    trials = case.trials.assign(failed=case.trials["outcome"] != "ok")
    variants = trials.groupby(list(VARIANT), observed=True)[["failed", "attempts"]].sum()
    best = variants.sort_values(["failed", "attempts"], ascending=[True, False], kind="stable")
    strategy, factors = best.index[0]
    return case.variant(str(strategy), str(factors))


def _same(margin: Margin) -> str:
    return (
        f"Rates that differ by up to {100 * margin.failures:g} percentage points, and times by up to "
        f"{100 * margin.time:g} %, count as the same."
    )


def _median(variant: VariantSummary) -> float:
    return math.inf if variant.median_ms is None else variant.median_ms
