"""The runs of data frames, as a table and as the models that notes are drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.platform.antivirus import Antivirus
from harness.summary.columns import TextTable
from harness.summary.model import RunAbout
from harness.summary.phrase import Part, Value

if TYPE_CHECKING:
    from harness.frames.definition import Frames


def runs_of(frames: Frames) -> list[RunAbout]:
    """The runs that were loaded."""
    rows: list[dict[Any, Any]] = frames.runs.reset_index().to_dict("records")
    same = (
        *("run", "started", "platform", "rules", "seed", "harness_version", "trials"),
        *("damaged", "manifest"),
    )
    return [
        RunAbout(
            **{name: row[name] for name in same},
            antivirus=Antivirus(
                state=row["antivirus"], evidence=[each for each in [row["antivirus_evidence"]] if each]
            ),
            planned_trials=None if pd.isna(row["planned"]) else row["planned"],
            torn=bool(row["torn"]),
            damage=row["damage"].splitlines(),
        )
        for row in rows
    ]


def runs_table(runs: Iterable[RunAbout]) -> TextTable:
    """One row per run."""
    heads = ("run", "platform", "started (UTC)", "trials", "antivirus", "harness", "seed")
    return TextTable(heads, list(map(_row, runs)), left=(True,) * len(heads))


def _row(run: RunAbout) -> tuple[Part, ...]:
    planned = run.planned_trials
    of = "" if planned in {None, run.trials} else f" of {planned:,}"
    return (
        Value(run.run),
        f"{run.platform} ({run.rules} rules)" if run.rules else run.platform,
        Value(run.started[:16].replace("T", " ")),
        f"{run.trials:,}{of}",
        "-"
        if run.platform == "emulated"
        else Value(": ".join([run.antivirus.state, *run.antivirus.evidence])),
        Value(run.harness_version),
        str(run.seed),
    )
