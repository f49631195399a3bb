"""Compare variants with a baseline, block by block: which is better, by how much, and is that known?

All variants of a block met the same draw of the holds, so the blocks are the units, and each variant is
compared with the baseline over the blocks that both ran. Failures come first; time is compared only
over blocks in which both succeeded, and says over how many. A verdict is read off an interval and the
margin that matters, never off a p-value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import bootstrap, norm, permutation_test
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from harness.analysis.grouping import BLOCK, counted, one_case, variant_columns, variant_of
from harness.errors import InvalidInputError
from harness.frames.definition import group_numbers
from harness.text import counted as counted_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike, NDArray

Verdict = Literal["better", "worse", "equivalent", "undecided"]

MIN_TIME_BLOCKS: Final = 20
"""Fewer blocks give no interval of time: a bootstrap knows only the blocks that it has met."""

CLOCK_MS: Final = 0.001
"""Resolution of the record. A shorter time counts as this long, so that it has a logarithm."""

POWER: Final = 0.8
"""How likely a comparison of the advised size comes to its verdict, if the estimate is right."""

RESAMPLES: Final = 4999
_SAME: Final = 1e-12  # what differs by less differs by rounding
_DRAWS_AT_ONCE: Final = 4_000_000  # of indices, 32 MB
_MOST_FOR_BCA: Final = 2000  # blocks; the jackknife of BCa takes their square


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


_FAILURES: Final = (
    "blocks",
    "both_failed",
    "only_arm_failed",
    "only_baseline_failed",
    "difference",
    "difference_low",
    "difference_high",
    "failures_p",
    "failures_p_holm",
    "failures_verdict",
    "failures_blocks_needed",
)
_TIME: Final = (
    "time_blocks",
    "ratio",
    "ratio_low",
    "ratio_high",
    "median_ratio",
    "share_faster",
    "time_p",
    "time_p_holm",
    "time_verdict",
    "time_blocks_needed",
)
COLUMNS: Final = ("strategy", "factors", "baseline", *_FAILURES, *_TIME, "words")


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
    blocks that it or the baseline did not run. Returns one row a variant, index `variant`, with
    `COLUMNS`: `strategy`, `factors`, `baseline`;

    - of failures: `blocks`, `both_failed`, `only_arm_failed`, `only_baseline_failed` (int64),
      `difference`, `difference_low`, `difference_high` (share of failures of the variant less that of
      the baseline: below 0 is better; `paired_difference`), `failures_p` (exact McNemar test),
      `failures_p_holm`, `failures_verdict`, `failures_blocks_needed`;
    - of time: `time_blocks` (in which both succeeded), `ratio`, `ratio_low`, `ratio_high` (time of the
      variant over that of the baseline: below 1 is better; `paired_ratio`), `median_ratio`,
      `share_faster` (of the blocks, those in which the variant was faster, ties as half: 0.5 is no
      difference), `time_p` (signs of the logarithms changed at random: what the order within blocks is
      under no difference), `time_p_holm`, `time_verdict`, `time_blocks_needed`;
    - `words`: both, in a sentence.

    The columns `…_blocks_needed` say of ``undecided`` about how many blocks would decide it
    (`blocks_needed`); they are NaN for other verdicts. P-values are of the hypothesis that there is no
    difference at all; those of all variants are corrected together (Holm, Scandinavian Journal of
    Statistics 6 (1979) 65-70), for failures and for time apart. Intervals and verdicts are not.

    Raises `InvalidInputError` for trials of several cases, for an unknown baseline, and if a variant is
    twice in a block (a run that was loaded twice).
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
    rows: list[dict[str, object]] = []
    for number, name in enumerate(names):
        if name == baseline:
            continue
        pair = times[:, [number, names.index(baseline)]]
        pair = pair[~np.isnan(pair).any(axis=1)]
        rows.append(
            {
                "variant": name,
                "strategy": heads["strategy"].iloc[number],
                "factors": heads["factors"].iloc[number],
                "baseline": baseline,
                **_failures(pair, margins.failures, confidence),
                **_time(pair, margins.time, confidence, resamples, rng),
            }
        )
    frame = pd.DataFrame(rows, columns=["variant", *COLUMNS]).set_index("variant")
    for kind in ("failures", "time"):
        frame[f"{kind}_p_holm"] = holm(frame[f"{kind}_p"].to_numpy(dtype=np.float64))
    frame["words"] = [_words(row) for row in frame.to_dict("records")]
    return frame


def times_by_block(trials: pd.DataFrame, variant: pd.Series[str]) -> NDArray[np.float64]:
    """Times to persist as a matrix, blocks by variants: ``inf`` for a failure, NaN for a trial not run.

    `variant` as from `grouping.variant_of`; variants in the order of its categories. Raises
    `InvalidInputError` if an variant is twice in a block.
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


class Estimate(NamedTuple):
    """An estimate and its confidence interval."""

    value: float
    low: float
    high: float


