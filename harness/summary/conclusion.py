"""The conclusion of a case and of a run, as typed models: which strategy to take, and how sure that is.

`harness.summary.conclude` draws it from trials. Everything that shows a conclusion shows this one:
terminal, Markdown, JSON, report and notebooks.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import PlainSerializer

from harness.summary.failure_rate import CountedFailures
from harness.summary.phrase import Phrase, plain
from harness.summary.statistics import Interval
from harness.summary.summary_model import SummaryModel
from harness.summary.verdict import ComparisonVerdict

Answer = Literal[
    "take",
    "all fail",
    "one strategy",
    "nothing held",
    "not comparable",
    "no trials",
    "depends",
    "none tells",
]
"""What the trials say.

``take``: there is a strategy to take. ``all fail``: every strategy failed every trial. ``one
strategy``: only one was run, or met a hold, so there is nothing to compare it with. ``nothing held``:
no hold got in the way of an operation, so no strategy was tested. ``not comparable``: holds end with
the strategy's own failures. ``no trials``: none counts. Of a run, ``depends``: its cases have answers,
and no strategy is in all of them; ``none tells``: none of its cases has an answer, for several reasons.
"""
Place = Literal[
    "take",
    "tie",
    "undecided",
    "slower",
    "faster",
    "fails more",
    "does harm",
    "always fails",
    "not compared",
    "never held",
    "no trials",
]
"""The place of a strategy beside the one to take. ``tie``: they differ by no more than what matters.
``undecided``: it may be as good, with too few blocks to tell. ``faster``: it is, and failed more often
by no more than what matters. ``does harm``: it loses or damages files
more often. ``always fails``: as does every other one. ``not compared``: the answer compares nothing.
``never held``: no hold was there in its trials, so its rate is no result.
"""
ChosenFor = Literal["", "calls", "order", "speed"]
"""What a strategy has before those that tie with it: the fewest calls, the first place in the scenario,
or the least median time; empty: none of these, or nothing ties.
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


class RateDifference(SummaryModel):
    """How often something happened to a strategy (*it*) and to the one to take (*the other*)."""

    verdict: ComparisonVerdict
    """Whether it happens less often to it (``better``)."""
    trials: int
    """Number of trials of it that are compared."""
    happened: int
    """Number of those in which it happened."""
    other_trials: int
    """Number of trials of the other that are compared."""
    other_happened: int
    """Number of those in which it happened."""
    both: int
    """Number of trials in common in which it happened to both."""
    only_it: int
    """Number of trials in common in which it happened to it alone."""
    only_other: int
    """Number of trials in common in which it happened to the other alone."""
    difference: float
    """Its share of trials less that of the other: below 0 is better. ``null``: nothing to compare."""
    interval: Interval
    """The interval of the difference, at the confidence of the comparison."""
    blocks_needed: int | None
    """Number of blocks, each with a draw of its own, that would decide what the interval leaves open, if
    they go on as so far; ``null``: it leaves nothing open, or no number would do.
    """


class TimeDifference(SummaryModel):
    """The times of a strategy (*it*) and of the one to take (*the other*), where both succeeded."""

    verdict: ComparisonVerdict
    """Whether it is faster (``better``); ``not compared``: nowhere did both succeed."""
    blocks: int
    """Number of trials in common in which both succeeded."""
    draws: int
    """Number of different draws of the holds among these: what an interval counts."""
    ratio: float
    """Geometric mean over draws of its time over that of the other: below 1 it is faster. ``null``:
    nothing to compare.
    """
    interval: Interval
    """The interval of the ratio, at the confidence of the comparison. From 0 to ``null``, that is
    without bounds, with fewer than 20 draws.
    """
    mean_ms: float | None
    """Mean over draws of its time less that of the other, in milliseconds."""
    median_ms: float | None
    """Median of the same."""
    slower: int
    """Number of draws under which it took longer, by more than the platform's resolution."""
    slower_ms: float | None
    """Median of how much longer, in milliseconds; ``null``: under none."""
    faster: int
    """Number of draws under which it took less."""
    faster_ms: float | None
    """Median of how much less, in milliseconds; ``null``: under none."""
    blocks_needed: int | None
    """As for rates: number of blocks to run, which allows for those in which one fails."""


class Difference(SummaryModel):
    """A strategy compared with the one to take."""

    blocks: int
    """Number of blocks that both have."""
    paired: bool
    """Whether their rates are compared block by block; else as independent samples, since they have too
    few trials in common.
    """
    confidence: float
    """Confidence of each interval here: 1 - 0.05 / (number of pairs of strategies in the case)."""
    harm: RateDifference
    """How often they lose or damage files; any difference matters."""
    failures: RateDifference
    """How often they fail."""
    time: TimeDifference
    """How long they take where both succeed."""

    @property
    def blocks_needed(self) -> int | None:
        """Number of blocks that would decide what is undecided; ``None``: nothing is, or none would."""
        rates = [each for each in (self.harm, self.failures) if each.verdict == "undecided"]
        needed = [each.blocks_needed for each in rates] or [self.time.blocks_needed]
        known = [each for each in needed if each is not None]
        return max(known) if len(known) == len(needed) else None


class Standing(CountedFailures):
    """One strategy of a case, over all values of the factors."""

    name: str
    """Its label; with factors, where one set of them is meant."""
    place: Place
    """Its place beside the strategy to take."""
    lost: int
    """Number of trials after which the old file was gone and the new one not there."""
    damaged: int
    """Number of trials after which the destination had a mixture, or wrong bytes."""
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


class StrategyChoice(SummaryModel):
    """The choice among the strategies of some trials."""

    answer: Answer
    """What the trials say."""
    take: str | None
    """The strategy to take."""
    tied: list[str]
    """Strategies that tie with it."""
    undecided: list[str]
    """Strategies that may be as good: the blocks are too few to tell."""
    chosen_for: ChosenFor
    """Why it was taken among those that tie."""
    standings: list[Standing]
    """All strategies, in the order of the scenario."""


class FactorChoice(StrategyChoice):
    """The choice under one set of values of the factors."""

    factors: str
    """The values, such as ``link_mode=copy``."""


class CaseConclusion(StrategyChoice):
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
