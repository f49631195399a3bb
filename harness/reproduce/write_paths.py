"""Discover what a program renames, rewrites and removes, its write paths, from undisturbed runs.

What has the same name in all runs is a literal path. Other names are random: what one shares with most
others stays, and the rest becomes ``*``. Two random names may begin alike by accident, so a third run is
made where there are any.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.preload.denial import Call, Denial, Effect, Side
from harness.preload.denial_log import LoggedCall
from harness.reproduce.lab_names import LabName
from harness.reproduce.undisturbed import Undisturbed

PROBED: Final[tuple[Call, ...]] = ("rename", "write", "delete")
FEWEST_SHARED: Final = 3
"""Random names that begin with the same two letters are no kind."""
WORDS: Final[dict[Call, str]] = {"rename": "renames", "write": "opens to write", "delete": "removes"}


@dataclass(frozen=True, slots=True)
class WritePath:
    """Calls of one kind on paths that differ only in random names, `count` of them in an install.

    `alike` more paths are of the same kind, in the same folder, with names that end alike.
    """

    call: Call
    source: str
    target: str | None = None
    count: int = 1
    alike: int = 0

    @property
    def side(self) -> Side:
        """The side that a denial is bound to: one without random names, so that fresh names count."""
        return "target" if "*" in self.source and self.target and "*" not in self.target else "source"

    @property
    def pattern(self) -> str:
        """The pattern of that side."""
        return self.target if self.side == "target" and self.target else self.source

    def denial(self, effect: Effect, lab: LabName) -> Denial:
        """Deny it always. Wine tells no error of a delete: there what is removed cannot be opened."""
        call: Call = "open" if self.call == "delete" and lab == "wine" else self.call
        return Denial(call, self.pattern, effect, self.side, same_depth=True)

    @property
    def words(self) -> str:
        """It in words: ``renames a to b``."""
        to = f" to {self.target}" if self.target is not None else ""
        return f"{WORDS[self.call]} {self.source}{to}"


def discovered(undisturbed: Undisturbed) -> list[WritePath]:
    """Return the write paths of a program, from two undisturbed runs, or three if names are random."""
    found = write_paths(*(run.calls for run in undisturbed.runs))
    if any("*" in path.words for path in found):
        undisturbed.another()
        found = write_paths(*(run.calls for run in undisturbed.runs))
    return found


def write_paths(first: Sequence[LoggedCall], *others: Sequence[LoggedCall]) -> list[WritePath]:
    """Return the write paths of a run, renames first, else in the order of their first calls.

    Those that are alike are one. Names that are not in all of the `others` are random.
    """
    each_names = [_names(calls) for calls in (first, *others)]
    fixed = set.intersection(*each_names)
    random = set.union(*each_names) - fixed
    found: Counter[tuple[Call, str, str | None]] = Counter()
    for each in first:
        if each.call in PROBED and not each.failed:
            target = None if each.target is None else _pattern(each.target, fixed, random)
            found[each.call, _pattern(each.source, fixed, random), target] += 1
    paths: dict[tuple[Call, str, str], WritePath] = {}
    for (call, source, target), count in found.items():
        key = (call, os.path.dirname(target or source), os.path.splitext(target or source)[1])
        if (known := paths.get(key)) is None:
            paths[key] = WritePath(call, source, target, count)
        else:
            paths[key] = WritePath(call, known.source, known.target, known.count, known.alike + count)
    return sorted(paths.values(), key=lambda path: PROBED.index(path.call))


def without_opens_to_remove(paths: Sequence[WritePath]) -> list[WritePath]:
    """Leave out opens of what is removed: under Wine, a removal opens it with rights to write."""
    removed = {each.source for each in paths if each.call == "delete"}
    return [each for each in paths if each.call != "write" or each.source not in removed]


def _names(calls: Iterable[LoggedCall]) -> set[str]:
    """All names on paths of calls."""
    return {name for each in calls for path in _paths(each) for name in path.split("/")}


def _paths(call: LoggedCall) -> Iterator[str]:
    yield call.source
    if call.target is not None:
        yield call.target


def _pattern(path: str, fixed: set[str], random: set[str]) -> str:
    return "/".join(
        _escaped(name) if name in fixed else _with_wild_card(name, random - {name})
        for name in path.split("/")
    )


def _with_wild_card(name: str, others: Iterable[str]) -> str:
    """What a random name shares with most other random names, the rest as ``*``."""
    shared = [(_shared(name, other), _shared(name[::-1], other[::-1])) for other in others]
    prefix = _usual(begin for begin, _ in shared)
    suffix = _usual(end for begin, end in shared if begin >= prefix)
    end = max(prefix, len(name) - suffix)
    return f"{_escaped(name[:prefix])}*{_escaped(name[end:])}"


def _usual(lengths: Iterable[int]) -> int:
    """The most frequent length, of equally frequent ones the shortest; short ones are accidents."""
    counted = Counter(each for each in lengths if each >= FEWEST_SHARED)
    return max(counted, key=lambda each: (counted[each], -each), default=0)


def _shared(one: str, other: str) -> int:
    """The number of characters with which both begin."""
    both = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in both if a != b), min(len(one), len(other)))


def _escaped(name: str) -> str:
    """A name in which nothing is a wild card."""
    return "".join(f"\\{character}" if character in r"*?[]\\" else character for character in name)
