"""Choose what an analysis is of: one case, with the caption that every table and plot of it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np
import pandas as pd

from harness.analysis.grouping import BLOCK, CASE, SETTING, VARIANT, counted, one_case
from harness.errors import InvalidInputError
from harness.frames.definition import group_numbers, in_void_block
from harness.text import counted as counted_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from harness.frames.definition import Frames

_AMBIENT: Final = {
    "": "injected holds",
    "original": "ambient, bytes as published",
    "unique": "ambient, bytes never seen before",
    "warm": "ambient, bytes that only this machine had seen",
}


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


@dataclass(frozen=True)
class Case:
    """What was selected: its trials that count, and all that belongs to them.

    `trials` are those that count, as in `Frames`. `void_blocks` and `harness_errors` (trials, outside of
    void blocks) say what was left out. `evidence` says for each profile how well its parameters are
    known, in words; `missing` how many planned trials of its runs, over all their cases, were not run.
    """

    frames: Frames
    trials: pd.DataFrame
    void_blocks: int
    harness_errors: int
    evidence: tuple[str, ...]
    missing: int

    @cached_property
    def operations(self) -> pd.DataFrame:
        """Those of its trials, as in `Frames`."""
        return self._own(self.frames.operations)

    @cached_property
    def attempts(self) -> pd.DataFrame:
        """Those of its trials, as in `Frames`."""
        return self._own(self.frames.attempts)

    @cached_property
    def holds(self) -> pd.DataFrame:
        """Those on its trials, as in `Frames`."""
        return self._own(self.frames.holds)

    @property
    def blocks(self) -> int:
        """How many blocks have trials that count."""
        return _blocks(self.trials)

    @property
    def caption(self) -> str:
        """What every table and plot shows: where it is from, how much there is, what is assumed."""
        return ". ".join(self._sentences()) + "."

    def variant(self, strategy: str, factors: str | None = None) -> Case:
        """The part of one strategy (with one set of factors); raises `InvalidInputError` if empty."""
        choice = Choice(strategy=strategy)
        if factors is not None:
            choice["factors"] = factors
        return replace(self, trials=_chosen(self.trials, choice))

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        if len(self.trials) == len(self.frames.trials):
            return frame
        return frame[frame["trial"].isin(self.trials.index)]

    def _sentences(self) -> Iterator[str]:
        if self.trials.empty:
            yield "No trials that count"
        else:
            first = self.trials.iloc[0]
            rules = f" ({first['rules']} rules)" if first["rules"] else ""
            yield (
                f"{first['platform']}{rules}, antivirus {first['antivirus']}, "
                f"{_AMBIENT.get(first['freshness'], first['freshness'])}"
            )
            scenarios, profiles = (_listed(self.trials[key]) for key in ("scenario", "profile"))
            size = f"{counted_text(self.blocks, 'block')}, {counted_text(len(self.trials), 'trial')}"
            yield f"{scenarios} under {profiles}: {size}"
        if self.void_blocks:
            yield f"Void and left out: {counted_text(self.void_blocks, 'block')}"
        if self.harness_errors:
            yield f"Left out as harness-error: {counted_text(self.harness_errors, 'trial')}"
        if self.missing:
            yield f"Not finished: {counted_text(self.missing, 'planned trial')} of its runs missing"
        yield from self.evidence


def select(frames: Frames, **choice: Unpack[Choice]) -> Case:
    """The one case that fits, such as ``select(frames, scenario="script-install", profile="brief")``.

    What is not named must be the same in all trials that are left. Raises `InvalidInputError` for a
    value that no trial has, and if more than one case fits; it says which, and how to choose.
    """
    return _select(frames, choice, CASE)


def select_setting(frames: Frames, **choice: Unpack[Choice]) -> Case:
    """As `select`, for scenarios and profiles together: for analyses over cases (`profiles`).

    They still have one platform, one set of rules, one antivirus state and one freshness.
    """
    return _select(frames, choice, SETTING)


def cases(frames: Frames) -> pd.DataFrame:
    """What there is: one row a case (RangeIndex), in the order of its first trial.

    Columns: `platform`, `rules`, `freshness`, `antivirus`, `scenario`, `profile` (text), `runs`,
    `variants`, `blocks`, `trials` (that count), `void_blocks` and `harness_errors` (int64).
    """
    rows = []
    columns = [*CASE, "runs", "variants", "blocks", "trials", "void_blocks", "harness_errors"]
    for _, trials in frames.trials.groupby(list(CASE), observed=True, sort=False):
        good = counted(trials)
        void, errors = _left_out(trials)
        runs, variants = trials["run"].nunique(), len(trials[list(VARIANT)].drop_duplicates())
        key = (str(trials[name].iloc[0]) for name in CASE)
        rows.append((*key, runs, variants, _blocks(good), len(good), void, errors))
    return pd.DataFrame(rows, columns=columns)


def _select(frames: Frames, choice: Choice, keys: Sequence[str]) -> Case:
    trials = _chosen(frames.trials, choice)
    one_case(trials, keys)
    void, errors = _left_out(trials)
    runs = frames.runs.loc[frames.runs.index.isin(trials["run"].unique())]
    missing = (runs["planned"] - runs["trials"]).sum()  # planned is missing where time is the limit
    return Case(
        frames=frames,
        trials=counted(trials),
        void_blocks=void,
        harness_errors=errors,
        evidence=tuple(_evidence(frames, trials)),
        missing=int(missing),
    )


def _chosen(trials: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    for key, value in choice.items():
        found = trials[trials[key] == value]
        if found.empty and not trials.empty:
            raise InvalidInputError(
                f"no trials with {key} = {value!r}", hint=f"There are: {_listed(trials[key])}."
            )
        trials = found
    return trials


def _left_out(trials: pd.DataFrame) -> tuple[int, int]:
    """How many blocks are void, and how many other trials ended as harness-error."""
    void = in_void_block(trials)
    return _blocks(trials[void]), int((trials[~void]["outcome"] == "harness-error").sum())


def _blocks(trials: pd.DataFrame) -> int:
    return len(np.unique(group_numbers(trials, BLOCK)))


def _listed(column: pd.Series[str]) -> str:
    return ", ".join(str(value) or "''" for value in column.unique())


def _evidence(frames: Frames, trials: pd.DataFrame) -> Iterator[str]:
    """For each profile, which parameters were measured, which are bounds, and which only assumed."""
    known = frames.profiles
    for name in trials["profile"].unique():
        rows = known[(known["profile"] == name) & known["run"].isin(trials["run"].unique())]
        rows = rows.drop_duplicates(["hold", "parameter", "evidence"])
        several = len(rows["hold"].unique()) > 1
        kinds: dict[str, list[str]] = {"measured": [], "bound": [], "assumed": []}
        for hold, parameter, kind in zip(rows["hold"], rows["parameter"], rows["evidence"], strict=True):
            kinds[kind].append(f"{parameter} of hold {hold}" if several else str(parameter))
        words = "; ".join(f"{', '.join(each)} {kind}" for kind, each in kinds.items() if each)
        yield f"Holds of {name}: {words}" if words else f"{name}: nothing is injected"
