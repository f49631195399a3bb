"""The summary of trials as typed models: all that tables, notes, pages and JSON are drawn from.

The same models are the JSON of ``harness show --json``. Times are milliseconds on the outcome clock. The
JSON has ``null`` for a time that was not reached (``inf`` here) and for a mean of nothing (``nan``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from harness.holds.profile import Evidence, Freshness
from harness.platform.antivirus import Antivirus
from harness.summary.statistics import Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA: Final = 1
"""Version of the JSON."""
NOT_COUNTED: Final = "harness-error"
"""The outcome of trials that are left out, as are all trials of a block with a void one."""


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True
    )


class VariantSummary(_Model):
    """One variant of a case: a strategy with its factors.

    A failure is data: times to persist are over all trials that count, a failure counting as never.
    """

    strategy: str
    """The label of the strategy."""
    factors: dict[str, str]
    """The values of the factors."""
    trials: int
    """Trials that count: not of a void block, and not ended as harness-error."""
    failures: int
    """Trials that count and did not end as ok."""
    outcomes: dict[str, int]
    """How the trials that count ended, and how many of them."""
    median_ms: float | None
    """Median time to persist."""
    p95_ms: float | None
    """95th percentile of the time to persist."""
    failing_ms: float
    """Time spent on trials that failed, in all."""
    mean_attempts: float
    """Mean over trials of the attempts on the operation that needed the most."""
    max_attempts: int
    """The most attempts on one operation."""
    mean_calls: float
    """Mean over trials of the calls of the primitive."""
    leftover_files: int
    """Temporary files that all trials left behind."""
    leftover_bytes: int
    """Their size."""
    reruns: int
    """Failed trials whose install was run once more."""
    recovered: int
    """Those of them whose second run succeeded."""
    harness_errors: int
    """Trials outside of void blocks that ended as harness-error."""
    void: int
    """Trials of void blocks."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failure_rate(self) -> float:
        """Share of the trials that failed."""
        return self.failures / self.trials if self.trials else math.nan

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failure_rate_95(self) -> Interval:
        """Wilson's 95 % interval of the failure rate."""
        return wilson(self.failures, self.trials)

    @property
    def name(self) -> str:
        """The strategy with its factors: ``exponential (link_mode=copy, primitive=move)``."""
        factors = factors_text(self.factors)
        return f"{self.strategy} ({factors})" if factors else self.strategy

    @property
    def mean_failing_ms(self) -> float:
        """Mean time spent on a trial that failed; ``nan`` without failures."""
        return self.failing_ms / self.failures if self.failures else math.nan


def factors_text(factors: Mapping[str, str]) -> str:
    """Factors on one line, sorted by key: ``link_mode=copy, primitive=move``."""
    return ", ".join(f"{key}={value}" for key, value in sorted(factors.items()))


class HoldEvidence(_Model):
    """The evidence for the parameters of a profile's holds."""

    title: str
    """Title of the profile."""
    parameters: dict[Evidence, list[str]]
    """The parameters (``delay``, or ``delay of hold 2`` where there are several) by their evidence."""

    @property
    def words(self) -> str:
        """The parameters by their evidence: ``duration measured; handle, delay assumed``."""
        kinds = self.parameters.items()
        return "; ".join(f"{', '.join(names)} {kind}" for kind, names in kinds if names)


def hold_evidence(title: str, known: Iterable[tuple[int, str, Evidence]]) -> HoldEvidence:
    """Sort the parameters of a profile by evidence.

    `known` has the number of the hold, the name of the parameter and its evidence.
    """
    rows = list(dict.fromkeys(known))
    several = len({number for number, _, _ in rows}) > 1
    parameters: dict[Evidence, list[str]] = {"measured": [], "bound": [], "assumed": []}
    for number, name, kind in rows:
        parameters[kind].append(f"{name} of hold {number}" if several else name)
    return HoldEvidence(title=title, parameters=parameters)


class Holder(_Model):
    """A program that held files, and after how many failed operations it was found."""

    process: str
    product: str | None
    company: str | None
    operations: int


class AmbientHolds(_Model):
    """The holds that a machine's own scanner caused, as attempts show them."""

    payload: str
    """Which bytes were persisted, in words."""
    trials: int
    """Trials that count."""
    hit: int
    """Trials in which an attempt was blocked."""
    longest_ms: float
    """Start of the latest attempt that was blocked, from when its operation was ready."""
    released_by_ms: float | None
    """When the last hold was over whose end was seen; ``null`` if no end was."""
    unexplained: int
    """Trials that were blocked to their last attempt, with no holder found (0 if not looked for)."""
    holders: list[Holder]
    """The programs found most often."""


class CaseSummary(_Model):
    """One case: a scenario under one profile, on one platform. Cases are never pooled."""

    scenario: str
    profile: str
    platform: str
    rules: str
    """On Wine, the rules for renaming; else empty."""
    antivirus: str
    """Its proved state: active, inactive or unknown."""
    freshness: Freshness | Literal[""]
    """The freshness of the bytes where nothing is injected; else empty."""
    evidence: HoldEvidence | None
    """The evidence for the profile's holds; ``null`` if it injects none."""
    profile_known: bool
    """Whether the run's manifest has the scenario and the profile."""
    comparable: bool
    """Whether strategies may be compared: holds do not end with a strategy's own failures."""
    blocks: int
    """Blocks that count."""
    void_blocks: int
    void_reasons: dict[str, int]
    """Why blocks are void, as far as it is known, and how many for each reason."""
    blocks_without_holds: int
    """Blocks in which no hold was there when an operation was ready."""
    failed_holds: dict[int, int]
    """Holds that could not be taken, by Win32 code; those on files that were gone are left out."""
    harness_errors: int
    """Trials outside of void blocks that ended as harness-error."""
    error_detail: str | None
    """The fault of one of them."""
    ambient: AmbientHolds | None
    """The machine's own holds; ``null`` where holds are injected."""
    variants: list[VariantSummary]
    """In the order of the scenario's strategies."""


class RunAbout(_Model):
    """A run: its platform, its time and its size."""

    run: str
    """The name of the run."""
    started: str
    """UTC, ISO 8601."""
    platform: str
    rules: str
    """On Wine, the rules for renaming; else empty."""
    seed: int
    harness_version: str
    antivirus: Antivirus
    trials: int
    """Trials in the journal."""
    planned_trials: int | None
    """Trials that the run was to have; ``null`` if time limits it."""
    torn: bool
    """Whether the last line of the journal was cut off; it is left out."""


class RunSummary(RunAbout):
    """A run with its cases: the JSON of ``harness show --json``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = SCHEMA
    """Version of this JSON."""
    machine: str
    """System and Python; on Wine, its version."""
    cases: list[CaseSummary]
    """In the order of their first trials."""
