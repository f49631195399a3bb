"""The holds of one run on Windows: taken before it where that can be, or as soon as names appear.

What is there before the run is held from before its start, and released so long after the call is due,
by undisturbed runs, as the denial says. A rename is denied by its other side where its own cannot be
held with that effect. Other names can only be held when Windows reports them, which races with the
program.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_S
from harness.errors import NotSupportedError
from harness.platform.file_holder import FileHolder, not_taken
from harness.platform.watched_tree import Change
from harness.preload.denial import Denial, Side
from harness.preload.denial_log import LoggedCall
from harness.preload.path_pattern import has_wild_card, path_pattern
from harness.reproduce.hold_evidence import HoldEvidence, calls_about, due, through
from harness.reproduce.hold_for_denial import FittingHold, fitting_hold, require_possible

NS_PER_MS: Final = 1_000_000


@dataclass(slots=True)
class _Held:
    """A hold that was taken; `due_ns` is when it ends, of the performance counter."""

    number: int
    path: str
    words: str
    denial: Denial
    due_ns: float | None = None
    released_ns: int | None = None


@dataclass
class RunHolds:
    """Takes and releases the holds of one run in `folder`; one for each run.

    `undisturbed` has the calls of earlier runs.
    """

    holder: FileHolder
    folder: Path
    denials: Sequence[Denial]
    undisturbed: Sequence[Sequence[LoggedCall]]
    _held: list[_Held] = field(default_factory=list)
    _watched: list[Denial] = field(default_factory=list)
    _appeared: set[str] = field(default_factory=set)
    _missed: set[str] = field(default_factory=set)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def take_known(self) -> None:
        """Hold what is there now.

        Raises `NotSupportedError` for a denial that no hold can make, with the reason, and
        `HoldNotTakenError` if something else keeps a file from being held.
        """
        for denial in self.denials:
            require_possible(denial)
            known = list(self._known(denial))
            for side, path in known:
                fit = fitting_hold(denial.call, side, int(denial.effect), self.folder / path)
                if fit is not None and (error := self._take(denial, path, fit)) is not None:
                    raise not_taken(fit.hold, error)
            taken = any(each.denial is denial for each in self._held)
            own = [path for side, path in known if side == denial.side]
            if own and not taken:
                raise NotSupportedError(
                    f"no hold on {own[0]} makes a {denial.call} fail with exactly {denial.effect}"
                )
            if not taken or has_wild_card(denial.pattern):
                self._watched.append(denial)

    def _known(self, denial: Denial) -> Iterator[tuple[Side, str]]:
        """Yield what is there of a denial: what matches it, and the other sides of such renames."""
        pattern = path_pattern(denial.pattern, same_depth=denial.same_depth)
        own = [path for path in self._there() if pattern.fullmatch(path)]
        yield from ((denial.side, path) for path in own)
        if denial.call != "rename" or any(self._fits(denial, denial.side, path) for path in own):
            return
        renames = [each for calls in self.undisturbed for each in calls_about(calls, denial)]
        other: Side = "target" if denial.side == "source" else "source"
        paths = [each.target if other == "target" else each.source for each in renames]
        there = dict.fromkeys(each for each in paths if each is not None)
        yield from ((other, path) for path in there if (self.folder / path).exists())

    def _fits(self, denial: Denial, side: Side, path: str) -> bool:
        return fitting_hold(denial.call, side, int(denial.effect), self.folder / path) is not None

    def _there(self) -> list[str]:
        return [path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*")]

    def begin(self, started_ns: int) -> None:
        """Count the time of known holds from the program's start, and from when its call is due."""
        for each in self._held:
            if each.denial.hold_s is not None:
                times = due(self.undisturbed, [each.denial])
                due_ns = 0.0 if times is None else times[1] * NS_PER_MS
                each.due_ns = started_ns + due_ns + each.denial.hold_s * NS_PER_S

    def on_change(self, change: Change) -> None:
        """Hold what has appeared, where it could not be held before."""
        with self._changing:
            for denial in self._watched:
                self._watch(denial, change)

    def _watch(self, denial: Denial, change: Change) -> None:
        pattern = path_pattern(denial.pattern, same_depth=denial.same_depth)
        held = {each.path for each in self._held if each.denial is denial}
        called = change.target if denial.side == "target" else change.path
        if change.kind == "renamed" and denial.call == "rename" and called is not None:
            if pattern.fullmatch(called) and called not in held:
                self._missed.add(called)
            return
        if change.kind == "removed":
            return
        came = change.target or change.path
        for path in (came, *(parent.as_posix() for parent in Path(came).parents)):
            if pattern.fullmatch(path) and path not in held:
                self._appeared.add(path)
                fit = fitting_hold(denial.call, denial.side, int(denial.effect), self.folder / path)
                if fit is not None and self._take(denial, path, fit) is None:
                    self._begin_now(self._held[-1])

    def _begin_now(self, held: _Held) -> None:
        if held.denial.hold_s is not None:
            held.due_ns = time.perf_counter_ns() + held.denial.hold_s * NS_PER_S

    def _take(self, denial: Denial, path: str, fit: FittingHold) -> int | None:
        number, error = self.holder.take(fit.hold)
        if error is None:
            self._held.append(_Held(number, path, f"{path} ({fit.words})", denial))
        return error

    def release_due(self) -> float | None:
        """Release what is due; return the seconds until the next is, or ``None``."""
        with self._changing:
            for each in self._held:
                if each.due_ns is not None and each.due_ns <= time.perf_counter_ns():
                    self._release(each)
            later = [each.due_ns for each in self._held if each.due_ns is not None]
        return max(0.0, (min(later) - time.perf_counter_ns()) / NS_PER_S) if later else None

    def release_all(self) -> None:
        """Release what is still held: the program has ended."""
        with self._changing:
            self._watched.clear()
            for each in self._held:
                if each.released_ns is None:
                    self.holder.release(each.number)

    def _release(self, held: _Held) -> None:
        held.due_ns = None
        held.released_ns = time.perf_counter_ns()  # before: until the answer others may come first
        self.holder.release(held.number)

    def evidence(self, calls: Sequence[LoggedCall], started_ns: int) -> HoldEvidence:
        """Say what is known of the run that made these `calls`."""
        held = {each.path for each in self._held}
        ended = [each.released_ns for each in self._held]
        released = [each for each in ended if each is not None]
        all_released = bool(released) and len(released) == len(ended)
        return HoldEvidence(
            held=[each.words for each in self._held],
            missed=sorted(self._missed | (self._appeared - held)),
            is_racing=bool(self._appeared or self._missed),
            due_ms=due(self.undisturbed, self.denials),
            released_ms=(max(released) - started_ns) / NS_PER_MS if all_released else None,
            through_ms=through(calls, self.denials),
        )
