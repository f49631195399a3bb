"""The summary of trials as typed models: all that tables, notes, pages and JSON are drawn from.

The same models are the JSON of ``harness show --json``. Times are milliseconds on the outcome clock. The
JSON has ``null`` for a time that was not reached (``inf`` here) and for a mean of nothing (``nan``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, computed_field

from harness.holds.profile import Evidence, Freshness
from harness.platform.antivirus import Antivirus
from harness.record.manifest import Integrity
from harness.summary.conclusion import CaseConclusion, RunConclusion
from harness.summary.failure_rate import CountedFailures
from harness.summary.part_failures import PartFailures
from harness.summary.summary_model import SummaryModel
from harness.summary.trial_row import Left, factors_text
from harness.text import joined

SCHEMA: Final = 1
"""Version of the JSON."""
MOST_PARAMETERS: Final = 6
"""Of the parameters of a profile so many are named together."""
EVIDENCE_WORDS: Final[Mapping[Evidence, str]] = {
    "measured": "measured",
    "bound": "bounded by reports",
    "assumed": "assumed",
}


class VariantSummary(CountedFailures):
    """One variant of a case: a strategy with its factors."""

    strategy: str
    """Label of the strategy."""
    factors: dict[str, str]
    """Values of the factors."""
    outcomes: dict[str, int]
    """Number of trials that count, by outcome."""
    held: int
    """Number of trials that count in which an injected hold was there while an operation was under
    way.
    """
    left: dict[Left, int]
    """Number of trials by what they left at the destinations, the worst of each: of those that failed,
    or went on after a step that may fail.
    """
    median_ms: float | None
    """Median time to persist over all trials that count; failed trials count as infinite."""
    p95_ms: float | None
    """95th percentile of the same."""
    total_failing_ms: float
    """Time spent on all failed trials together."""
    mean_attempts: float
    """Mean over trials of the attempts on the operation that needed the most."""
    max_attempts: int
    """Maximum of the same."""
    mean_calls: float
    """Mean of all calls of the primitive in a trial."""
    mean_ms: float
    """Mean time with operations under way, of all trials, failed or not."""
    leftover_files: int
    """Number of temporary files that all trials left behind."""
    leftover_bytes: int
    """Their size in bytes."""
    reruns: int
    """Number of failures whose install was run once more."""
    recovered: int
    """Number of those that then succeeded."""
    harness_errors: int
    """Number of trials left out because they ended as ``harness-error`` outside of void blocks."""
    void: int
    """Number of trials left out because their block is void."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def mean_failing_ms(self) -> float:
        """Mean time spent on a failed trial."""
        return self.total_failing_ms / self.failures if self.failures else math.nan

    @property
    def name(self) -> str:
        """The strategy with its factors: ``exponential (link_mode=copy, primitive=move)``."""
        factors = factors_text(self.factors)
        return f"{self.strategy} ({factors})" if factors else self.strategy


class HeldBy(SummaryModel):
    """Who holds something under a profile, as the profile says."""

    product: str
    """Name of the program or product."""
    words: str
    """What it is, to be read after the name."""


class HoldEvidence(SummaryModel):
    """The evidence for the parameters of a profile's holds."""

    title: str
    """Title of the profile."""
    parameters: dict[Evidence, list[str]]
    """Parameters by their evidence: ``delay`` (of all holds), or ``delay of hold 2``."""
    held_by: list[HeldBy] = Field(default=[])
    """Who holds something, where the profile says so."""

    @property
    def words(self) -> str:
        """The parameters by their evidence: ``duration measured; handle and delay assumed``."""
        kinds = self.parameters.items()
        return "; ".join(
            f"{joined(names, most=MOST_PARAMETERS)} {EVIDENCE_WORDS[kind]}"
            for kind, names in kinds
            if names
        )


def hold_evidence(title: str, known: Iterable[tuple[int, str, Evidence]]) -> HoldEvidence:
    """Sort the parameters of a profile by evidence.

    `known` has the number of the hold, the name of the parameter and its evidence.
    """
    rows = list(dict.fromkeys(known))
    holds = len({number for number, _, _ in rows})
    found: dict[Evidence, dict[str, list[int]]] = {"measured": {}, "bound": {}, "assumed": {}}
    for number, name, kind in rows:
        found[kind].setdefault(name, []).append(number)
    parameters = {
        kind: [_of_holds(name, numbers, holds) for name, numbers in names.items()]
        for kind, names in found.items()
    }
    return HoldEvidence(title=title, parameters=parameters)


_NAMED_HOLDS: Final = 3


def _of_holds(name: str, numbers: Sequence[int], holds: int) -> str:
    """A parameter of some holds of a profile: at most four words a parameter, however many holds."""
    if len(numbers) == holds:
        return name
    if len(numbers) > _NAMED_HOLDS:
        return f"{name} of {len(numbers)} of {holds} holds"
    return f"{name} of hold{'s' * (len(numbers) > 1)} {joined([*map(str, numbers)])}"


class Holder(SummaryModel):
    """A program that held files."""

    process: str
    """File name of the program."""
    product: str | None
    """Its product."""
    company: str | None
    """Its company."""
    operations: int
    """Number of failed operations after which it was found."""


