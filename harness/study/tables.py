"""The tables of the study's page, from its trials, predictions and situations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.summary.columns import TextTable
from harness.summary.phrase import Value
from harness.text import joined, milliseconds, percent

if TYPE_CHECKING:
    import pandas as pd

    from harness.study.predictions import Checked
    from harness.study.situations import Situation
    from harness.summary.phrase import Part
    from harness.tune.shipped import Shipped


def failures(trials: pd.DataFrame, case: str) -> TextTable:
    """Return the share of trials that failed, by strategy and profile, the most robust first.

    Profiles under which nothing failed are left out.
    """
    own = trials[trials["case"] == case]
    failed = own.assign(failed=own["outcome"] != "ok")
    shares = failed.pivot_table("failed", "strategy", "profile", "mean")
    shares = shares.loc[:, shares.max() > 0]
    shares = shares.loc[shares.mean(axis=1).sort_values(kind="stable").index]
    rows: list[tuple[Part, ...]] = [
        (Value(str(strategy)), *(f"{percent(float(share))} %" for share in row))
        for strategy, row in zip(shares.index, shares.to_numpy(), strict=True)
    ]
    heads = ("strategy", *map(str, shares.columns))
    return TextTable(heads, rows, (True, *(False for _ in shares.columns)))


def never_failing(trials: pd.DataFrame, case: str) -> str:
    """Return the profiles under which nothing failed, in words; empty if there are none."""
    own = trials[trials["case"] == case]
    failing = set(own.loc[own["outcome"] != "ok", "profile"])
    return joined(sorted(set(own["profile"]) - failing))


def missed(found: Sequence[Checked]) -> TextTable:
    """Return the predictions that the trials do not bear out."""
    rows: list[tuple[Part, ...]] = [
        (
            Value(each.strategy),
            each.case,
            each.profile,
            f"{percent(each.predicted)} %",
            f"{each.failed} of {each.trials}",
            f"{each.p:.2g}",
        )
        for each in found
        if not each.agrees
    ]
    heads = ("strategy", "case", "profile", "predicted", "failed", "p")
    return TextTable(heads, rows, (True, True, True, False, False, False))


def defaults(found: Sequence[Situation]) -> TextTable:
    """Return the recommended default for each situation that has one."""
    rows: list[tuple[Part, ...]] = []
    for each in found:
        if each.found is None:
            continue
        chosen = each.found.recommended.schedule
        held = each.found.holds.held
        limits = each.found.limits
        worst, failure = each.worst_failure
        rows.append(
            (
                Value(each.profile),
                Value(each.found.recommended.strategy),
                _simplest(each),
                f"{percent(limits.max_failure)} %, {milliseconds(limits.max_denied_ms)}",
                f"{percent(chosen.outcome.failure)} %",
                milliseconds(chosen.outcome.wait_ms / held),
                "-" if chosen.gap is None else f"{percent(chosen.gap)} %",
                milliseconds(chosen.outcome.denied_ms),
                "-" if each.regret_ms is None else milliseconds(each.regret_ms),
                f"{percent(failure)} % ({worst})",
            )
        )
    heads = (
        "holds",
        "recommended",
        "simplest that does (gap)",
        "asked: failing, denied",
        "failing",
        "wait",
        "gap",
        "denied",
        "regret",
        "worst elsewhere",
    )
    return TextTable(heads, rows, (True, True, True, True, *(False for _ in heads[4:])))


def _simplest(situation: Situation) -> Value:
    found = situation.simplest
    assert found is not None  # noqa: S101 - asked for those with an answer only
    gap = "" if found.gap is None else f" ({percent(found.gap)} %)"
    return Value(f"{found.notation}{gap}")


def refused(found: Sequence[Situation]) -> TextTable:
    """Return the situations without a default, with the reason."""
    rows: list[tuple[Part, ...]] = [
        (Value(each.profile), Value(each.why_not)) for each in found if each.found is None
    ]
    return TextTable(("holds", "no default, because"), rows, (True, True))


def losses(situation: Situation) -> TextTable:
    """Return what each shipped default loses against the recommendation, the largest loss first.

    Strategies of the same outcome share a row.
    """
    assert situation.found is not None  # noqa: S101 - asked for those only
    best = situation.found.recommended.schedule.outcome
    same: dict[tuple[float, float, float], list[Shipped]] = {}
    for each in situation.losses:
        outcome = each.outcome
        key = tuple(round(value, 9) for value in (outcome.failure, outcome.wait_ms, outcome.denied_ms))
        same.setdefault((key[0], key[1], key[2]), []).append(each)
    rows: list[tuple[Part, ...]] = [
        (
            Value(", ".join(each.name for each in group)),
            f"{percent(failure)} %",
            _more(100 * (failure - best.failure), "points"),
            milliseconds(wait_ms),
            _more(wait_ms - best.wait_ms, "ms"),
            milliseconds(denied_ms),
        )
        for (failure, wait_ms, denied_ms), group in same.items()
    ]
    heads = ("shipped", "failing", "more failing", "wait, all", "more wait", "denied")
    return TextTable(heads, rows, (True, *(False for _ in heads[1:])))


def _more(difference: float, unit: str) -> str:
    return f"{difference:+.3g} {unit}" if abs(difference) > 1e-9 else "0"  # noqa: PLR2004 - sums
