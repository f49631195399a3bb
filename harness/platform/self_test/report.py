"""What a self-test found: each finding with what was expected, and what a difference means for results.

The same models are the JSON of ``harness doctor --self-test`` and the file that a user may send. Such a
file may come from a stranger, so every part has a bound.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from harness.holds.sharing_rules_table import LabName
from harness.holds.strict import Strict
from harness.platform.base import PlatformName
from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive

SCHEMA: Final = 1
"""Version of the format."""
Primitive = RenamePrimitive | DeletePrimitive
PRIMITIVES: Final[tuple[Primitive, ...]] = (*get_args(RenamePrimitive), *get_args(DeletePrimitive))

Verdict = Literal["as expected", "known", "differs", "open", "not asked", "out of time"]
"""``known``: not as on Windows, but as Wine is known to answer. ``open``: public sources do not settle
what to expect, so what was found is recorded. ``out of time``: not asked, because the time of the check,
or of the self-test, was over."""
UNANSWERED: Final = frozenset[Verdict]({"not asked", "out of time"})
"""Verdicts of what has no answer, and so proves nothing."""
Bearing = Literal["outcomes", "times", "rules", "context"]
"""What a difference puts in doubt.

``outcomes``: whether calls fail, and with which code. ``times``: how long things take. ``rules``:
whether the emulated platform describes this machine. ``context``: what runs say of holders, antivirus
and environment.
"""
Text = Annotated[str, Field(min_length=1, max_length=600)]
Code = Annotated[int, Field(ge=0, lt=1 << 32)]


class Finding(Strict):
    """One thing that was tried."""

    what: Text
    """What was tried."""
    expected: Text
    """What a machine that is fit gives."""
    found: Text
    """What this one gave, or why it could not be asked."""
    verdict: Verdict
    """How the two compare."""
    bearing: Bearing
    """What a difference puts in doubt."""
    primitives: tuple[Primitive, ...] = Field(default=(), max_length=len(PRIMITIVES))
    """The primitives that it concerns; none: all of them."""
    means: Text
    """What a difference means for results."""


class CheckResult(Strict):
    """A check, and what it found."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    """Name of the check."""
    title: Text
    """What it asks."""
    seconds: Annotated[float, Field(ge=0, le=3600)]
    """The time it took."""
    findings: tuple[Finding, ...] = Field(max_length=200)
    """What it found."""
    more_as_administrator: Text | None = None
    """What it could also find with the rights of an administrator."""


class SeenCase(Strict):
    """What one case of the table of sharing rules gave."""

    case: Annotated[str, Field(min_length=2, max_length=200)]
    """The case, as the table spells it."""
    code: Code
    """Win32 code of the call; 0 is success."""
    then: Code | None = None
    """Win32 code of the call after it, where the case has one."""


class Machine(Strict):
    """The machine, without names of users, hosts or folders."""

    platform: PlatformName
    """The platform whose checks were made."""
    lab: LabName
    """How the table of sharing rules was tried: for Wine, with which rules."""
    system: Annotated[str, Field(pattern=r"^[\w. \[\]-]{1,80}$")]
    """The system with its build or version, such as ``Windows 26100.4061``."""
    architecture: Annotated[str, Field(pattern=r"^[\w.\[\]-]{1,20}$")]
    """Architecture of the processor, as Python names it."""
    python: Annotated[str, Field(pattern=r"^\d[\w.+]{0,20}$")]
    """Version of Python."""
    harness: Annotated[str, Field(pattern=r"^[\w. \[\]-]{1,40}$")]
    """Version of the harness."""
    file_system: Annotated[str, Field(pattern=r"^[\w. \[\]-]{1,40}$")]
    """File system of the tested folder."""
    volume_flags: Annotated[str, Field(pattern=r"^[\w. \[\]-]{1,40}$")]
    """Flags of that file system, as Windows gives them."""
    dev_drive: Annotated[str, Field(pattern=r"^[\w. \[\]-]{1,40}$")]
    """Whether the volume is a Dev Drive."""
    elevated: bool
    """Whether the test ran with the rights of an administrator."""


class Doubt(Strict):
    """Numbers that may not be trusted, and why."""

    numbers: Text
    """A primitive, or `times`."""
    why: Text
    """The finding that says so."""


class SelfTestReport(Strict):
    """Whether this machine's numbers may be trusted, for which primitives, and what was found."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = SCHEMA
    """Version of the format."""
    answer: Annotated[str, Field(min_length=1, max_length=4000)]
    """Whether this machine's numbers may be trusted."""
    rules: Annotated[str, Field(min_length=1, max_length=4000)]
    """Whether the documented sharing rules hold here."""
    trusted: tuple[Primitive, ...] = Field(max_length=len(PRIMITIVES))
    """The primitives whose outcomes may be trusted."""
    times_trusted: bool
    """Whether times may be trusted."""
    doubts: tuple[Doubt, ...] = Field(max_length=len(PRIMITIVES) + 1)
    """What may not be trusted, and why."""
    machine: Machine
    """The machine."""
    checks: tuple[CheckResult, ...] = Field(max_length=60)
    """All checks in the order in which they were made."""
    seen: tuple[SeenCase, ...] = Field(max_length=1000)
    """What each case of the table of sharing rules gave."""
