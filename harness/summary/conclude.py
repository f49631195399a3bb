"""Draw the conclusion of a case from its trials that count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from harness.summary.choose import choose
from harness.summary.conclusion import CaseConclusion, FactorChoice, StrategyChoice
from harness.summary.conclusion_words import Circumstances, sentences
from harness.summary.model import VariantSummary
from harness.summary.pair import Setting
from harness.summary.trial_row import TrialRow, factors_text


def conclude(
    rows: Sequence[TrialRow],
    setting: Setting,
    seen: Circumstances,
    *,
    scenario: str,
    profile: str,
    variants: Sequence[VariantSummary],
    comparable: bool = True,
) -> CaseConclusion:
    """The conclusion of a case, whose `rows` are the trials that count.

    `variants` are those of the case, in the order in which they are named. Strategies are compared over
    all values of the factors, then under each set of values.
    """
    order = list(dict.fromkeys(variant.strategy for variant in variants))
    choice = StrategyChoice(**_chosen(rows, order, setting, comparable=comparable))
    factors = list(dict.fromkeys(factors_text(variant.factors) for variant in variants))
    by_factors = [
        FactorChoice(
            factors=each,
            **_chosen(
                [row for row in rows if row.factors == each], order, setting, comparable=comparable
            ),
        )
        for each in (factors if len(factors) > 1 else ())
    ]
    return CaseConclusion(
        **dict(choice),
        scenario=scenario,
        profile=profile,
        blocks=seen.blocks,
        by_factors=by_factors,
        sentences=list(sentences(choice, by_factors, seen)),
    )


def _chosen(
    rows: Iterable[TrialRow], order: Sequence[str], setting: Setting, *, comparable: bool
) -> dict[str, Any]:
    found: dict[str, list[TrialRow]] = defaultdict(list)
    for row in rows:
        found[row.strategy].append(row)
    return choose({name: found[name] for name in order}, setting, comparable=comparable)
