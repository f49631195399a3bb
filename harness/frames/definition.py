"""The frames of runs: every column with its type, unit and values, in one place.

`TABLES` is what documents, checks and builds the frames, and what a Parquet export holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import pandas as pd

from harness.holds.profile import Evidence, Freshness
from harness.platform.antivirus import AntivirusState
from harness.platform.base import PlatformName, Rules
from harness.record.trial_record import DestState, OperationOutcome, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Type = Literal["category", "bool", "int32", "int64", "float64", "Int32", "Int64", "str"]
"""``str``: text that hardly repeats. ``Int32``, ``Int64``: with missing values."""


@dataclass(frozen=True)
class Column:
    """One column. `one_of` are all that a category may hold; where empty, it holds names of the run.

    `missing` says what a missing value means; where empty, none may be missing.
    """

    name: str
    type: Type
    about: str
    unit: str = ""
    one_of: tuple[str, ...] = ()
    least: float | None = None
    missing: str = ""


def _time(name: str, about: str, *, least: float | None = None, missing: str = "") -> Column:
    return Column(name, "float64", about, "ms", least=least, missing=missing)


def _named(name: str, about: str, one_of: tuple[str, ...] = ()) -> Column:
    return Column(name, "category", about, one_of=one_of)


def _count(name: str, about: str, kind: Type = "int32", unit: str = "") -> Column:
    return Column(name, kind, about, unit, least=0)


_RUN: Final = _named("run", "name of the run's folder")
_PLATFORM: Final = _named("platform", "where calls and holds come from", get_args(PlatformName))
_RULES: Final = _named("rules", "of Wine: whose rules of renaming", ("", *get_args(Rules)))
_ANTIVIRUS: Final = _named("antivirus", "what is proved about it", get_args(AntivirusState))
_TRIAL: Final = _count("trial", "the trial it belongs to", "int64")
_OPERATION: Final = _count("operation", "which one of the trial, from 0")

CASE: Final = ("platform", "rules", "freshness", "antivirus", "scenario", "profile")
"""What is never mixed."""
VARIANT: Final = ("strategy", "factors")
BLOCK: Final = ("run", "scenario", "profile", "block")

_MOST: Final = np.iinfo(np.int64).max

TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "trials": (
        _RUN,
        _PLATFORM,
        _RULES,
        _ANTIVIRUS,
        _named("freshness", "which bytes an ambient scanner met", ("", *get_args(Freshness))),
        _named("scenario", "its name"),
        _named("profile", "its name"),
        _named("strategy", "its label"),
        _named("factors", "such as 'link_mode=copy, primitive=move', sorted by key"),
        _count("block", "the repetition: all variants meet the same holds"),
        _count("position", "when in its block it ran"),
        _named("outcome", "how it ended", get_args(Outcome)),
        Column("void", "bool", "does not count, nor does its block"),
        _time("elapsed_ms", "time with operations under way", least=0),
        _count("attempts", "listed calls of the primitive, all operations"),
        _count("operations", "operations that began"),
        _time("waited_ms", "from an attempt's end to the next one's start, summed", least=0),
        _count("leftover_files", "temporary files left behind", "int64"),
        _count("leftover_bytes", "their size", "int64", "bytes"),
        _named("rerun_outcome", "of the same install run once more", ("", *get_args(Outcome))),
        _time("rerun_ms", "time that took", least=0, missing="it was not"),
        _time("stage_cost_ms", "real time to lay down and clear away", least=0),
        _time("persist_cost_ms", "real time of calls and waits", least=0),
        _time("verify_cost_ms", "real time to check", least=0),
    ),
    "operations": (
        _TRIAL,
        _OPERATION,
        _named("op_id", "its name in the trial"),
        _named("kind", "what was done"),
        _named("primitive", "the call it ends in"),
        _named("outcome", "how it ended", get_args(OperationOutcome)),
        _named("dest_state", "what is at the destination", get_args(DestState)),
        _named("by", "the system call that succeeded, where there was a choice"),
        _count("files", "in what was persisted", "int64"),
        _count("bytes", "in what was persisted", "int64", "bytes"),
        _time("ready_ms", "when it was ready: files closed, holds acknowledged"),
        _time("ended_ms", "when it ended"),
        _count("calls", "of the primitive"),
    ),
    "attempts": (
        _TRIAL,
        _OPERATION,
        _count("attempt", "which one of the operation, from 1"),
        _time("start_ms", "when the call began"),
        _time("end_ms", "when it returned"),
        _count("winerror", "Win32 code; 0: it succeeded"),
    ),
    "holds": (
        _TRIAL,
        _OPERATION,
        _count("hold", "which one of the operation, from 0"),
        _named("object", "what was held"),
        _named("access", "what the holder may do"),
        _named("share", "what it lets others do"),
        _time("planned_ms", "when it was to begin"),
        _time("duration_ms", "how long it was to last", least=0, missing="no end of its own"),
        _time("opened_ms", "when it was taken", missing="never"),
        _time("released_ms", "when it was given back", missing="not before the trial's end"),
        Column("error", "Int32", "Win32 code of taking it or giving it back", least=0, missing="none"),
    ),
    "runs": (
        Column("run", "str", _RUN.about),
        Column("id", "str", "the run's own name, whatever its folder is called"),
        _PLATFORM,
        _RULES,
        _ANTIVIRUS,
        Column("antivirus_evidence", "str", "in sentences"),
        Column("started", "str", "UTC, ISO 8601"),
        Column("seed", "int64", "draws holds and orders"),
        Column("harness_version", "str", "of persist-harness"),
        _count("trials", "in the frames", "int64"),
        Column("planned", "Int64", "trials it was to have", least=0, missing="limited by time"),
        _count("torn", "last lines that were cut off, and are not in the frames"),
    ),
    "profiles": (
        _RUN,
        _named("profile", "its name"),
        _count("hold", "which one of the profile, from 1"),
        _named("parameter", "handle, probability, delay or duration"),
        _named("evidence", "how well it is known", get_args(Evidence)),
        Column("source", "str", "from where"),
        Column("title", "str", "of the profile"),
    ),
}
"""The columns of each frame. `run` is the index of ``runs``; ``trials`` are numbered from 0."""


@dataclass(frozen=True)
class Frames:
    """What was loaded, one row each for a trial, an operation, an attempt, a hold.

    Times are milliseconds on the trial's outcome clock, from its start; NaN: it did not happen. Nothing
    is left out: void trials, and those that ended as ``harness-error``, are there too. Strategies are
    in the order of the scenarios, other names sorted.

    A case (`CASE`) is what is never mixed, a variant (`VARIANT`) a strategy with its factors, a block
    (`BLOCK`) one repetition, in which all variants meet the same holds.
    """

    trials: pd.DataFrame
    operations: pd.DataFrame
    attempts: pd.DataFrame
    holds: pd.DataFrame
    runs: pd.DataFrame
    profiles: pd.DataFrame

    @classmethod
    def on_demand(cls, known: Mapping[str, pd.DataFrame], read: Callable[[str], pd.DataFrame]) -> Frames:
        """Frames of which those that are not `known` are read when they are first asked for."""
        frames = cls.__new__(cls)
        frames.__dict__.update(known, _read=read)
        return frames

    if not TYPE_CHECKING:  # to a type checker, all frames are there

        def __getattr__(self, name: str) -> pd.DataFrame:
            if name not in TABLES or "_read" not in self.__dict__:
                raise AttributeError(name)
            return self.__dict__.setdefault(name, self.__dict__["_read"](name))

    @cached_property
    def counted(self) -> pd.DataFrame:
        """The trials that count; see `counted`."""
        return counted(self.trials)


def counted(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that count: none of a block with a void trial, and none that ended as harness-error.

    Of any selection of whole blocks; what went through it comes back as it is.
    """
    keep = (trials["outcome"] != "harness-error").to_numpy() & ~in_void_block(trials)
    return trials if keep.all() else trials[keep]


