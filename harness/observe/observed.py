"""What logs say, as one value: the JSON of ``harness observe --json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.observe.hold_table import Kind

UNSEEN = (
    "The formats of Defender's logs are read as public descriptions have them; this reader has not yet "
    "been tried on a real machine's."
)


@dataclass(frozen=True)
class ProgramScans:
    """Scans of files that one program opened."""

    program: str
    """Name of a well-known program, or ``other programs``."""
    scans: int
    """Number of scans."""
    total_ms: int
    """Milliseconds of all of them together."""
    longest_ms: int
    """Milliseconds of the longest one."""


@dataclass(frozen=True)
class HoldRow:
    """So many times that ended within an interval."""

    object: Kind
    """What was scanned or blocked: ``scan``, or ``rename``, ``persist``, ``copy``."""
    low_ms: float
    """Milliseconds after which it ended."""
    high_ms: float | None
    """Milliseconds by which it ended; ``null``: not seen to end."""
    code: int
    """The Win32 error meanwhile; 0: not known."""
    count: int
    """How often."""


@dataclass(frozen=True)
class Observed:
    """What logs say of scans, and of steps that were blocked."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    answers: list[str]
    """The answer in sentences, the most important first."""
    cautions: list[str]
    """What the answer does not say, in sentences."""
    files: int
    """Number of files that were read."""
    read_bytes: int
    """Their size."""
    first_day: str
    """First day on which Defender wrote a scan time; empty if it gives none."""
    last_day: str
    """Last day."""
    programs: list[ProgramScans]
    """Scans by program, those that took longest in total first."""
    skipped: dict[str, int]
    """Why scans were skipped or cut off, with how often."""
    holders: dict[str, int]
    """Programs that a tool named as holding a file, with how often."""
    left_out: list[str]
    """What was not used, and why, in sentences."""
    holds: list[HoldRow]
    """The times, as ``harness tune`` takes them."""
