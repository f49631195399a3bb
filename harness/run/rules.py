"""The rules of Windows that a scenario asks for, which all output about its runs repeats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.holds.rule import Rule
    from harness.scenario.load import LoadedScenario


def rules_of(loaded: LoadedScenario) -> Iterator[Rule]:
    """Yield each rule once: those of its volume."""
    volume = loaded.scenario.volume
    if volume is not None:
        yield from dict.fromkeys(volume.rules())
