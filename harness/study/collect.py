"""Run the study, case by case: what is done stays done, and an interrupted case is completed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from harness import api
from harness.frames import load
from harness.record.manifest import NAME as MANIFEST
from harness.run.options import RunOptions
from harness.scenario.load import load_scenarios
from harness.study.definition import CASES, SEED, case_names
from harness.study.trials import read, table_of, write

if TYPE_CHECKING:
    from harness.run.events import EventHandler


def collect(
    work: Path,
    blocks: int,
    *,
    jobs: int | None = None,
    cases: Path = CASES,
    on_event: EventHandler,
    on_case: Callable[[str], None],
) -> pd.DataFrame:
    """Run every case into `work`, and return all trials.

    A case that is done is read again; one that was interrupted is completed. `on_case` is called with
    the name of each case that is run.
    """
    work.mkdir(parents=True, exist_ok=True)
    found = []
    for name in case_names(cases):
        part = work / f"{name}-{blocks}.parquet"
        if not part.exists():
            on_case(name)
            run = _run(name, work / f"{name}-{blocks}", blocks, jobs, cases, on_event)
            write(table_of(load(run)), part)
            shutil.rmtree(run.parent)
        found.append(read(part))
    return pd.concat(found, ignore_index=True)


def _run(
    name: str, results: Path, blocks: int, jobs: int | None, cases: Path, on_event: EventHandler
) -> Path:
    """Run a case, or complete the run that was begun; return its folder."""
    begun = sorted(results.glob(f"*/{MANIFEST}"))
    if begun:
        return api.resume(begun[-1].parent, jobs=jobs, on_event=on_event)
    options = RunOptions(blocks=blocks, seed=SEED, platform="emulated", jobs=jobs, results=results)
    return api.launch(load_scenarios([cases / f"{name}.toml"]), options, on_event)
