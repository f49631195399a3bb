"""Rows of trials for tests of summaries, made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from harness.scenario.model import Margin
from harness.summary.conclude import conclude
from harness.summary.conclusion import CaseConclusion
from harness.summary.conclusion_words import Circumstances
from harness.summary.pair import Setting
from harness.summary.phrase import plain
from harness.summary.tally import variant_summary
from harness.summary.trial_row import TrialRow
from harness.summary.unheld import Unheld

COST_MS: Final = 0.3
SETTING: Final = Setting(COST_MS, is_virtual=True, margin=Margin(), injected=True)
FAILED: Final = None
"""Instead of a time: the trial failed."""


def row(strategy: str, draw: int, elapsed_ms: float | None = 1.0, **changes: Any) -> TrialRow:
    """A trial that took so long; or one that failed."""
    failed = elapsed_ms is FAILED
    values = TrialRow(
        strategy=strategy,
        factors="",
        block=draw,
        draw=draw,
        outcome="exhausted" if failed else "ok",
        elapsed_ms=elapsed_ms or 5.0,
        attempts=2,
        calls=1,
        held=True,
        left="nothing" if failed else "",
        leftover_files=0,
        leftover_bytes=0,
        rerun="",
    )
    return values._replace(**changes)


def rows(strategy: str, times: Sequence[float | None], first: int = 0, **changes: Any) -> list[TrialRow]:
    """Trials of a strategy in blocks from `first` on, with these times."""
    return [row(strategy, first + number, time, **changes) for number, time in enumerate(times)]


def concluded(
    trials: Sequence[TrialRow],
    setting: Setting = SETTING,
    *,
    unheld: Unheld = "none drawn",
    **about: Any,
) -> CaseConclusion:
    """The conclusion of a case, whose variants are in the order of their first trials."""
    keys = dict.fromkeys((each.strategy, each.factors) for each in trials)
    variants = [
        variant_summary(
            [each for each in trials if (each.strategy, each.factors) == (strategy, factors)],
            strategy=strategy,
            factors=dict(part.split("=") for part in factors.split(", ") if part),
            harness_errors=0,
            void=0,
        )
        for strategy, factors in keys
    ]
    seen = Circumstances(
        blocks=len({each.draw for each in trials}),
        platform="emulated" if setting.is_virtual else "windows",
        injected=setting.injected,
        assumed=["handle"],
        cost_ms=setting.resolution_ms if setting.is_virtual else None,
        unheld=unheld,
    )
    names = {"scenario": "s", "profile": "p", **about}
    return conclude(trials, setting, seen, variants=variants, **names)


def said(conclusion: CaseConclusion, about: str) -> str:
    """The sentences about something, as plain text."""
    return " ".join(_said(conclusion, about))


def _said(conclusion: CaseConclusion, about: str) -> Iterator[str]:
    return (plain(each.phrase) for each in conclusion.sentences if each.about == about)
