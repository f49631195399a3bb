"""What a scenario is expected to show: the entries of ``expect``, which `harness.check` decides on.

An expectation is part of the report that a scenario reproduces: who fails, how, and what helps. It
changes no trial.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.holds.strict import Strict, distinct
from harness.platform.base import PlatformName
from harness.scenario.bounds import LONGEST_RUN_S, MOST_RERUNS
from harness.scenario.names import Name
from harness.strategy.error_names import ITEM, TWO_MEANINGS, of_item
from harness.strategy.notation import LONGEST
from harness.text import joined
from harness.winerror import ALL_MESSAGES

T = TypeVar("T")

MOST_EXPECTATIONS: Final = 200
"""Of one scenario."""
ExpectedOutcome = Literal["exhausted", "not-retried", "vanished", "damaged"]
"""How a trial fails: see `harness.record.trial_record.Outcome`."""
ExpectedLeft = Literal[
    "new",
    "same",
    "old",
    "other",
    "in-place",
    "both",
    "nothing",
    "held",
    "incomplete",
    "aside",
    "mixed-aside",
    "mixed",
    "lost",
]
"""What a failed trial leaves at the destination, in the order of the harm: see
`harness.summary.trial_row.Left`.
"""


def _codes(given: object) -> object:
    """Replace the names of errors in a list by their codes."""
    if not isinstance(given, list):
        return given
    return list(dict.fromkeys(code for each in given for code in _codes_of(each)))


def _codes_of(given: object) -> Iterator[object]:
    if not isinstance(given, str):
        yield given
        return
    if given in TWO_MEANINGS:
        raise ValueError(f"must be codes: {TWO_MEANINGS[given]}")
    found = of_item(match) if (match := ITEM.fullmatch(given)) else None
    if found is None or found.all_but:
        raise ValueError("must be Win32 codes, or names such as EPERM or ERROR_SHARING_VIOLATION")
    yield from found.codes


def _known(code: int) -> int:
    if code not in ALL_MESSAGES:
        known = joined([*map(str, sorted(ALL_MESSAGES))], " or ")
        raise ValueError(f"must be a Win32 code that calls on files give: {known}")
    return code


Chosen = Annotated[list[T], Field(min_length=1, max_length=50), AfterValidator(distinct)]
Code = Annotated[int, AfterValidator(_known)]
_GivenCodes = Annotated[
    list[Annotated[int, Field(ge=0, le=65_535)] | Annotated[str, Field(max_length=100)]],
    Field(min_length=1, max_length=100),
]
Codes = Annotated[
    list[Code],
    Field(min_length=1, max_length=len(ALL_MESSAGES)),
    BeforeValidator(_codes, json_schema_input_type=_GivenCodes),
]
FailureShare = Annotated[float, Field(ge=0, le=1)]
Duration = Annotated[float, Field(ge=0, le=1000 * LONGEST_RUN_S)]
RunNumber = Annotated[int, Field(ge=2, le=MOST_RERUNS + 1)]
FactorName = Annotated[str, Field(min_length=1, max_length=100)]
Value = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Expectation(Strict):
    """What is expected of some strategies: whether they fail, with what and when, and what is left."""

    strategies: Chosen[Value]
    """Strategies by label, as the scenario lists them."""
    fails: Literal["always", "never", "sometimes"]
    """Share of trials that fail: all, none, or one within `at_least` and `at_most`."""
    at_least: FailureShare | None = None
    """Smallest share of failures for ``sometimes``; the whole 95 % interval must be above."""
    at_most: FailureShare | None = None
    """Largest share of failures for ``sometimes``; the whole 95 % interval must be below."""
    codes: Codes | None = None
    """Win32 codes, or names such as ``EPERM``, of which each failure ends with one."""
    outcomes: Chosen[ExpectedOutcome] | None = None
    """Ways to fail, of which each failure is one."""
    left: Chosen[ExpectedLeft] | None = None
    """What a failure leaves at the destination: each leaves one of these."""
    takes_at_least_ms: Duration | None = None
    """Least time that each trial takes, failed or not, in milliseconds: waits and calls."""
    takes_at_most_ms: Duration | None = None
    """Most time that each trial takes, likewise."""
    recovers: Literal["always", "never"] | None = None
    """Whether each install that fails succeeds when it is run again (`run_again_after_ms`), or none."""
    recovers_from_run: RunNumber | None = None
    """Number of the earliest run that may succeed then; the one that failed is run 1."""
    recovers_by_run: RunNumber | None = None
    """Number of the run by which each has succeeded."""
    profiles: Chosen[Name] | None = None
    """Hold profiles that this is about. By default all of the scenario."""
    platforms: Chosen[PlatformName] | None = None
    """Platforms that this is about. By default all."""
    factors: dict[FactorName, Value] = Field(default={}, max_length=20)
    """Values of factors that this is about, as text. By default all."""
    trials: Literal["held", "all"] = "held"
    """Trials that count: those that were held while an operation was under way, or all. Where a profile
    holds nothing, all count.
    """

    @model_validator(mode="after")
    def _consistent(self) -> Expectation:
        bounds = (self.at_least, self.at_most)
        if self.fails == "sometimes" and bounds == (None, None):
            raise ValueError("what fails sometimes needs a share: at_least, at_most or both")
        if self.fails != "sometimes" and bounds != (None, None):
            raise ValueError(f'at_least and at_most go with fails = "sometimes", not "{self.fails}"')
        if (self.at_least or 0.0) > (1.0 if self.at_most is None else self.at_most):
            raise ValueError("at_least is above at_most, so nothing could be as expected")
        if self.fails == "never" and self.recovers is not None:
            raise ValueError("what never fails is not run again, so it cannot recover")
        self._check_order("takes_at_least_ms", "takes_at_most_ms")
        self._check_order("recovers_from_run", "recovers_by_run")
        numbered = self.recovers_from_run is not None or self.recovers_by_run is not None
        if numbered and self.recovers != "always":
            raise ValueError('recovers_from_run and recovers_by_run go with recovers = "always"')
        if self.fails == "never" and (self.codes or self.outcomes or self.left):
            raise ValueError("what never fails has no codes, no outcomes, and leaves nothing")
        return self

    @property
    def is_about_time(self) -> bool:
        """Whether it says how long trials take."""
        return self.takes_at_least_ms is not None or self.takes_at_most_ms is not None

    def _check_order(self, least: str, most: str) -> None:
        low, high = getattr(self, least), getattr(self, most)
        if low is not None and high is not None and low > high:
            raise ValueError(f"{least} is above {most}, so nothing could be as expected")
