"""The summary of trials as typed models: all that tables, notes, pages and JSON are drawn from.

The same models are the JSON of ``harness show --json``. Times are milliseconds on the outcome clock. The
JSON has ``null`` for a time that was not reached (``inf`` here) and for a mean of nothing (``nan``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from harness.holds.profile import Evidence, Freshness
from harness.platform.antivirus import Antivirus
from harness.summary.statistics import Interval, wilson

SCHEMA: Final = 1
"""Version of the JSON."""
NOT_COUNTED: Final = "harness-error"
"""The outcome of trials that are left out, as are all trials of a block with a void one."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class VariantSummary(_Model):
    """One variant of a case: a strategy with its factors.

    `trials` are those that count: not of a void block, and not ended as harness-error. `failures` are
    those of them that did not end as ok, `outcomes` how all of them ended. A failure is data:
    `median_ms` and `p95_ms` (95th percentile) are times to persist over all of them, a failure counting
    as never.
    `failing_ms` is the time spent on failures, in all.

    `mean_attempts` is the mean over trials of the attempts on the operation that needed the most,
    `max_attempts` their maximum, `mean_calls` the mean of all calls of the primitive. `leftover_files`
    and `leftover_bytes` are temporary files that all trials left behind. `reruns` counts the failures
    whose install was run once more, `recovered` those that then succeeded. Left out are
    `harness_errors`, trials that ended as such outside of void blocks, and `void`, all trials of void
    blocks.
    """

    strategy: str
    factors: dict[str, str]
    trials: int
    failures: int
    outcomes: dict[str, int]
    median_ms: float | None
    p95_ms: float | None
    failing_ms: float
    mean_attempts: float
    max_attempts: int
    mean_calls: float
    leftover_files: int
    leftover_bytes: int
    reruns: int
    recovered: int
    harness_errors: int
    void: int

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
    """The evidence for the parameters of a profile's holds.

    `title` is that of the profile; `parameters` are ``delay``, or ``delay of hold 2`` where there are
    several holds, by their evidence.
    """

    title: str
    parameters: dict[Evidence, list[str]]

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
    """The holds that a machine's own scanner caused, as attempts show them.

    `payload` says which bytes were persisted. In `hit` of `trials` that count an attempt was blocked.
    `longest_ms` is the start of the latest blocked attempt, from when its operation was ready;
    `released_by_ms` when the last hold was over whose end was seen (``null``: none was). `unexplained`
    counts the trials that were blocked to their last attempt with no holder found (0 if not looked for);
    `holders` are the programs found most often.
    """

    payload: str
    trials: int
    hit: int
    longest_ms: float
    released_by_ms: float | None
    unexplained: int
    holders: list[Holder]


class CaseSummary(_Model):
    """One case: a scenario under one profile, on one platform. Cases are never pooled.

    `rules` are those for renaming on Wine, else empty; `freshness` is that of the bytes where nothing is
    injected, else empty. `evidence` is that for the profile's holds (``null``: it injects none).
    `profile_known`: the run's manifest has the scenario and the profile. `comparable`: strategies may be
    compared, because holds do not end with a strategy's own failures.

    `blocks` have trials that count; in `blocks_without_holds` of them no hold was there when an
    operation was ready. `failed_holds` could not be taken, by Win32 code; those on files that were gone
    are left out. `void_reasons` say why blocks are void, as far as it is known; `error_detail` is the
    fault of one of the `harness_errors`. `ambient` are the machine's own holds (``null`` where holds
    are injected). `variants` are in the order of the scenario's strategies.
    """

    scenario: str
    profile: str
    platform: str
    rules: str
    antivirus: str
    freshness: Freshness | Literal[""]
    evidence: HoldEvidence | None
    profile_known: bool
    comparable: bool
    blocks: int
    void_blocks: int
    void_reasons: dict[str, int]
    blocks_without_holds: int
    failed_holds: dict[int, int]
    harness_errors: int
    error_detail: str | None
    ambient: AmbientHolds | None
    variants: list[VariantSummary]


class RunAbout(_Model):
    """A run: its platform, its time and its size.

    `started` is in UTC, ISO 8601. `trials` are all in the journal, of `planned_trials` (``null``: time
    limits the run). `torn`: the last line of the journal was cut off, and is left out.
    """

    run: str
    started: str
    platform: str
    rules: str
    seed: int
    harness_version: str
    antivirus: Antivirus
    trials: int
    planned_trials: int | None
    torn: bool


class RunSummary(RunAbout):
    """A run with its cases, in the order of their first trials: the JSON of ``harness show --json``.

    `machine` names the system and Python; on Wine, its version.
    """

    schema_version: Annotated[Literal[1], Field(alias="schema")] = SCHEMA
    machine: str
    cases: list[CaseSummary]
