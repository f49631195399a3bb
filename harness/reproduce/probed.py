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


class HeldFor(SummaryModel):
    """A length of a hold that was tried."""

    hold_ms: float
    """The length, from when the call came at the latest in undisturbed runs."""
    outlasted: int
    """Number of runs in which the call succeeded after it."""
    runs: int
    """Number of runs."""


class HeldBudget(SummaryModel):
    """The interval of the budget, by holds of different lengths: what is known of unseen attempts."""

    outlasted_ms: float
    """The longest hold that all repeats outlasted; 0: none."""
    too_long_ms: float | None
    """The shortest that none outlasted, and `uncertain_ms` more; ``null``: none was found."""
    uncertain_ms: float
    """Difference of the times at which the call came in undisturbed runs, and how late it is noticed."""
    repeats: int
    """Number of runs of each length, unless two of them differ before."""
    tried: list[HeldFor]
    """The lengths in the order in which they were tried."""

    @property
    def is_retried(self) -> bool:
        """Whether a hold was outlasted that is longer than runs differ by."""
        return self.outlasted_ms > self.uncertain_ms

    @property
    def is_mixed(self) -> bool:
        """Whether some runs outlasted a hold that others did not."""
        return any(0 < each.outlasted < each.runs for each in self.tried)


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
    attempts: list[SeenAttempt] | None
    """Calls on the path with the most of them, in order; ``null``: they are not seen, as on Windows."""
    paths: int
    """Number of paths that were denied."""
    denied_by: str | None = None
    """How calls were denied that are not seen: the holds; else ``null``."""
    held: HeldBudget | None = None
    """The budget where attempts are not seen; ``null`` if it is not known."""

    @property
    def seen(self) -> list[SeenAttempt]:
        """The attempts as far as they were seen."""
        return self.attempts or []

    @property
    def is_retried(self) -> bool:
        """Whether the call was repeated, as far as is known."""
        return len(self.seen) > 1 or (self.held is not None and self.held.is_retried)

    @property
    def times_ms(self) -> list[float]:
        """When the attempts began, from the first."""
        return [each.at_ms for each in self.seen]


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
    attempts: int | None
    """Most attempts under any code; ``null``: they are not seen."""
    budget_ms: tuple[float, float] | None
    """Time from the first attempt to the last, the least and the most of the repeats; the lower end of a
    longer one if the time limit came first. Where attempts are not seen, the interval in which it is;
    ``null`` if that is not known."""
    stable: bool
    """Whether the repeats have the same number of attempts, or outlast the same holds."""
    repeats: int
    """Number of runs under the code with the most attempts."""
    spread_ms: float = 0.0
    """Most by which a wait differs between these runs."""
    cut: bool
    """Whether it was still trying at the time limit, or no hold was too long for it."""
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

    @property
    def longest_ms(self) -> float | None:
        """The most that its budget may be, if that is known."""
        return None if self.budget_ms is None else self.budget_ms[1]

    @property
    def is_known(self) -> bool:
        """Whether it is known of any code if the call is repeated after it."""
        return any(each.attempts is not None or each.held is not None for each in self.codes)


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
    """``wine``: a program for Windows under Wine; ``linux``: a native one, denied by errno only;
    ``windows``: a program on Windows, denied by real holds; ``wine-holds``: that lab under Wine."""
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
        known = sum(each.is_known for each in self.paths)
        number = counted(len(self.paths), "write path")
        if retried:
            how = f"It retries {len(retried):,} of {number}, after {joined([*map(str, codes)])}."
        elif not known:
            how = f"Whether it retries is not known: nothing could be held of its {number}."
        elif any(path.attempts is None for path in self.paths):
            how = f"No retry was found on {known:,} of {number}; of the others it is not known."
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