class AmbientHolds(SummaryModel):
    """The holds that a machine's own scanner caused, as attempts show them."""

    payload: str
    """Bytes that were persisted, in words."""
    trials: int
    """Number of trials that count."""
    hit: int
    """Number of those in which an attempt was blocked."""
    longest_ms: float
    """Start of the latest blocked attempt, from when its operation was ready."""
    released_by_ms: float | None
    """When the last hold was over whose end was seen; ``null``: none was."""
    unexplained: int
    """Number of trials that were blocked to their last attempt with no holder found; 0 if not looked
    for.
    """
    stage_ms: float | None = None
    """Median time to lay files down and to remove them, the scans inside open and close included."""
    viruses: int = 0
    """Number of trials in which a scanner refused a call as on a virus (error 225 or 226): no hold."""
    holders: list[Holder]
    """Programs found most often."""


class ProcessOpenings(SummaryModel):
    """What another process of a scenario could open, over all trials of a case that count."""

    name: str
    """Name of the process."""
    openings: int
    """Number of times that it asked."""
    errors: dict[int, int]
    """Number of times that it was denied, by Win32 code; 2 where nothing had the name."""


class CaseSummary(SummaryModel):
    """One case: a scenario under one profile, on one platform. Cases are never pooled."""

    scenario: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    platform: str
    """Platform of the calls and the holds."""
    rules: str
    """Rules for renaming on Wine, else empty."""
    antivirus: str
    """What is proved about an antivirus."""
    freshness: Freshness | Literal[""]
    """Freshness of the bytes where nothing is injected, else empty."""
    evidence: HoldEvidence | None
    """Evidence for the profile's holds; ``null``: it injects none."""
    profile_known: bool
    """Whether the run's manifest has the scenario and the profile."""
    comparable: bool
    """Whether strategies may be compared: holds do not end with a strategy's own failures."""
    blocks: int
    """Number of blocks with trials that count."""
    void_blocks: int
    """Number of void blocks."""
    void_reasons: dict[str, int]
    """Why blocks are void, as far as it is known, with their number."""
    void_outcomes: dict[str, int] = Field(default_factory=dict)
    """Number of trials in void blocks, by outcome; empty where it is not known."""
    slow_holds: int = 0
    """Number of holds whose handle was open only 100 ms or more after it was asked for."""
    slowest_open_ms: float = 0.0
    """Longest time that the handle of a hold took to open."""
    failed_holds: dict[int, int]
    """Number of holds that could not be taken, by Win32 code; those on files that were gone are left
    out.
    """
    processes: list[ProcessOpenings] = Field(default_factory=list)
    """Other processes of the scenario, and how often they found their place closed to them."""
    parts: list[PartFailures] = Field(default_factory=list)
    """Failures within trials, by strategy, where installs compete or steps may fail."""
    harness_errors: int
    """Number of trials that ended as ``harness-error``."""
    error_detail: str | None
    """Fault of one of them."""
    attempt_cost_ms: float | None
    """Assumed time of a call, in milliseconds; ``null`` in real time."""
    ambient: AmbientHolds | None
    """The machine's own holds; ``null`` where holds are injected."""
    conclusion: CaseConclusion
    """Which strategy to take, and how sure that is."""
    remarks: list[str] = Field(default_factory=list)
    """What is worth knowing of the strategies: one under two names, clauses that do nothing here."""
    variants: list[VariantSummary]
    """Variants, in the order of the scenario's strategies."""

    @property
    def is_control(self) -> bool:
        """Whether nothing was to be held: every first attempt must succeed."""
        return self.profile_known and self.evidence is None and not self.freshness


class RunAbout(SummaryModel):
    """A run: its platform, its time and its size."""

    run: str
    """Name of the run."""
    started: str
    """Start in UTC, ISO 8601."""
    platform: str
    """Platform of the calls and the holds."""
    rules: str
    """Rules for renaming on Wine, else empty."""
    seed: int
    """Seed of the draws and of the order of trials."""
    harness_version: str
    """Version of persist-harness."""
    antivirus: Antivirus
    """What is proved about an antivirus."""
    trials: int
    """Number of trials in the journal."""
    planned_trials: int | None
    """Number that it is to have; ``null``: time limits the run."""
    torn: bool
    """Whether the last line of the journal was cut off, and is left out."""
    damaged: int
    """Number of damaged lines of the journal, which are left out."""
    damage: list[str]
    """The first of them: the number of the line, and what is wrong with it."""
    manifest: Integrity
    """Whether the manifest is as it was written: ``intact``, ``changed``, or ``unchecked`` where an
    older version wrote no check sums.
    """


class RunSummary(RunAbout):
    """A run with its cases: the JSON of ``harness show --json``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = SCHEMA
    """Version of the format."""
    machine: str
    """System and Python; on Wine, its version."""
    conclusion: RunConclusion | None
    """Which strategy to take over all cases; ``null`` where there is only one."""
    cases: list[CaseSummary]
    """Cases, in the order of their first trials."""
