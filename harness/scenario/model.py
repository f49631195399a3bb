"""The content of a scenario file. Every knob that changes the meaning of a result is here.

The model is strict: an unknown key, a wrong type, an impossible value or an operation that does not
fit the payload is an error. `harness schema` prints it as JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from harness.holds.strict import Line, Prose, Strict, distinct
from harness.platform.base import LinkMode, PathStyle
from harness.scenario.bounds import MOST_BLOCKS, MOST_LISTED, MOST_PROCESSES, MOST_RERUNS, MOST_STEPS
from harness.scenario.expect_model import MOST_EXPECTATIONS, Expectation
from harness.scenario.names import Name
from harness.scenario.operations import OPERATION_MODELS, OperationSpec
from harness.scenario.other_processes import OtherProcess, Writers
from harness.scenario.own_profiles import OwnProfile
from harness.scenario.payload_models import TREE_KINDS, Payload
from harness.scenario.volume_model import VolumeSpec
from harness.strategy.durations import spell_number
from harness.strategy.features import Feature
from harness.strategy.file_calls import RenamePrimitive
from harness.strategy.notation import LONGEST, is_notation
from harness.strategy.purpose import Purpose
from harness.strategy.timetable import ATTEMPT_COST_MS

T = TypeVar("T")


Label = Annotated[str, Field(min_length=1, max_length=LONGEST)]
"""A strategy in notation, or another name of it in tables."""


class StrategyChoice(Strict):
    """A strategy with parameters: keys other than these are its own parameters."""

    model_config = ConfigDict(extra="allow")

    use: Name
    """Name of the strategy, as `harness strategies` lists it or as `file` defines it."""
    label: Label | None = None
    """Name in tables; by default, the strategy's name with its parameters."""
    file: Annotated[str, Field(pattern=r"^[\w.-]+\.py$", max_length=100)] | None = None
    """Python file beside the scenario that defines the strategy. Running it needs ``--allow-code``."""

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys that belong to the strategy itself."""
        return {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in (self.model_extra or {}).items()
        }

    @property
    def display(self) -> str:
        """The label, or the name with its parameters."""
        if self.label:
            return self.label
        if not self.parameters:
            return self.use
        if self.use == NOTATION and set(self.parameters) == {"strategy"}:
            return str(self.parameters["strategy"])
        inner = ", ".join(f"{key}={_short(value)}" for key, value in self.parameters.items())
        return f"{self.use}({inner})"


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(str(item) for item in value)
    return spell_number(value) if isinstance(value, float) else str(value)


class NotationChoice(Strict):
    """A strategy in notation, under a label."""

    # only the JSON Schema has it: `long_form` makes a `StrategyChoice` of such a table

    strategy: Label
    """The strategy in notation, such as ``10ms x2 cap 250ms for 30s on 5,32``."""
    label: Label | None = None
    """Name in tables; by default, the notation itself."""


NOTATION: Final = "notation"
"""The strategy whose parameter is a strategy in notation."""


def long_form(choice: object) -> object:
    """Return a strategy of a scenario file in the form of a `StrategyChoice`."""
    if isinstance(choice, str):
        return {"use": NOTATION, "strategy": choice} if is_notation(choice) else {"use": choice}
    if isinstance(choice, dict) and "strategy" in choice and "use" not in choice:
        return {"use": NOTATION, **choice}
    return choice


Choice = Annotated[
    StrategyChoice,
    BeforeValidator(long_form, json_schema_input_type=Name | Label | NotationChoice | StrategyChoice),
]
"""A strategy, as its bare name, as notation, or as a table with parameters."""


_LOCATION: Final = re.compile(r"^(?:%[A-Za-z_]+%|~|[A-Za-z]:)(?:[\\/][^<>:\"|?*\x00-\x1f]*)?$")


def _on_a_volume(location: str) -> str:
    if not _LOCATION.match(location):
        raise ValueError("must be a folder on a volume of this machine, such as %TEMP% or D:\\work")
    return location


Location = Annotated[str, Field(max_length=200), AfterValidator(_on_a_volume)]
"""A folder to measure in, such as ``%TEMP%`` or ``D:\\work``. Never a network share: a scenario may come
from a stranger, and opening a share sends the user's credentials."""


