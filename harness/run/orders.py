"""What a run and its workers tell each other: the setting, blocks to run, answers.

All of it travels pickled: each end trusts the other, which is the same program of the same user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness.payload.prepare import Item
from harness.run.workspace import Workspace


@dataclass(frozen=True)
class Setting:
    """What a worker needs of the run in `folder`, beside its manifest."""

    folder: Path
    items: Mapping[str, Sequence[Item]]
    workspace: Workspace
    allow_code: bool


class Block(NamedTuple):
    """The trials to run of one block of a case: those of these variants."""

    case: str
    number: int
    variants: frozenset[str]


class Answer(NamedTuple):
    """The record of a trial as a line of JSON, and the seconds that the trial took."""

    line: bytes
    took_s: float
