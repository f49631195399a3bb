"""Compare variants with a baseline, block by block: which is better, by how much, and how surely.

All variants of a block have the same draw of the holds, so each variant is compared with the baseline
over the blocks that both ran, and draws are the units. Failures come first; time is compared only over
blocks in which both succeeded, and their number is reported. A verdict follows from an interval and the
margin that matters, never from a p-value. All of it but the p-values is computed by the functions of
`harness.summary` that the conclusion of a case rests on; only its confidence is higher, since it chooses
what it compares with.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from harness.analysis.compared_failures import ComparedFailures, compared_failures
from harness.analysis.compared_times import ComparedTimes, compared_times
from harness.analysis.grouping import one_case, variant_columns, variant_of
from harness.analysis.p_values import RESAMPLES, holm
from harness.errors import InvalidInputError
from harness.frames.observations import counted
from harness.frames.rows import rows_of
from harness.scenario.model import Margin
from harness.summary.pair import Pair, Setting, Trials, trials_by_block
from harness.summary.trial_row import TrialRow

USUAL_MARGIN: Final = Margin()


def compare(
    trials: pd.DataFrame,
    baseline: str,
    *,
    margin: Margin = USUAL_MARGIN,
    resolution_ms: float = 0.0,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Compare every other variant of one case with `baseline` (a name as from `grouping.variant_of`).

    `trials` as in `Frames.trials`; those that do not count are left out. `margin` is what does not
    matter: a difference of shares of failures, and a share of the time (0.10: up to 10 % longer; and as
    a ratio the same downwards, 1 / 1.1). Times that differ by up to `resolution_ms` are the same
    (`harness.analysis.resolution`). Returns one row per variant, index `variant`: `strategy`, `factors`,
    `baseline`;

    - of failures: `paired` (bool), `trials`, `failures`, `baseline_trials`, `baseline_failures`,
      `blocks` (that both ran), `draws` (different ones among all that is compared), `both_failed`,
      `only_variant_failed`, `only_baseline_failed` (int64: blocks), `difference`, `difference_low`,
      `difference_high` (share of failures of the variant less that of the baseline: below 0 is better),
      `failures_p`, `failures_p_holm`, `failures_verdict`, `failures_blocks_needed`;
    - of time: `time_blocks` (in which both succeeded), `time_draws` (different ones among these),
      `ratio`, `ratio_low`, `ratio_high` (time of the variant over that of the baseline: below 1 is
      better; `harness.summary.paired_estimates.mean_log`), `median_ratio`, `share_faster` (share of the
      draws in which the variant was faster, ties as half: 0.5 is no difference), `time_p` (a permutation
      test that changes the signs of the logarithms: without a difference, the order within blocks is
      random), `time_p_holm`, `time_verdict`, `time_blocks_needed`.

    Failures are `paired` where the variants share at least half of the blocks of the one with fewer:
    over these blocks, with `paired_difference` and McNemar's exact test. Else all trials of both are
    compared as independent samples, with `independent_difference` and Fisher's exact test. Repeated
    measurements of a draw (the same seed, in real time) count together: `effective_number`.

    Verdicts are those of `harness.summary.verdict`. The columns `…_blocks_needed` are, for what an
    interval leaves undecided, the approximate number of blocks, each with a draw of its own, that would
    decide it (`blocks_needed`); NaN where it leaves nothing so, or no number would do. P-values are of
    the hypothesis of no difference at all; those of all variants are corrected together (Holm,
    Scandinavian Journal of Statistics 6 (1979) 65-70), separately for failures and for time. Intervals
    and verdicts are not corrected.

    Raises `InvalidInputError` for trials of several cases, for an unknown baseline, and if a variant is
    in a block twice (a run that was loaded twice).
    """
    one_case(trials)
    trials = counted(trials)
    variant = variant_of(trials)
    heads = variant_columns(trials, variant)
    names = [str(name) for name in heads.index]
    if names and baseline not in names:
        raise InvalidInputError(
            f"no variant is named {baseline!r}",
            hint=f"The variants of these trials: {', '.join(names)}.",
        )
    found = _by_variant(trials, variant)
    setting = Setting(
        resolution_ms=resolution_ms,
        is_virtual=not trials.empty and str(trials["platform"].iloc[0]) == "emulated",
        margin=margin,
        injected=True,
    )
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number, name in enumerate(names):
        if name != baseline:
            strategy, factors = heads.iloc[number]
            about = {"variant": name, "strategy": strategy, "factors": factors, "baseline": baseline}
            pair = Pair(found[number], found[names.index(baseline)])
            failures = compared_failures(pair, margin.failures, confidence)
            time = compared_times(pair, setting, confidence, resamples, rng)
            rows.append({**about, **failures._asdict(), **time._asdict()})
    columns = ["variant", *heads.columns, "baseline", *ComparedFailures._fields, *ComparedTimes._fields]
    frame = pd.DataFrame(rows, columns=columns).set_index("variant")
    for kind in ("failures", "time"):
        p_values = frame[f"{kind}_p"].to_numpy(dtype=np.float64)
        after = frame.columns.tolist().index(f"{kind}_p") + 1
        frame.insert(after, f"{kind}_p_holm", holm(p_values))
    return frame


def _by_variant(trials: pd.DataFrame, variant: pd.Series[str]) -> list[Trials]:
    """The trials of each variant, in the order of the categories."""
    rows: list[list[TrialRow]] = [[] for _ in variant.cat.categories]
    for code, row in zip(variant.cat.codes, rows_of(trials), strict=True):
        # the factors are those of the variant, which has another name than the baseline
        rows[code].append(row._replace(factors=""))
    return list(map(trials_by_block, rows))