Values = Annotated[list[T], Field(min_length=1, max_length=100), AfterValidator(distinct)]
Pause = Annotated[float, Field(ge=0, le=3_600_000)]


class Factors(Strict):
    """Knobs that are compared like strategies: each block has every value with every strategy."""

    link_mode: Values[LinkMode] | None = None
    """Ways to put a file of the store into place, for ``place``: a hard link or a copy."""
    primitive: Values[RenamePrimitive] | None = None
    """System calls that renames end in, for ``rename``, ``write-replace`` and ``copy-replace``."""
    path_style: Values[PathStyle] | None = None
    """Spellings of paths: ``C:\\…``, or verbatim ``\\\\?\\C:\\…``, which Windows does not change."""
    location: Values[Location] | None = None
    """Folders to measure in, such as ``%TEMP%`` or another volume of this machine."""
    pause_ms: Values[Pause] | None = None
    """Pauses between closing the files and persisting them, in milliseconds."""


class Margin(Strict):
    """The smallest differences that matter. Strategies that differ by less count as equivalent."""

    failures: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Difference of failure rates, absolute: 0.01 is one percentage point."""
    time: Annotated[float, Field(gt=0, le=10)] = 0.10
    """Difference of times to persist, relative: 0.10 is ten per cent."""


FACTORS: Final[Mapping[str, frozenset[str]]] = {
    factor: frozenset(kind for kind, model in OPERATION_MODELS.items() if factor in model.factors)
    for factor in Factors.model_fields
}
"""The kinds of operations that each factor applies to."""


def read_only_parts(scenario: Scenario) -> frozenset[str]:
    """Return what has the read-only attribute somewhere in a scenario: files, folders, both, nothing."""
    given: list[object] = [payload.read_only for payload in scenario.payload]
    for operation in scenario.operations:
        there = getattr(operation, "already_there", None)
        given.append(there and there.read_only)
    found = {part for parts in given if parts for part in _kinds_of(parts)}
    return frozenset({"files", "folders"} if "all" in found else found)


def _kinds_of(parts: object) -> Iterator[str]:
    if isinstance(parts, list):
        yield from ("folders" if pattern.endswith("/") else "files" for pattern in parts)
    else:
        yield "files" if parts is True else str(parts)


class Scenario(Strict):
    """A scenario file."""

    schema_version: Annotated[Literal[2], Field(alias="schema")]
    """Version of the file's format."""
    title: Annotated[str, Field(min_length=3, max_length=120)]
    """One line about the scenario, as lists show it."""
    symptom: Line | None = Field(default=None, exclude_if=lambda value: value is None)
    """The error as people see it, by which they find the scenario."""
    about: Prose
    """What is reproduced, and what one expects to see."""
    reports: Annotated[
        list[Annotated[str, Field(pattern=r"^https://\S+$", max_length=2_000)]],
        Field(min_length=1, max_length=100),
    ]
    """Addresses of the public reports that the scenario reproduces."""
    quick: bool = False
    """Whether it runs when no scenario is named."""
    blocks: Annotated[int, Field(ge=1, le=MOST_BLOCKS)]
    """Number of repetitions; in each, every variant runs once, under the same draw of the holds."""
    strategies: Annotated[list[Choice], Field(min_length=1, max_length=200)]
    """Strategies to compare: names, notation, or tables with parameters. Labels must differ."""
    profiles: Annotated[list[Name], Field(min_length=1, max_length=50), AfterValidator(distinct)]
    """Hold profiles by name, each one case: from ``profiles/`` beside the file, or shipped."""
    own_profiles: dict[Name, OwnProfile] = Field(
        default={}, max_length=50, exclude_if=lambda value: not value
    )
    """Hold profiles that only this scenario has, by name."""
    payload: Annotated[list[Payload], Field(min_length=1, max_length=MOST_LISTED)]
    """What is laid down. Each item is installed by all operations."""
    operations: Annotated[list[OperationSpec], Field(min_length=1, max_length=MOST_STEPS)]
    """The persist steps of an install, in order."""
    factors: Factors = Factors()
    """Knobs that are compared like strategies."""
    margin: Margin = Margin()
    """The smallest differences that matter."""
    expect: list[Expectation] = Field(
        default=[], max_length=MOST_EXPECTATIONS, exclude_if=lambda value: not value
    )
    """What it is expected to show: who fails and how, and what helps. ``harness check`` says whether it
    does.
    """
    volume: VolumeSpec | None = Field(default=None, exclude_if=lambda value: value is None)
    """Volume that the install works on: deletes, file system, place of temporary files."""
    concurrency: Annotated[int, Field(ge=1, le=64)] = 1
    """Number of items of the payload that are installed at the same time."""
    writers: Writers | None = Field(default=None, exclude_if=lambda value: value is None)
    """Several installs of the payload to the same places, at once. One by default."""
    processes: list[OtherProcess] = Field(
        default=[], max_length=MOST_PROCESSES, exclude_if=lambda value: not value
    )
    """Other processes that open what is installed, under every profile: readers, watchers, programs."""
    after_failure: Literal["stop", "go on"] = Field(
        default="stop", exclude_if=lambda value: value == "stop"
    )
    """What an install does after an item failed for good: it stops, or goes on with the next, so that a
    permanent denial costs the budget of each.
    """
    time_limit_ms: Annotated[float, Field(gt=0, le=86_400_000)] | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    """Time that the whole install may take: what is under way then ends as ``exhausted``. No limit by
    default.
    """
    attempt_cost_ms: Annotated[float, Field(ge=0, le=60_000)] = ATTEMPT_COST_MS
    """Time that one call of the primitive takes on a virtual clock, in milliseconds."""
    run_again_after_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    """After a failure, run the whole install again this many milliseconds later, and record whether it
    recovers. Not at all by default.
    """
    run_again_times: Annotated[int, Field(ge=1, le=MOST_RERUNS)] = Field(
        default=1, exclude_if=lambda value: value == 1
    )
    """How often it is run again at most, up to a success, as CI does; each time `run_again_after_ms`
    after the last.
    """

    @property
    def purpose(self) -> Purpose:
        """What its strategies are wanted for: its first operation, which the others only follow."""
        return self.operations[0].purpose(is_tree=self.has_tree)

    @property
    def has_tree(self) -> bool:
        """Whether its payload has a tree, and not only files."""
        return any(payload.kind in TREE_KINDS for payload in self.payload)

    @property
    def installs(self) -> int:
        """The number of installs of the payload to the same places: one without `writers`."""
        return self.writers.count if self.writers else 1

    @property
    def features(self) -> frozenset[Feature]:
        """What clauses of strategies can count on in its operations."""
        is_fresh = len(self.payload) == 1 and not any(each.works_in_place for each in self.operations)
        found = (each.features(is_tree=self.has_tree, is_fresh=is_fresh) for each in self.operations)
        contested = frozenset[Feature]({"old-target"} if self.writers else ())
        return contested.union(*found)

    @property
    def swaps(self) -> bool:
        """Whether an old version may be at several places: it is moved or removed for a new one."""
        steps = self.operations
        moves = any(each.kind == "rename" and each.works_on_old for each in steps)
        return moves or any(each.brings for each in steps[1:]) or any(each.on_failure for each in steps)

    @property
    def runs_code(self) -> bool:
        """Whether running it executes code that came with its files."""
        return any(payload.kind == "built-wheel" for payload in self.payload) or any(
            choice.file for choice in self.strategies
        )
