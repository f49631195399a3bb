"""Every column of the data frames of runs, with its type, unit and values.

`TABLES` documents, checks and builds the frames, and is the schema of a Parquet export.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, get_args

from harness.holds.profile import Evidence, Freshness
from harness.platform.antivirus import AntivirusState
from harness.platform.base import PlatformName, Rules
from harness.record.manifest import Integrity
from harness.record.trial_record import DestState, OperationOutcome, Outcome
from harness.summary.trial_row import Left

if TYPE_CHECKING:
    import pandas as pd

Type = Literal["category", "bool", "int32", "int64", "float64", "Int32", "Int64", "str"]
"""``str``: text that hardly repeats. ``Int32``, ``Int64``: with missing values."""


@dataclass(frozen=True)
class FrameColumn:
    """One column. `one_of`: the values of a category; if empty, they are names of the run.

    `missing`: the meaning of a missing value; if empty, none may be missing.
    """

    name: str
    type: Type
    about: str
    unit: str = ""
    one_of: tuple[str, ...] = ()
    least: float | None = None
    missing: str = ""


def _time(name: str, about: str, *, least: float | None = None, missing: str = "") -> FrameColumn:
    return FrameColumn(name, "float64", about, "ms", least=least, missing=missing)


def _named(name: str, about: str, one_of: tuple[str, ...] = ()) -> FrameColumn:
    return FrameColumn(name, "category", about, one_of=one_of)


def _count(name: str, about: str, kind: Type = "int32", unit: str = "") -> FrameColumn:
    return FrameColumn(name, kind, about, unit, least=0)


_RUN: Final = _named("run", "name of the run's folder")
_PLATFORM: Final = _named("platform", "where calls and holds come from", get_args(PlatformName))
_RULES: Final = _named("rules", "on Wine: the rules for renaming", ("", *get_args(Rules)))
_ANTIVIRUS: Final = _named("antivirus", "what is proved about it", get_args(AntivirusState))
_TRIAL: Final = _count("trial", "the trial it belongs to", "int64")
_OPERATION: Final = _count("operation", "its number in the trial, from 0")

CASE: Final = ("platform", "rules", "freshness", "antivirus", "scenario", "profile")
"""What is never mixed."""
VARIANT: Final = ("strategy", "factors")
BLOCK: Final = ("run", "scenario", "profile", "block")
PLACE: Final = ("scenario", "profile", "block", *VARIANT)
"""The place of a trial in the plan of its run: no other trial of the run has the same."""

TABLES: Final[dict[str, tuple[FrameColumn, ...]]] = {
    "trials": (
        _RUN,
        _PLATFORM,
        _RULES,
        _ANTIVIRUS,
        _named("freshness", "of the bytes, where nothing is injected", ("", *get_args(Freshness))),
        _named("scenario", "its name"),
        _named("profile", "its name"),
        _named("strategy", "its label"),
        _named("factors", "such as 'link_mode=copy, primitive=move', sorted by key"),
        _count("block", "the repetition: all variants have the same holds"),
        _named("draw", "name of what was drawn for its block, in any run: equal where the holds are"),
        _count("position", "its place in the order of its block"),
        _named("outcome", "how it ended", get_args(Outcome)),
        FrameColumn("void", "bool", "neither it nor its block counts"),
        _time("elapsed_ms", "time with operations under way", least=0),
        _count("attempts", "listed calls of the primitive, all operations"),
        _count("max_attempts", "listed calls of the operation that has the most; at least 1"),
        _count("calls", "of the primitive, all operations", "int64"),
        _count("operations", "operations that began"),
        _time("waited_ms", "from an attempt's end to the next one's start, summed", least=0),
        _count("leftover_files", "temporary files left behind", "int64"),
        _count("leftover_bytes", "their size", "int64", "bytes"),
        FrameColumn("held", "bool", "an injected hold was there while an operation was under way"),
        _named("left", "what it left at the destinations, if it failed", get_args(Left)),
        _named("rerun_outcome", "of the same install, run once more", ("", *get_args(Outcome))),
        _time("rerun_ms", "time that took", least=0, missing="no second run"),
        _time("stage_cost_ms", "real time to lay down and clear away", least=0),
        _time("persist_cost_ms", "real time of calls and waits", least=0),
        _time("verify_cost_ms", "real time to check", least=0),
    ),
    "operations": (
        _TRIAL,
        _OPERATION,
        _named("op_id", "its name in the trial"),
        _named("kind", "kind of operation"),
        _named("primitive", "the call it ends in"),
        _named("outcome", "how it ended", get_args(OperationOutcome)),
        _named("dest_state", "content of the destination", get_args(DestState)),
        _named("by", "the system call that succeeded, where there are several"),
        _count("files", "of the payload item", "int64"),
        _count("bytes", "of the payload item", "int64", "bytes"),
        _time("ready_ms", "when it was ready: files closed, holds acknowledged"),
        _time("ended_ms", "when it ended"),
        _count("calls", "of the primitive"),
    ),
    "attempts": (
        _TRIAL,
        _OPERATION,
        _count("attempt", "its number in the operation, from 1"),
        _time("start_ms", "when the call began"),
        _time("end_ms", "when it returned"),
        _count("winerror", "Win32 code; 0: it succeeded"),
    ),
    "holds": (
        _TRIAL,
        _OPERATION,
        _count("hold", "its number in the operation, from 0"),
        _named("object", "held object"),
        _named("access", "access of the holder"),
        _named("share", "access shared with others"),
        _time("planned_ms", "planned start"),
        _time("duration_ms", "planned length", least=0, missing="no planned end"),
        _time("opened_ms", "when it was taken", missing="never"),
        _time("released_ms", "when it was given back", missing="not before the trial's end"),
        FrameColumn(
            "error", "Int32", "Win32 code of taking it or giving it back", least=0, missing="none"
        ),
    ),
    "runs": (
        FrameColumn("run", "str", _RUN.about),
        FrameColumn("id", "str", "the name in its manifest, whatever its folder is called"),
        _PLATFORM,
        _RULES,
        _ANTIVIRUS,
        FrameColumn("antivirus_evidence", "str", "in sentences"),
        FrameColumn("started", "str", "UTC, ISO 8601"),
        FrameColumn("seed", "int64", "for hold timings and trial order"),
        FrameColumn("harness_version", "str", "of persist-harness"),
        _count("trials", "in the frames", "int64"),
        FrameColumn("planned", "Int64", "trials that it is to have", least=0, missing="limited by time"),
        _count("torn", "last lines that are cut off and left out"),
        _count("damaged", "damaged lines of its journal, which are left out", "int64"),
        FrameColumn("damage", "str", "what is wrong with the first of them, one a line"),
        _named("manifest", "whether it is as it was written", get_args(Integrity)),
    ),
    "profiles": (
        _RUN,
        _named("profile", "its name"),
        _count("hold", "its number in the profile, from 1"),
        _named("parameter", "handle, probability, delay or duration"),
        _named("evidence", "whether it is measured", get_args(Evidence)),
        FrameColumn("source", "str", "of that evidence"),
        FrameColumn("title", "str", "of the profile"),
    ),
    "scenarios": (
        _RUN,
        _named("scenario", "its name"),
        FrameColumn("strategies", "str", "labels of its strategies in its order, one a line"),
        _time(
            "resolution_ms", "smaller differences of time are none: the platform cannot tell", least=0
        ),
        FrameColumn("margin_failures", "float64", "smaller differences of rates do not matter", least=0),
        FrameColumn("margin_time", "float64", "nor do smaller ones of time, relative", least=0),
    ),
}
"""The columns of each frame. `run` is the index of ``runs``; ``trials`` are numbered from 0."""


class Frames:
    """Runs as data frames: one row per trial, operation, attempt and hold; runs, profiles, scenarios.

    Times are milliseconds on the trial's outcome clock, from its start; NaN: it did not happen. Nothing
    is left out: void trials, and those that ended as ``harness-error``, are there too. Strategies are
    in the order of the scenarios, other names sorted. `TABLES` has the columns.

    A case (`CASE`) is what is never mixed, a variant (`VARIANT`) a strategy with its factors, a block
    (`BLOCK`) one repetition, in which all variants have the same holds. Blocks of several runs with the
    same seed have the same holds too, and then the same ``draw``; where nothing is injected, each trial
    has one of its own. `read` gives the tables of operations, attempts and holds, each when it is first
    used.
    """

    def __init__(
        self,
        trials: pd.DataFrame,
        runs: pd.DataFrame,
        profiles: pd.DataFrame,
        scenarios: pd.DataFrame,
        read: Callable[[str], pd.DataFrame],
    ) -> None:
        self.trials = trials
        self.runs = runs
        self.profiles = profiles
        self.scenarios = scenarios
        self._read = read

    @cached_property
    def operations(self) -> pd.DataFrame:
        """One row per operation."""
        return self._read("operations")

    @cached_property
    def attempts(self) -> pd.DataFrame:
        """One row per attempt."""
        return self._read("attempts")

    @cached_property
    def holds(self) -> pd.DataFrame:
        """One row per hold."""
        return self._read("holds")
