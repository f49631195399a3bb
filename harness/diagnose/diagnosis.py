"""What was found out about a command, as one value: the JSON of ``harness diagnose --json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.diagnose.command import Ended
from harness.diagnose.control import Control
from harness.diagnose.watch import Watched
from harness.platform.base import PlatformName

Verdict = Literal[
    "succeeded",
    "succeeded after waiting",
    "held, now free",
    "still held",
    "denied",
    "gone",
    "not named",
    "not asked",
    "failed otherwise",
    "time limit",
    "question",
    "interrupted",
]
"""One for each way a command may go.

``held, now free``: waiting helps. ``still held``: not for as long as was watched. ``denied``: waiting
never helps. ``gone``: what was held is not there any more. ``not named``: a message without a path.
``not asked``: this system cannot tell.
"""


@dataclass(frozen=True)
class SaidDenied:
    """A message of the command about a file that it was denied."""

    at_ms: float
    """Milliseconds after the start."""
    code: int
    """Win32 error."""
    operation: str
    """What it was about to do: ``rename``, ``remove`` or ``open``."""
    paths: list[str]
    """The paths that it names."""
    line: str
    """The line."""


@dataclass(frozen=True)
class HolderSeen:
    """A process that had a named path open."""

    process: str
    """File name of the program."""
    product: str | None
    """Product that its version information names."""
    company: str | None
    """Company that its version information names."""
    found_by: str
    """How it was found."""
    is_scanner: bool
    """Whether it is part of a well-known antivirus or EDR."""
    is_own: bool
    """Whether the command itself has started it."""
    at_ms: float
    """Milliseconds after the start of the command at which it had the path open."""


@dataclass(frozen=True)
class Retried:
    """How long a step of the command was blocked, by how often it tried again."""

    what: str
    """``rename``, ``persist`` or ``copy``."""
    low_ms: float
    """Milliseconds after which it became possible."""
    high_ms: float | None
    """Milliseconds by which it did; ``null``: it did not."""
    code: int
    """Win32 error; 0: not known."""


@dataclass(frozen=True)
class Diagnosis:
    """What a command was denied, by whom, and what would have helped."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    verdict: Verdict
    """In a word."""
    answers: list[str]
    """The answer in sentences, the most important first."""
    helps: list[str]
    """What would have helped, and what not, in sentences."""
    cautions: list[str]
    """What this does not say, in sentences."""
    command: list[str]
    """The command."""
    ended: Ended
    """How it ended: ``exited`` by itself, at the ``time limit``, or ``interrupted`` by the user."""
    exit_code: int
    """Its exit code."""
    seconds: float
    """How long it ran."""
    platform: PlatformName | Literal["other"]
    """Where it ran: ``windows``, ``wine``, or a system without such holds."""
    messages: list[SaidDenied]
    """What it said, at most 20 messages."""
    messages_in_all: int
    """How many there were."""
    retried: list[Retried]
    """What its own retries show."""
    watched: list[Watched]
    """What was found when its paths were looked at afterwards."""
    holders: list[HolderSeen]
    """Who had them open."""
    not_asked: list[str]
    """What could not be asked, in sentences."""
    control: Control | None
    """The control without a hold; ``null``: nothing was denied."""