def in_void_block(trials: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each trial, whether one of its block is void."""
    void = trials["void"].to_numpy()
    if not void.any():
        return np.zeros(len(trials), dtype=bool)
    blocks = group_numbers(trials, BLOCK)
    return np.isin(blocks, np.unique(blocks[void]))


def group_numbers(
    trials: pd.DataFrame, keys: Sequence[str]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A number for each trial: the same, and only then, where all `keys` are. They sort as the keys do.

    `keys` are columns of categories or of whole numbers from 0.
    """
    numbers = np.zeros(len(trials), np.int64)
    width = 1
    for key in keys:
        column = trials[key]
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        codes = (column.cat.codes if categorical else column).to_numpy(np.int64)
        size = int(codes.max(initial=0)) + 1
        if width * size > _MOST:
            numbers = pd.factorize(numbers, sort=True)[0]
            width = len(trials)
        numbers = numbers * size + codes
        width *= size
    return numbers


def _described() -> str:
    parts = []
    for table, columns in TABLES.items():
        parts.append(f"{table}:")
        for column in columns:
            unit = f" [{column.unit}]" if column.unit else ""
            values = " | ".join(value or "''" for value in column.one_of)
            about = f"{column.about} ({values})" if values else column.about
            about += f"; missing: {column.missing}" if column.missing else ""
            parts.append(f"  {column.name}: {column.type}{unit}, {about}")
    return "\n".join(parts)


Frames.__doc__ = f"{Frames.__doc__}\n{_described()}\n"
