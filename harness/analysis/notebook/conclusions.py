"""Conclusions about a case, in sentences, and the choices of a baseline and of what to look at."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from harness.analysis.case_summary import summarise_case
from harness.analysis.notebook.display import say
from harness.frames.definition import VARIANT
from harness.summary.conclusion import HEADS
from harness.summary.phrase import plain
from harness.summary.verdict import FAILS, TIMES
from harness.text import available

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case
    from harness.scenario.model import Margin
    from harness.summary.conclusion import Sentence
    from harness.summary.model import VariantSummary


def case_answer(case: Case) -> list[str]:
    """The conclusion of a case, a line for each part of it: the strategy to take comes first."""
    return answer_lines(summarise_case(case).conclusion.sentences)


def answer_lines(sentences: Iterable[Sentence]) -> list[str]:
    """The sentences of a conclusion, those about the same thing on one line."""
    return [
        f"{HEADS[about].capitalize()}: {' '.join(plain(sentence.phrase) for sentence in found)}"
        for about, found in groupby(sentences, attrgetter("about"))
    ]


def baseline_of(case: Case, named: str | None) -> str:
    """The variant to compare with: `named`, or the one to take.

    Where there is none to take, the one that failed least, then the fastest. Says so where `named` is
    neither a variant of the case nor a strategy with just one variant in it.
    """
    variants = [variant for variant in case.variants if variant.trials]
    for name in (named, summarise_case(case).conclusion.take):
        fitting = [variant for variant in variants if name in {variant.name, variant.strategy}]
        if len(fitting) == 1:
            return fitting[0].name
        if name is not None and name == named:
            say(
                f"{named} is no variant of this case, so it is not the baseline. "
                f"{available(name, (variant.name for variant in variants))}"
            )
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
        f"Rates that differ by up to {100 * margin.failures:g} percentage "
        f"point{'s' * (margin.failures != 0.01)}, and times by up to "  # noqa: PLR2004 - one
        f"{100 * margin.time:g} %, count as the same."
    )


def _median(variant: VariantSummary) -> float:
    return math.inf if variant.median_ms is None else variant.median_ms
