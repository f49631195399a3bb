"""The findings of a probe as typed models, as ``harness probe`` shows and prints them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, computed_field

from harness.preload.denial import Call
from harness.reproduce.ending import Ending
from harness.reproduce.lab_names import LabName
from harness.reproduce.outcome import SeenAttempt
from harness.summary.summary_model import SummaryModel
from harness.text import counted, joined


class ProbedCode(SummaryModel):
    """How a program did while one call was always denied with one code."""

    code: int
    """The Win32 code; natively the errno that stands for it."""
    ending: Ending
    """How it ended."""
    reason: str
    """Why that is so: the program's own words, or what is missing."""
    exit_code: int | None
    """Its exit code; ``null`` if it was ended after the time limit."""
    attempts: list[SeenAttempt]
    """Calls on the path with the most of them, in order."""
    paths: int
    """Number of paths that were denied."""

    @property
    def is_retried(self) -> bool:
        """Whether the call was repeated."""
        return len(self.attempts) > 1

    @property
    def times_ms(self) -> list[float]:
        """When the attempts began, from the first."""
        return [each.at_ms for each in self.attempts]


class LikeStrategy(SummaryModel):
    """A strategy of the catalogue that is like what was seen."""

    name: str
    """Its name."""
    notation: str | None
    """Its notation."""
    differences: list[str]
    """What is different, in words; empty: nothing that matters."""


class ProbedPath(SummaryModel):
    """A write path: what the program does there, and how it does under denials."""

    call: Call
    """The call."""
    source: str
    """Path below the program's folder; ``*`` stands for what has another name each time."""
    target: str | None
    """Target of a rename; else ``null``."""
    words: str
    """The call in words."""
    count: int
    """Number of such calls in an undisturbed run."""
    alike: int
    """Number of further calls of the kind in the same folder, which were not denied one by one."""
    codes: list[ProbedCode]
    """Each code that was asked for."""
    attempts: int
    """Most attempts under any code."""
    budget_ms: tuple[float, float]
    """Time from the first attempt to the last, the least and the most of the repeats; the lower end of a
    longer one if the time limit came first."""
    stable: bool
    """Whether the repeats have the same number of attempts."""
    repeats: int
    """Number of runs under the code with the most attempts."""
    spread_ms: float = 0.0
    """Most by which a wait differs between these runs."""
    cut: bool
    """Whether it was still trying at the time limit."""
    notation: str | None
    """The simplest notation that explains the attempts; ``null`` if none does, as with jitter."""
    latest_ms: float | None
    """Most by which a wait was longer than that notation says."""
    nearest: list[LikeStrategy]
    """Strategies of the catalogue that are most like that notation."""
    otherwise_than_claimed: list[str]
    """What was measured otherwise than claimed; of a path that was not asked about, nothing."""

    @property
    def retried(self) -> list[int]:
        """The codes after which the call is repeated."""
        return [each.code for each in self.codes if each.is_retried]


class Probed(SummaryModel):
    """Everything that a probe found: the JSON of ``harness probe --json``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    """Version of the format."""
    program: str | None = None
    """Name of the shipped report whose program it is; ``null`` for a command of the user's."""
    release: str | None = None
    """Release of that program."""
    command: list[str]
    """The command, without names of this machine."""
    lab: LabName
    """``wine``: a program for Windows; ``linux``: a native one, denied by errno only."""
    claim: str | None
    """What is claimed of its retries."""
    paths: list[ProbedPath]
    """Write paths, in the order of their first calls."""
    left_out: list[str]
    """Write paths that were not probed, in words."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def answer(self) -> str:
        """What was found, in one sentence."""
        if not self.paths:
            return "It renames, rewrites and removes nothing in its folder: there is nothing to deny."
        retried = [each for each in self.paths if each.retried]
        codes = sorted({code for each in retried for code in each.retried})
        number = counted(len(self.paths), "write path")
        if retried:
            how = f"It retries {len(retried):,} of {number}, after {joined([*map(str, codes)])}."
        else:
            how = f"It retries nothing: {number}, each given up at the first error."
        return f"{how} {self._claims}".strip()

    @property
    def _claims(self) -> str:
        """On which paths it claims success, in one sentence; empty if on none."""
        claimed = [
            path.words for path in self.paths if any(each.ending == "claimed" for each in path.codes)
        ]
        if not claimed:
            return ""
        where = joined(claimed, " or ", most=2)
        return f"It claims success though not all is there where this is denied: it {where}."

    @property
    def differs(self) -> bool:
        """Whether anything was measured otherwise than claimed."""
        return any(each.otherwise_than_claimed for each in self.paths)