def paired_difference(
    only_first: int, only_second: int, blocks: int, *, confidence: float = 0.95
) -> Estimate:
    """The difference of two rates in pairs: of blocks, `only_first` failed in the first variant alone, …

    Interval: Wald's, adjusted by one more pair of each discordant kind (Bonett and Price, Journal of
    Educational and Behavioral Statistics 37 (2012) 479-488); recommended, with those of Tango and
    Newcombe, by Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850-2875. It keeps a
    width where no pair is discordant. Without blocks: NaN, -1 to 1.
    """
    first, second = (only_first + 1) / (blocks + 2), (only_second + 1) / (blocks + 2)
    centre = first - second
    half = _z(confidence) * math.sqrt((first + second - centre**2) / (blocks + 2))
    value = (only_first - only_second) / blocks if blocks else math.nan
    return Estimate(value, max(centre - half, -1.0), min(centre + half, 1.0))


def paired_ratio(
    times: ArrayLike,
    baseline: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Estimate:
    """How many times as long one variant takes as another, from finite times (ms) in pairs.

    It is the geometric mean of the ratios within blocks, which is the ratio of the geometric means:
    within a block, what the hold did to both cancels; every block counts, where a median is blind to
    whatever happens in fewer than half of them; and a to b times b to c is a to c. (Fleming and Wallace,
    Communications of the ACM 29 (1986) 218-221; so are ratios compared in bioequivalence.)

    Interval: bootstrap over blocks, BCa (Efron, JASA 82 (1987) 171-185), percentile above 2,000 blocks,
    where the correction vanishes. Like any, it knows only what was met: a kind of block that makes up
    less than 3 / n of all may be missing from n. With fewer than `MIN_TIME_BLOCKS` blocks it is 0 to
    ``inf``; without any, the estimate is NaN.
    """
    logs = _log_ratios(times, baseline)
    if not logs.size:
        return Estimate(math.nan, 0.0, math.inf)
    value = math.exp(logs.mean())
    if logs.size < MIN_TIME_BLOCKS:
        return Estimate(value, 0.0, math.inf)
    if np.ptp(logs) < _SAME:
        return Estimate(value, value, value)
    found = bootstrap(
        (logs,),
        np.mean,
        n_resamples=resamples,
        batch=max(1, _DRAWS_AT_ONCE // logs.size),
        vectorized=True,
        confidence_level=confidence,
        method="BCa" if logs.size <= _MOST_FOR_BCA else "percentile",
        rng=rng,
    ).confidence_interval
    return Estimate(value, math.exp(found.low), math.exp(found.high))


def sign_change_p(logs: NDArray[np.float64], resamples: int, rng: np.random.Generator) -> float:
    """P-value of the hypothesis that logarithms of ratios are as likely of one sign as of the other.

    That is what variants without a difference, in random order within blocks, would give. Permutation
    test of their mean (Fisher 1935): exact for few blocks, else from so many resamples. NaN without any.
    """
    if not logs.size:
        return math.nan
    if logs.size == 1 or np.abs(logs).max() < _SAME:
        return 1.0
    found = permutation_test(
        (logs,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _DRAWS_AT_ONCE // logs.size),
        rng=rng,
    )
    return float(found.pvalue)


def verdict(estimate: Estimate, margin: float) -> Verdict:
    """What an interval says of a difference (below 0 is better) whose size up to `margin` is nothing.

    ``better`` or ``worse``: the whole interval is beyond the margin. ``equivalent``: all of it is within
    the margins (two one-sided tests: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15
    (1987) 657-680). Else ``undecided``.
    """
    if estimate.high <= -margin:
        return "better"
    if estimate.low >= margin:
        return "worse"
    return "equivalent" if -margin < estimate.low and estimate.high < margin else "undecided"


def blocks_needed(estimate: Estimate, margin: float, blocks: int, *, confidence: float = 0.95) -> float:
    """About how many blocks would bring a verdict, if the estimate from `blocks` is right.

    The interval, which shrinks with the square root of the blocks, must fit between the estimate and the
    nearest margin with probability `POWER` (normal approximation). ``inf`` if the estimate is on the
    margin, where no number decides; NaN if there is no interval.
    """
    half = (estimate.high - estimate.low) / 2
    if not math.isfinite(half):
        return math.nan
    room = abs(abs(estimate.value) - margin)
    if room < _SAME:
        return math.inf
    z, more = _z(confidence), _z_power(estimate.value, margin)
    return max(math.ceil(blocks * (half / room * (z + more) / z) ** 2), blocks + 1)


def pairs_needed(
    only_first: int, only_second: int, blocks: int, margin: float, *, confidence: float = 0.95
) -> float:
    """`blocks_needed` for `paired_difference`, whose interval shrinks faster while few pairs differ."""
    if not blocks:
        return math.nan
    difference = (only_first - only_second) / blocks
    room = abs(abs(difference) - margin)
    if room < _SAME:
        return math.inf
    discordant = (only_first + only_second) / blocks
    k = _z(confidence) + _z_power(difference, margin)
    # k^2 (discordant n + 2) <= room^2 (n + 2)^2, solved for n + 2; the centre's square is left out
    root = math.sqrt((k * discordant) ** 2 + 8 * room**2 * (1 - discordant))
    return max(math.ceil(k * (k * discordant + root) / (2 * room**2) - 2), blocks + 1)


def _z(confidence: float) -> float:
    return float(norm.ppf((1 + confidence) / 2))


def _z_power(value: float, margin: float) -> float:
    """What `POWER` takes beyond the interval: within the margins, on both sides."""
    return float(norm.ppf((1 + POWER) / 2 if abs(value) < margin else POWER))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's correction; NaN stays NaN, and does not count as a test."""
    given = np.asarray(p_values, dtype=np.float64)
    corrected = given.copy()
    known = ~np.isnan(given)
    if known.any():
        corrected[known] = multipletests(given[known], method="holm")[1]
    return corrected


def _failures(pair: NDArray[np.float64], margin: float, confidence: float) -> dict[str, object]:
    variant, base = np.isinf(pair).T
    blocks, both = len(pair), int((variant & base).sum())
    only_variant, only_base = int((variant & ~base).sum()), int((base & ~variant).sum())
    estimate = paired_difference(only_variant, only_base, blocks, confidence=confidence)
    table = [[both, only_variant], [only_base, blocks - both - only_variant - only_base]]
    said = verdict(estimate, margin)
    needed = pairs_needed(only_variant, only_base, blocks, margin, confidence=confidence)
    return {
        "blocks": blocks,
        "both_failed": both,
        "only_arm_failed": only_variant,
        "only_baseline_failed": only_base,
        "difference": estimate.value,
        "difference_low": estimate.low,
        "difference_high": estimate.high,
        "failures_p": float(mcnemar(table, exact=True).pvalue) if only_variant + only_base else 1.0,
        "failures_verdict": said,
        "failures_blocks_needed": needed if said == "undecided" else math.nan,
    }


def _time(
    pair: NDArray[np.float64],
    margin: float,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
) -> dict[str, object]:
    variant, base = pair[np.isfinite(pair).all(axis=1)].T
    logs = _log_ratios(variant, base)
    estimate = paired_ratio(variant, base, rng=rng, confidence=confidence, resamples=resamples)
    with np.errstate(divide="ignore"):
        on_log = Estimate(*map(float, np.log(estimate)))
    said = verdict(on_log, math.log1p(margin))
    needed = math.nan
    if said == "undecided" and logs.size:
        known = logs.size >= MIN_TIME_BLOCKS
        most = blocks_needed(on_log, math.log1p(margin), logs.size, confidence=confidence)
        # in blocks that are run, not in those where both succeed
        needed = (most if known else MIN_TIME_BLOCKS) * len(pair) / logs.size
    signs = np.sign(np.where(np.abs(logs) < _SAME, 0, logs))
    return {
        "time_blocks": logs.size,
        "ratio": estimate.value,
        "ratio_low": estimate.low,
        "ratio_high": estimate.high,
        "median_ratio": math.exp(np.median(logs)) if logs.size else math.nan,
        "share_faster": float((1 - signs.mean()) / 2) if logs.size else math.nan,
        "time_p": sign_change_p(logs, resamples, rng),
        "time_verdict": said,
        "time_blocks_needed": np.ceil(needed),
    }


def _log_ratios(times: ArrayLike, baseline: ArrayLike) -> NDArray[np.float64]:
    first, second = (np.maximum(np.asarray(each, np.float64), CLOCK_MS) for each in (times, baseline))
    return np.log(first) - np.log(second)


def _words(row: Mapping[Hashable, Any]) -> str:
    """A comparison in a sentence."""
    if not row["blocks"]:
        return "no block in which both ran"
    low, high = (f"{100 * row[f'difference_{end}']:+.1f}" for end in ("low", "high"))
    failures = (
        f"failures {100 * row['difference']:+.1f} points ({low} to {high} over "
        f"{counted_text(row['blocks'], 'block')}): {_decided(row, 'failures')}"
    )
    if not row["time_blocks"]:
        return f"{failures}; no block in which both succeeded"
    over = f"over {counted_text(row['time_blocks'], 'block')} in which both succeeded"
    known = math.isfinite(row["ratio_high"])
    between = f"{row['ratio_low']:.3g} to {row['ratio_high']:.3g} {over}" if known else over
    return f"{failures}; time x{row['ratio']:.3g} ({between}): {_decided(row, 'time')}"


def _decided(row: Mapping[Hashable, Any], kind: str) -> str:
    said: str = row[f"{kind}_verdict"]
    needed: float = row[f"{kind}_blocks_needed"]
    if said != "undecided" or math.isnan(needed):
        return said
    if math.isinf(needed):
        return "undecided, the difference is as large as the margin"
    blocks = counted_text(int(needed), "block")
    if kind == "time" and math.isinf(row["ratio_high"]):
        return f"undecided, an interval takes about {blocks}"
    return f"undecided, about {blocks} would decide it"
