"""Collect the trials of the study part by part: what is done stays done after an interruption.

A part is a scenario under one profile. Each is kept in the work folder as soon as it is done, under a
name that tells apart what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import pandas as pd

from harness.run.workers import cores
from harness.scenario.load import load_scenarios
from harness.strategy.lookup import find
from harness.study.case_trials import Part
from harness.study.part_processes import run_parts
from harness.study.trials import read, table_of, write

if TYPE_CHECKING:
    from pathlib import Path

Tell = Callable[[int, int], object]
"""Is told after each part how many parts are done, and of how many."""


def parts_of(files: Sequence[Path], blocks: range, *, shares: bool = True) -> list[Part]:
    """Return the parts of the study: every scenario under each of its profiles."""
    return [
        Part(file, profile, blocks, shares)
        for file, loaded in zip(files, load_scenarios([*files]), strict=True)
        for profile in loaded.profiles
    ]


def collect(parts: Sequence[Part], work: Path, *, jobs: int | None = None, tell: Tell) -> pd.DataFrame:
    """Run every part into `work`, and return all trials. A part that is done is only read.

    Raises `HarnessError` for a trial that does not count.
    """
    work.mkdir(parents=True, exist_ok=True)
    asked = {file: _asked(file) for file in {part.file for part in parts}}
    kept = {part: work / _name(part, asked[part.file]) for part in parts}
    left = [part for part, file in kept.items() if not file.exists()]
    done = len(parts) - len(left)
    for part, rows in run_parts(left, jobs or cores()):
        new = kept[part].with_suffix(".new")
        write(table_of(rows), new)
        new.replace(kept[part])
        done += 1
        tell(done, len(parts))
    return pd.concat([read(file) for file in kept.values()], ignore_index=True)


def _asked(file: Path) -> str:
    """Spell what a scenario asks for, with its strategies: the catalogue may have others next time."""
    (loaded,) = load_scenarios([file])
    notations = [find(choice.use).notation for choice in loaded.scenario.strategies]
    return repr((file.read_text(encoding="utf-8"), notations))


def _name(part: Part, asked: str) -> str:
    """Name the file of a part, so that what was asked for differently has another name."""
    key = f"{asked}/{part.blocks}/{part.shares}"
    hashed = blake2b(key.encode(), digest_size=6).hexdigest()
    return f"{part.file.stem}-{part.profile}-{hashed}.parquet"
