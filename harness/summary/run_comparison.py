"""Two runs side by side, as typed models: the environments, what differs, and how each strategy did.

`harness.summary.compare_runs` makes them; they are the JSON of ``harness compare --json``. The first run
is the one that the second is compared with: ``worse`` means worse in the second.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.summary.conclusion import RateDifference, Sentence, Words
from harness.summary.failure_rate import CountedFailures
from harness.summary.model import RunAbout
from harness.summary.statistics import Interval
from harness.summary.summary_model import SummaryModel
from harness.summary.verdict import ComparisonVerdict

Kind = Literal["control", "injected", "ambient", "unknown"]
"""Where holds come from: ``control``, from nowhere; ``injected``, from the harness; ``ambient``, from
whatever the machine does by itself. ``unknown``: no manifest says it.
"""


class Side(RunAbout):
    """One of the two runs."""

    machine: str
    """System and Python; on Wine, its version."""


class FactDifference(SummaryModel):
    """A fact of the manifests that is not the same in both."""

    fact: str
    """Its name: the keys on the way to it."""
    first: str
    """Its value in the first run; ``not recorded`` if it has none."""
    second: str
    """Its value in the second run."""


class RunRate(CountedFailures):
    """How a strategy did in one of the runs."""

    median_ms: float | None
    """Median time to persist; failed trials count as infinite."""


class TimeRatio(SummaryModel):
    """The times of the trials that succeeded, in the second run over the first."""

    verdict: ComparisonVerdict
    """Whether the second run is faster (``better``); ``not compared``: in one of them none succeeded."""
    first_draws: int
    """Number of draws of the first run in which it succeeded; where compared in pairs, of both."""
    second_draws: int
    """The same of the second run."""
    ratio: float
    """Ratio of the geometric means: below 1 the second is faster. ``null``: nothing to compare."""
    interval: Interval
    """The interval of the ratio. From 0 to ``null``, so without bounds, with fewer than 20 draws."""
    blocks_needed: int | None
    """Number of blocks in each run that would decide what the interval leaves open; ``null``: it leaves
    nothing open, or no number would do.
    """


class ComparedStrategy(SummaryModel):
    """A strategy of a case in both runs, over all values of the factors."""

    name: str
    """Its label."""
    first: RunRate
    """It in the first run: in the trials that are compared."""
    second: RunRate
    """It in the second run."""
    paired: bool
    """Whether the runs are compared draw by draw; else as independent samples."""
    common_draws: int
    """Number of draws of the holds in common that are compared; 0 for independent samples."""
    harm: RateDifference
    """How often it loses or damages files in the second run, compared with the first."""
    failures: RateDifference
    """How often it fails."""
    time: TimeRatio
    """How long it takes where it succeeds."""


class ComparedCase(SummaryModel):
    """A case that both runs have."""

    scenario: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    kind: Kind
    """Where its holds come from."""
    common_draws: int
    """The most that a strategy has; 0: all are compared as independent samples."""
    unlike: list[str]
    """What of the case is not the same in both runs: parts of the scenario, its bytes, its holds."""
    known: bool
    """Whether the manifests of both have it; else nobody knows what is unlike."""
    strategies: list[ComparedStrategy]
    """Strategies that both have, in the order of the first run."""


class RunComparison(SummaryModel):
    """Two runs, compared: the JSON of ``harness compare``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    """Version of the format."""
    first: Side
    """The run that the other is compared with."""
    second: Side
    """The other run."""
    confidence: float
    """Confidence of each interval: 1 - 0.05 / (number of strategies compared in all cases)."""
    sentences: list[Sentence]
    """What it means, the answer first."""
    cautions: list[Words]
    """What must be known before the numbers: why the two may not be comparable."""
    differences: list[FactDifference]
    """Facts that differ between the environments."""
    facts: int
    """Number of facts that were compared."""
    cases: list[ComparedCase]
    """Cases that both runs have, in the order of the first."""
    left_out: list[Words]
    """Cases and strategies that are not compared, and why."""
