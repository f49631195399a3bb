"""Compare variants with a baseline, block by block: which is better, by how much, and how surely.

All variants of a block have the same draw of the holds, so blocks are the units, and each variant is
compared with the baseline over the blocks that both ran. Failures come first; time is compared only over
blocks in which both succeeded, and their number is reported. A verdict follows from an interval and the
margin that matters, never from a p-value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import mcnemar

from harness.analysis.grouping import one_case, variant_columns, variant_of
from harness.analysis.paired_estimates import (
    MIN_TIME_BLOCKS,
    RESAMPLES,
    SAME,
    Estimate,
    blocks_needed,
    holm,
    log_ratios,
    paired_difference,
    paired_ratio,
    pairs_needed,
    sign_change_p,
    verdict,
)
from harness.errors import InvalidInputError
from harness.frames.definition import BLOCK, counted, group_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Margins:
    """Differences that do not matter.

    `failures` is a difference of shares (0.01: one percentage point), `time` a share of the time (0.10:
    up to 10 % longer; and as a ratio the same downwards, 1 / 1.1).

    Raises `InvalidInputError` for a margin that is not above 0, or `failures` above 1.
    """

    failures: float = 0.01
    time: float = 0.10

    def __post_init__(self) -> None:
        if not (0 < self.failures <= 1 and 0 < self.time < math.inf):
            raise InvalidInputError(
                f"margins must be above 0, and failures at most 1: failures = {self.failures}, "
                f"time = {self.time}",
                hint="0.01 is one percentage point of failures, 0.10 is ten per cent of time.",
            )


DEFAULT_MARGINS: Final = Margins()


def compare(
    trials: pd.DataFrame,
    baseline: str,
    *,
    margins: Margins = DEFAULT_MARGINS,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Compare every other variant of one case with `baseline` (a name as from `grouping.variant_of`).

    `trials` as in `Frames.trials`; those that do not count are left out, and so, for each variant, are
    blocks that it or the baseline did not run. Returns one row per variant, index `variant`:
    `strategy`, `factors`, `baseline`;

    - of failures: `blocks`, `both_failed`, `only_variant_failed`, `only_baseline_failed` (int64),
      `difference`, `difference_low`, `difference_high` (share of failures of the variant less that of
      the baseline: below 0 is better; `paired_difference`), `failures_p` (exact McNemar test),
      `failures_p_holm`, `failures_verdict`, `failures_blocks_needed`;
    - of time: `time_blocks` (in which both succeeded), `ratio`, `ratio_low`, `ratio_high` (time of the
      variant over that of the baseline: below 1 is better; `paired_ratio`), `median_ratio`,
      `share_faster` (share of the blocks in which the variant was faster, ties as half: 0.5 is no
      difference), `time_p` (a permutation test that changes the signs of the logarithms: without a
      difference, the order within blocks is random), `time_p_holm`, `time_verdict`,
      `time_blocks_needed`;
    - `text`: both, in words.

    The columns `…_blocks_needed` are, for ``undecided``, the approximate number of blocks that would
    decide it (`blocks_needed`); they are NaN for other verdicts. P-values are of the hypothesis of no
    difference at all; those of all variants are corrected together (Holm, Scandinavian Journal of
    Statistics 6 (1979) 65-70), separately for failures and for time. Intervals and verdicts are not
    corrected.

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
    times = times_by_block(trials, variant)
    rng = np.random.default_rng(seed)

    def compared(pair: NDArray[np.float64]) -> dict[str, object]:
        return {
            **_failures(pair, margins.failures, confidence),
            **_time(pair, margins.time, confidence, resamples, rng),
        }

    rows: list[dict[str, object]] = []
    for number, name in enumerate(names):
        if name != baseline:
            pair = times[:, [number, names.index(baseline)]]
            pair = pair[~np.isnan(pair).any(axis=1)]
            strategy, factors = heads.iloc[number]
            about = {"variant": name, "strategy": strategy, "factors": factors, "baseline": baseline}
            rows.append({**about, **compared(pair)})
    columns = ["variant", *heads.columns, "baseline", *compared(np.empty((0, 2)))]
    frame = pd.DataFrame(rows, columns=columns).set_index("variant")
    for kind in ("failures", "time"):
        p_values = frame[f"{kind}_p"].to_numpy(dtype=np.float64)
        after = frame.columns.tolist().index(f"{kind}_p") + 1
        frame.insert(after, f"{kind}_p_holm", holm(p_values))
    return frame


def times_by_block(trials: pd.DataFrame, variant: pd.Series[str]) -> NDArray[np.float64]:
    """Times to persist as a matrix, blocks by variants: ``inf`` for a failure, NaN for a trial not run.

    `variant` as from `grouping.variant_of`; variants in the order of its categories. Raises
    `InvalidInputError` if a variant is in a block twice.
    """
    blocks, block = np.unique(group_numbers(trials, BLOCK), return_inverse=True)
    codes = variant.cat.codes.to_numpy()
    shape = (len(blocks), len(variant.cat.categories))
    place = np.ravel_multi_index((block, codes), shape) if len(trials) else block
    if np.unique(place).size < place.size:
        raise InvalidInputError(
            "a variant is more than once in the same block of the same run",
            hint="Was a run loaded twice? Load each run folder once.",
        )
    times = np.full(shape, math.nan)
    failed = (trials["outcome"] != "ok").to_numpy(dtype=bool)
    times[block, codes] = np.where(failed, math.inf, trials["elapsed_ms"].to_numpy(dtype=np.float64))
    return times


def _failures(pair: NDArray[np.float64], margin: float, confidence: float) -> dict[str, object]:
    variant, base = np.isinf(pair).T
    blocks, both = len(pair), int((variant & base).sum())
    only_variant, only_base = int((variant & ~base).sum()), int((base & ~variant).sum())
    estimate = paired_difference(only_variant, only_base, blocks, confidence=confidence)
    table = [[both, only_variant], [only_base, blocks - both - only_variant - only_base]]
    decided = verdict(estimate, margin)
    needed = pairs_needed(only_variant, only_base, blocks, margin, confidence=confidence)
    return {
        "blocks": blocks,
        "both_failed": both,
        "only_variant_failed": only_variant,
        "only_baseline_failed": only_base,
        "difference": estimate.value,
        "difference_low": estimate.low,
        "difference_high": estimate.high,
        "failures_p": float(mcnemar(table, exact=True).pvalue) if only_variant + only_base else 1.0,
        "failures_verdict": decided,
        "failures_blocks_needed": needed if decided == "undecided" else math.nan,
    }


def _time(
    pair: NDArray[np.float64],
    margin: float,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
) -> dict[str, object]:
    variant, base = pair[np.isfinite(pair).all(axis=1)].T
    logs = log_ratios(variant, base)
    estimate = paired_ratio(variant, base, rng=rng, confidence=confidence, resamples=resamples)
    with np.errstate(divide="ignore"):
        on_log = Estimate(*map(float, np.log(estimate)))
    decided = verdict(on_log, math.log1p(margin))
    needed = math.nan
    if decided == "undecided" and logs.size:
        known = logs.size >= MIN_TIME_BLOCKS
        most = blocks_needed(on_log, math.log1p(margin), logs.size, confidence=confidence)
        # counted in blocks that are run, not only in those where both succeed
        needed = (most if known else MIN_TIME_BLOCKS) * len(pair) / logs.size
    signs = np.sign(np.where(np.abs(logs) < SAME, 0, logs))
    return {
        "time_blocks": logs.size,
        "ratio": estimate.value,
        "ratio_low": estimate.low,
        "ratio_high": estimate.high,
        "median_ratio": math.exp(np.median(logs)) if logs.size else math.nan,
        "share_faster": float((1 - signs.mean()) / 2) if logs.size else math.nan,
        "time_p": sign_change_p(logs, resamples, rng),
        "time_verdict": decided,
        "time_blocks_needed": np.ceil(needed),
    }
