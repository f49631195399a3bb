"""Choose the trials of an analysis: one case, with the caption that all its tables and plots show."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypedDict, Unpack, cast

import numpy as np
import pandas as pd

from harness.analysis.grouping import SETTING, one_case, setting_name
from harness.errors import InvalidInputError
from harness.frames.definition import BLOCK, CASE, VARIANT, Frames
from harness.frames.observations import (
    block_numbers,
    counted,
    group_numbers,
    in_void_block,
    repeats,
    valid,
)
from harness.frames.variant_summaries import variant_summaries
from harness.scenario.model import Margin
from harness.summary.model import HoldEvidence, VariantSummary, hold_evidence
from harness.summary.trial_row import NOT_COUNTED, factors_text
from harness.text import by_place
from harness.text import counted as counted_text

_LEFT_OUT: Final = ("void_blocks", "harness_errors", "repeated")


class Choice(TypedDict, total=False):
    """What may be chosen by: values of the columns of `Frames.trials`."""

    run: str
    platform: str
    rules: str
    antivirus: str
    freshness: str
    scenario: str
    profile: str
    strategy: str
    factors: str


@dataclass
class Case:
    """The trials of one case that count, and all that belongs to them.

    `trials` as in `Frames`. `key` has the values of `CASE` (of `SETTING`, for several cases together),
    and `variants` are their summaries (none for several cases). `void_blocks`, `harness_errors` (trials,
    outside of void blocks) and `repeated` (emulated trials with the draw of others) were left out.
    `evidence` is what is known of the holds of each
    profile, ``None`` for profiles without any; `missing` is the number of planned trials of its runs,
    in all their cases, that were not run.
    """

    frames: Frames
    trials: pd.DataFrame
    key: Mapping[str, str]
    variants: Sequence[VariantSummary] = field(repr=False)
    void_blocks: int
    harness_errors: int
    repeated: int
    evidence: Mapping[str, HoldEvidence | None]
    missing: int

    @cached_property
    def operations(self) -> pd.DataFrame:
        """The operations of its trials, as in `Frames`."""
        return self._own(self.frames.operations)

    @cached_property
    def attempts(self) -> pd.DataFrame:
        """The attempts of its trials, as in `Frames`."""
        return self._own(self.frames.attempts)

    @cached_property
    def holds(self) -> pd.DataFrame:
        """The holds on its trials, as in `Frames`."""
        return self._own(self.frames.holds)

    @property
    def is_ambient(self) -> bool:
        """Whether nothing is injected, so that all holds are those of the machine itself."""
        return bool(self.key.get("freshness"))

    @property
    def blocks(self) -> int:
        """The number of blocks with trials that count."""
        return len(np.unique(block_numbers(self.trials)))

    @property
    def draws(self) -> int:
        """The number of different draws of the holds; 0 where nothing is drawn."""
        return 0 if self.is_ambient else int(self.trials["draw"].nunique())

    @property
    def margin(self) -> Margin:
        """The differences that do not matter, as its scenarios say; of several, the largest."""
        if self._scenarios.empty:
            return Margin()
        largest = self._scenarios[["margin_failures", "margin_time"]].max()
        return Margin(failures=float(largest.iloc[0]), time=float(largest.iloc[1]))

    @property
    def resolution_ms(self) -> float:
        """The difference of times that its platform cannot tell; of several scenarios, the largest."""
        return float(self._scenarios["resolution_ms"].max()) if len(self._scenarios) else 0.0

    @property
    def _scenarios(self) -> pd.DataFrame:
        known = self.frames.scenarios
        names = {str(name) for name in self.trials["scenario"].unique()}
        return known[known["scenario"].isin(names) & known["run"].isin(self.trials["run"].unique())]

    @property
    def caption(self) -> str:
        """The source of the trials, their number, and what is only assumed; for tables and plots."""
        return ". ".join(self._sentences()) + "."

    def variant(self, strategy: str, factors: str | None = None) -> Case:
        """The part of one strategy (with one set of factors); raises `InvalidInputError` if empty."""
        choice = Choice(strategy=strategy)
        if factors is not None:
            choice["factors"] = factors
        variants = [
            each
            for each in self.variants
            if each.strategy == strategy and factors in {None, factors_text(each.factors)}
        ]
        return replace(self, trials=_chosen(self.trials, choice), variants=variants)

    def of_strategies(self, strategies: Collection[str]) -> Case:
        """The part of these strategies, which may be empty."""
        trials = self.trials[self.trials["strategy"].isin(list(strategies))]
        variants = [each for each in self.variants if each.strategy in strategies]
        return replace(self, trials=trials, variants=variants)

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        if len(self.trials) == len(self.frames.trials):
            return frame
        return frame[frame["trial"].isin(self.trials.index)]

    def _sentences(self) -> Iterator[str]:
        if self.trials.empty:
            yield "No trials that count"
        else:
            yield f"{setting_name(self.key)}, {'ambient' if self.is_ambient else 'injected'} holds"
            scenarios, profiles = (_listed(self.trials[key]) for key in ("scenario", "profile"))
            size = f"{counted_text(self.blocks, 'block')}, {counted_text(len(self.trials), 'trial')}"
            yield f"{scenarios} under {profiles}: {size}"
        if self.void_blocks:
            yield f"Void and left out: {counted_text(self.void_blocks, 'block')}"
        if self.harness_errors:
            yield f"Left out as harness-error: {counted_text(self.harness_errors, 'trial')}"
        if self.repeated:
            yield (
                f"Left out because the same draws were run before, with the same seed: "
                f"{counted_text(self.repeated, 'trial')}"
            )
        if 0 < self.draws < self.blocks:
            yield (
                f"Blocks with the same draw are repeated measurements: intervals count "
                f"{counted_text(self.draws, 'draw')}"
            )
        if self.missing:
            yield f"Not finished: {counted_text(self.missing, 'planned trial')} of its runs missing"
        for profile, known in self.evidence.items():
            yield f"Holds of {profile}: {known.words}" if known else f"{profile}: nothing is injected"


def select(frames: Frames, **choice: Unpack[Choice]) -> Case:
    """The one case that fits, such as ``select(frames, scenario="script-install", profile="brief")``.

    What is not named must be the same in all trials that are left. Raises `InvalidInputError` for a
    value that no trial has, and if more than one case fits; it names them, and how to choose.
    """
    return _select(frames, choice, CASE)


def select_setting(frames: Frames, **choice: Unpack[Choice]) -> Case:
    """As `select`, for scenarios and profiles together: for analyses over several cases.

    They still have one platform, one set of rules, one antivirus state and one freshness.
    """
    return _select(frames, choice, SETTING)


def case_keys(frames: Frames) -> list[Choice]:
    """What `select` needs for each case, in the order of their first trials."""
    keys = frames.trials[list(CASE)].astype(str).drop_duplicates()
    return [cast("Choice", row) for row in keys.to_dict("records")]


def cases(frames: Frames) -> pd.DataFrame:
    """The cases of runs: one row per case (RangeIndex), in the order of their first trials.

    Columns: `platform`, `rules`, `freshness`, `antivirus`, `scenario`, `profile` (text), `runs`,
    `variants`, `blocks`, `trials` (that count), and what was left out, as in `Case`: `void_blocks`,
    `harness_errors` and `repeated` (int64).
    """
    rows = []
    columns = [*CASE, "runs", "variants", "blocks", "trials", *_LEFT_OUT]
    for _, trials in frames.trials.groupby(list(CASE), observed=True, sort=False):
        good = counted(trials)
        runs, variants = trials["run"].nunique(), len(trials[list(VARIANT)].drop_duplicates())
        key = (str(trials[name].iloc[0]) for name in CASE)
        blocks = len(np.unique(block_numbers(good)))
        rows.append((*key, runs, variants, blocks, len(good), *_left_out(trials)))
    return pd.DataFrame(rows, columns=columns)


def _select(frames: Frames, choice: Choice, keys: Sequence[str]) -> Case:
    trials = _chosen(frames.trials, choice)
    one_case(trials, keys)
    void, errors, repeated = _left_out(trials)
    runs = frames.runs.loc[frames.runs.index.isin(trials["run"].unique())]
    missing = (runs["planned"] - runs["trials"]).sum()  # planned is missing where time is the limit
    summaries = [_ordered(each, frames, trials) for each in variant_summaries(trials).values()]
    return Case(
        frames=frames,
        trials=counted(trials),
        key={} if trials.empty else {key: str(trials[key].iloc[0]) for key in keys},
        variants=summaries[0] if len(summaries) == 1 else (),
        void_blocks=void,
        harness_errors=errors,
        repeated=repeated,
        evidence={profile: _evidence(frames, trials, profile) for profile in trials["profile"].unique()},
        missing=int(missing),
    )


def _ordered(
    variants: Sequence[VariantSummary], frames: Frames, trials: pd.DataFrame
) -> list[VariantSummary]:
    """The variants of a case by the strategies of its scenario; those of all runs have another order."""
    known = frames.scenarios
    own = known["run"].isin(trials["run"].unique()) & known["scenario"].isin(trials["scenario"].unique())
    labels = [label for text in known.loc[own, "strategies"] for label in text.split("\n")]
    place = by_place(labels)
    return sorted(variants, key=lambda variant: place(variant.strategy)[0])


def _chosen(trials: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    for key, value in choice.items():
        found = trials[trials[key] == value]
        if found.empty and not trials.empty:
            raise InvalidInputError(
                f"no trials with {key} = {value!r}", hint=f"There are: {_listed(trials[key])}."
            )
        trials = found
    return trials


def _left_out(trials: pd.DataFrame) -> tuple[int, int, int]:
    """What does not count, by `_LEFT_OUT`."""
    void = in_void_block(trials)
    blocks = len(np.unique(group_numbers(trials[void], BLOCK)))
    errors = int((trials[~void]["outcome"] == NOT_COUNTED).sum())
    return blocks, errors, int(repeats(trials, valid(trials)).sum())


def _listed(column: pd.Series[str]) -> str:
    return ", ".join(str(value) or "''" for value in column.unique())


def _evidence(frames: Frames, trials: pd.DataFrame, profile: str) -> HoldEvidence | None:
    known = frames.profiles
    rows = known[(known["profile"] == profile) & known["run"].isin(trials["run"].unique())]
    if rows.empty:
        return None
    triples = zip(rows["hold"], rows["parameter"], rows["evidence"], strict=True)
    return hold_evidence(str(rows["title"].iloc[0]), triples)
