"""What was found, in sentences that are computed from it, and the choices that they begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.grouping import variant_of
from harness.analysis.notebook.display import say
from harness.analysis.plots.rate_forest import bare
from harness.analysis.rates import failure_rates, rate_words
from harness.analysis.times import persist_times

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from harness.analysis.paired import Margins
    from harness.analysis.selection import Case


def sentences(case: Case) -> list[str]:
    """What came of a case: who never failed, who always did, and who was done first."""
    rates = failure_rates(case.trials)
    never = rates[rates["failures"] == 0]
    always = rates[rates["failures"] == rates["trials"]]
    between = rates.drop([*never.index, *always.index]).sort_values("rate", kind="stable")
    said = []
    if len(never):
        words = bare(rate_words(0, _least(never)))
        said.append(f"Never failed ({words}, 95 % confidence): {_listed(never.index)}.")
    if len(between):
        each = (f"{variant}, {words}" for variant, words in between["words"].items())
        said.append(f"Failed at times: {'; '.join(each)}.")
    if len(always):
        failures = _least(always)
        words = bare(rate_words(failures, failures))
        said.append(f"Always failed ({words}, 95 % confidence): {_listed(always.index)}.")
    medians = persist_times(case.trials, shares=(0.5,))
    done = medians[np.isfinite(medians["time_ms"])].sort_values("time_ms", kind="stable")
    if len(done):
        first = done.iloc[0]
        said.append(f"Half of the installs are done first by {first['variant']}: {first['words']}.")
    else:
        said.append("No strategy persisted half of its installs.")
    return said


def baseline_of(case: Case, named: str | None) -> str:
    """Return the variant to compare with: `named`, or the one that failed least, then the fastest.

    Says so where `named` is neither a variant of the case nor a strategy with just one variant in it.
    """
    rates = failure_rates(case.trials)
    variants = rates.index[(rates.index == named) | (rates["strategy"] == named)]
    if len(variants) == 1:
        return str(variants[0])
    if named is not None:
        say(f"{named} is none of {_listed(rates.index)}, so it is not what these are compared with.")
    medians = persist_times(case.trials, shares=(0.5,)).set_index("variant")["time_ms"]
    order = rates.assign(median=medians).sort_values(["rate", "median"], kind="stable")
    return str(order.index[0])


def verdict_sentences(verdicts: pd.DataFrame, baseline: str, margins: Margins) -> list[str]:
    """What `harness.analysis.compare` decided about failures, and what it could not decide."""
    if verdicts.empty:
        return [f"{baseline} is the only one here, so there is nothing to compare it with."]
    said = [f"Compared with {baseline}. {_same(margins)}"]
    timed = verdicts[verdicts["time_blocks"] > 0]
    for column, rows, verdict, words in (
        ("failures_verdict", verdicts, "better", "Fails less often"),
        ("failures_verdict", verdicts, "worse", "Fails more often"),
        ("failures_verdict", verdicts, "equivalent", "Fails as often"),
        ("failures_verdict", verdicts, "undecided", "Whether it fails more often is undecided"),
        ("time_verdict", timed, "better", "Where both succeed, is faster"),
        ("time_verdict", timed, "worse", "Where both succeed, is slower"),
        ("time_verdict", timed, "equivalent", "Where both succeed, takes as long"),
        ("time_verdict", timed, "undecided", "Where both succeed, whether it is faster is undecided"),
    ):
        those = rows[rows[column] == verdict]
        if len(those):
            said.append(f"{words}: {_listed(those.index)}.")
    untimed = verdicts.index.difference(timed.index, sort=False)
    if len(untimed):
        said.append(f"No block in which both succeeded, so no time to compare: {_listed(untimed)}.")
    return said


def best_watch(case: Case) -> Case:
    """The part of a case that sees most of how long holds last.

    Where holds are injected all variants meet the same ones, so it is the variant whose attempts leave
    the least unseen: which gave up on the fewest, then tried most. Where nothing is injected every trial
    met something of its own, so it is all.
    """
    if (case.trials["freshness"] != "").any():
        return case
    trials = case.trials.assign(variant=variant_of(case.trials), failed=case.trials["outcome"] != "ok")
    variants = trials.groupby("variant", observed=True).agg(
        failed=("failed", "sum"),
        attempts=("attempts", "sum"),
        strategy=("strategy", "first"),
        factors=("factors", "first"),
    )
    best = variants.sort_values(["failed", "attempts"], ascending=[True, False], kind="stable").iloc[0]
    return case.variant(str(best["strategy"]), str(best["factors"]))


def _same(margins: Margins) -> str:
    return (
        f"Rates that differ by up to {100 * margins.failures:g} percentage points, and times by up to "
        f"{100 * margins.time:g} %, count as the same."
    )


def _least(rates: pd.DataFrame) -> int:
    return int(rates["trials"].min())


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))
