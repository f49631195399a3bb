"""What is known of a run whose calls were denied by real holds: the holds, and the calls that succeeded.

The denied calls themselves are not seen. So what is known of one is that its file was held from before
it was due, and that it succeeded later, or never.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.preload.denial import Denial
from harness.preload.denial_log import LoggedCall
from harness.preload.path_pattern import path_pattern
from harness.text import counted, joined, milliseconds


@dataclass(frozen=True, slots=True)
class HoldEvidence:
    """The holds of one run. Times are in ms since the program's start.

    `held` are the files, in words. `missed` names were gone, or had been renamed to, before they could
    be held. `is_racing`: there were names that could only be held once they appeared. `due_ms` is when
    the calls came in undisturbed runs, the earliest and the latest; ``None`` if that was not seen.
    `released_ms` is when the last hold ended; ``None``: all lasted to the program's end. `through_ms`
    are the times at which calls on what was to be denied succeeded.
    """

    held: Sequence[str] = ()
    missed: Sequence[str] = ()
    is_racing: bool = False
    due_ms: tuple[float, float] | None = None
    released_ms: float | None = None
    through_ms: Sequence[float] = ()

    @property
    def why_nothing(self) -> str | None:
        """Why nothing was denied, or cannot be said to have been; ``None`` if it was."""
        if self.held:
            return None
        if self.missed:
            return self._race
        return "nothing that was to be held was there, or came"

    @property
    def why_unsure(self) -> str | None:
        """Why a good end says nothing of denials; ``None`` if it does."""
        if self.missed:
            return self._race
        early = [each for each in self.through_ms if self.released_ms is None or each < self.released_ms]
        if early:
            return (
                f"its call succeeded at {milliseconds(early[0])}, while the file was held: a hold does "
                "not block the way in which it makes that call"
            )
        return None

    @property
    def words(self) -> str:
        """How calls were denied, in a sentence: ``target was held (…) from before its start …``."""
        since = "as soon as they appeared" if self.is_racing else "from before its start"
        until = "to its end" if self.released_ms is None else f"until {milliseconds(self.released_ms)}"
        due = "" if self.due_ms is None else f"; undisturbed, the call comes at {_range(self.due_ms)}"
        race = f"; {self._race}" if self.is_racing else ""
        held = joined(self.held, most=3) or "nothing"
        return f"held {since} {until}: {held}{due}{race}"

    @property
    def _race(self) -> str:
        names = len(self.held) + len(self.missed)
        return f"racing: {len(self.missed):,} of {counted(names, 'name')} could not be held in time"


def _range(times_ms: tuple[float, float]) -> str:
    low, high = map(milliseconds, times_ms)
    return low if low == high else f"{low} to {high}"


def through(calls: Sequence[LoggedCall], denials: Sequence[Denial]) -> list[float]:
    """Return the times at which calls succeeded that denials are about.

    An open changes nothing: there, any change of the file shows that it was opened.
    """
    return sorted({each.at_ms for denial in denials for each in calls_about(calls, denial)})


def calls_about(calls: Sequence[LoggedCall], denial: Denial) -> Iterator[LoggedCall]:
    """Yield the calls that a denial is about."""
    pattern = path_pattern(denial.pattern, same_depth=denial.same_depth)
    for each in calls:
        path = each.target if denial.side == "target" else each.source
        wanted = denial.call in {each.call, "open"}
        if wanted and not each.failed and path is not None and pattern.fullmatch(path):
            yield each


def due(runs: Sequence[Sequence[LoggedCall]], denials: Sequence[Denial]) -> tuple[float, float] | None:
    """Return when the first of such calls came in undisturbed runs, the earliest and the latest."""
    first = [min(times) for calls in runs if (times := through(calls, denials))]
    return (min(first), max(first)) if first else None
