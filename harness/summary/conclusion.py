"""The conclusion of a case and of a run, as typed models: which strategy to take, and how sure that is.

`harness.summary.conclude` draws it from trials. Everything that shows a conclusion shows this one:
terminal, Markdown, JSON, report and notebooks.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

from pydantic import PlainSerializer, computed_field

from harness.summary.phrase import Phrase, plain
from harness.summary.statistics import Interval, wilson
from harness.summary.summary_model import SummaryModel
from harness.summary.verdict import Verdict

Answer = Literal[
    "take", "all fail", "one strategy", "nothing held", "not comparable", "no trials", "depends"
]
"""What the trials say.

``take``: there is a strategy to take. ``all fail``: every strategy failed every trial. ``one
strategy``: nothing to compare it with. ``nothing held``: no hold got in the way of an operation, so no
strategy was tested. ``not comparable``: holds end with the strategy's own failures. ``no
trials``: none counts. ``depends``, of a run: no strategy was in all cases.
"""
Place = Literal[
    "take", "tie", "undecided", "slower", "fails more", "does harm", "never held", "no trials"
]
"""The place of a strategy beside the one to take. ``tie``: the blocks do not tell them apart.
``undecided``: it may be as good, with too few blocks to tell. ``does harm``: it loses or damages files
more often. ``never held``: no hold was there in its trials, so its rate is no result.
"""
About = Literal["take", "fails", "costs", "sure", "surer"]
"""What a sentence says: the strategy to take, what fails, what it costs, how sure that is, what would
make it surer.
"""

HEADS: Final[dict[About, str]] = {
    "take": "answer",
    "fails": "fails",
    "costs": "costs",
    "sure": "how sure",
    "surer": "surer with",
}
"""The heads of the sentences."""

Words = Annotated[Phrase, PlainSerializer(plain, return_type=str)]


class Sentence(SummaryModel):
    """One sentence of a conclusion; in JSON its phrase is plain text."""

    about: About
    """What it is about."""
    phrase: Words
    """The sentence, with the names of the run kept apart."""


class Difference(SummaryModel):
    """A strategy compared with the one to take, over the blocks that both have."""

    blocks: int
    """Number of blocks that both have; where there are too few, they are independent samples."""
    paired: bool
    """Whether they are compared block by block."""
    harm: Verdict
    """Whether it loses or damages files less often (``better``)."""
    failures: Verdict
    """Whether it fails less often."""
    only_it_failed: int
    """Number of blocks in which it failed more of its trials than the other."""
    only_other_failed: int
    """Number of blocks in which the other did."""
    failures_p: float
    """P-value of no difference: the exact sign (McNemar) test of blocks, else Fisher's exact test."""
    time: Verdict | None
    """Whether it is faster where both succeeded; ``null``: nowhere."""
    time_blocks: int
    """Number of blocks in which both succeeded."""
    time_ms: float | None
    """Median difference of time within blocks, in milliseconds: below 0 it is faster."""
    time_95: Interval | None
    """Its 95 % interval, between order statistics; infinite with fewer than 6 blocks."""
    blocks_needed: int | None
    """Number of blocks that would decide what is undecided, if they go on as so far; ``null``: nothing
    is undecided, or no number would do.
    """


class Standing(SummaryModel):
    """One strategy of a case, over all values of the factors."""

    name: str
    """Its label; with factors, where one set of them is meant."""
    place: Place
    """Its place beside the strategy to take."""
    trials: int
    """Number of trials that count."""
    effective_trials: float
    """Number of trials that the interval is for: `trials` where each has a draw of its own; else fewer,
    as trials of one draw of the holds are repeated measurements.
    """
    failures: int
    """Number of those that failed."""
    lost: int
    """Number of those after which the old file was gone and the new one not there."""
    damaged: int
    """Number of those after which the destination had a mixture, or wrong bytes."""
    held: int
    """Number of trials in which a hold was there while an operation was under way."""
    median_ms: float | None
    """Median time to persist over all trials; failed trials count as infinite."""
    p95_ms: float | None
    """95th percentile of the same."""
    mean_failing_ms: float
    """Mean time spent on a failed trial."""
    mean_attempts: float
    """Mean attempts on the operation that needed the most."""
    mean_calls: float
    """Mean number of calls in a trial."""
    against: Difference | None
    """It, compared with the strategy to take; ``null`` for that one, and where nothing is compared."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failure_rate(self) -> float:
        """Share of the trials that failed."""
        return self.failures / self.trials if self.trials else math.nan

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failure_rate_95(self) -> Interval:
        """Wilson's 95 % interval of the failure rate."""
        return wilson(self.failure_rate * self.effective_trials, self.effective_trials)


class Choice(SummaryModel):
    """The choice among the strategies of some trials."""

    answer: Answer
    """What the trials say."""
    take: str | None
    """The strategy to take."""
    tied: list[str]
    """Strategies that tie with it."""
    undecided: list[str]
    """Strategies that may be as good: the blocks are too few to tell."""
    chosen_for: Literal["", "calls", "order", "speed"]
    """Why it was taken among those that tie: the fewest calls, its place in the scenario, its speed."""
    standings: list[Standing]
    """All strategies, in the order of the scenario."""


class FactorChoice(Choice):
    """The choice under one set of values of the factors."""

    factors: str
    """The values, such as ``link_mode=copy``."""


class CaseConclusion(Choice):
    """The conclusion of a case."""

    scenario: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    blocks: int
    """Number of blocks with trials that count."""
    by_factors: list[FactorChoice]
    """The choice under each set of values, where there are several."""
    sentences: list[Sentence]
    """All of it in words, the answer first."""


class RunConclusion(SummaryModel):
    """The conclusion over all cases of a run, each with the same weight."""

    answer: Answer
    """What they say."""
    take: str | None
    """The strategy to take."""
    tied: list[str]
    """Strategies that tie with it in each case."""
    undecided: list[str]
    """Strategies that no case shows to be worse, while some case has too few blocks to tell."""
    cases: int
    """Number of cases."""
    left_out: list[str]
    """Strategies that were not in every case."""
    sentences: list[Sentence]
    """All of it in words, the answer first."""
