"""What does not count: blocks in which a trial is void, and whole runs.

A run is void if it turns out that its platform was not what its manifest says. Nothing that was recorded
is changed: a file beside it has the reason, and whoever reads the run is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.outside_files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.record.trial_record import TrialRecord

NAME: Final = "void.txt"
MAX_BYTES: Final = 2000

Block = tuple[str, str, int]
"""Scenario, profile and number of a block of a run."""


def block_of(trial: TrialRecord) -> Block:
    """Return the block of a trial."""
    return (trial.scenario, trial.profile, trial.block)


def void_blocks(trials: Iterable[TrialRecord]) -> dict[Block, str]:
    """Return the blocks of a run with a void trial, none of whose trials counts, and why it is void.

    The same for frames: `harness.frames.observations.in_void_block`.
    """
    return {block_of(trial): trial.void for trial in trials if trial.void is not None}


def declare_void(folder: Path, reason: str) -> None:
    """Void the run in `folder`. A run that is void already keeps its first reason."""
    try:
        with (folder / NAME).open("xb") as file:
            file.write(reason.encode()[:MAX_BYTES])
    except FileExistsError:
        return


def refuse_void(folder: Path) -> None:
    """Raise `InvalidInputError` if the run in `folder` is void."""
    try:
        reason = read_regular(folder / NAME, MAX_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return
    raise InvalidInputError(
        f"{folder} is void, and its trials count nowhere: {reason or 'no reason is given'}",
        hint="Run it again.",
    )
