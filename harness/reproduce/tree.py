"""Compare what a program left on disk with what it leaves when nothing disturbs it.

Undisturbed runs, at least two, say what a program always leaves: a file whose path and content are the
same in all, a file whose content changes (a date), and a file whose folder has another name each time (a
random one), which is recognised by its own name and content, and by the last folder with a name that
stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Final, NamedTuple

from typing_extensions import override

from harness.file_tree import FOLDER, Tree, entries

ANY: Final = "any"


def tree_of(folder: Path) -> dict[str, str]:
    """Return all files and links below `folder`."""
    return {path: content for path, content in entries(folder) if content != FOLDER}


@dataclass(frozen=True, slots=True)
class TreeDifference:
    """What a run did not leave, left with other content, and left besides; relative paths, sorted."""

    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all is there as it should be, whatever else is."""
        return not self.missing and not self.wrong


def difference(found: Tree, *undisturbed: Tree) -> TreeDifference:
    """Compare what a run left with what undisturbed runs did."""
    first = undisturbed[0]
    always = set.intersection(*(set(tree) for tree in undisturbed))
    same = {path for path in always if len({tree[path] for tree in undisturbed}) == 1}
    known = set.intersection(*map(_folders, undisturbed))
    there, *others = (
        Counter(_place(path, tree[path], known) for path in tree.keys() - always)
        for tree in (found, *undisturbed)
    )
    wandering = reduce(and_, others)
    return TreeDifference(
        missing=tuple(sorted([*(always - found.keys()), *map(str, (wandering - there).elements())])),
        wrong=tuple(sorted(path for path in same & found.keys() if found[path] != first[path])),
        besides=tuple(sorted(_besides(found, found.keys() - always, wandering, known))),
    )


def of_any_content(tree: Tree, patterns: Sequence[str]) -> Tree:
    """Return a tree in which files that match a pattern (``fnmatch``) have no content, only a path."""
    return {
        path: ANY if any(fnmatchcase(path, pattern) for pattern in patterns) else digest
        for path, digest in tree.items()
    }


class _Place(NamedTuple):
    """A file without the names of the folders that have another name each time."""

    folder: str
    """The last folder on its way that all undisturbed runs have."""
    deeper: int
    name: str
    digest: str

    @override
    def __str__(self) -> str:
        return "/".join([self.folder, *["*"] * self.deeper, self.name])


def _place(path: str, digest: str, known: AbstractSet[str]) -> _Place:
    *folders, name = path.split("/")
    deeper = 0
    while folders and "/".join(folders) not in known:
        folders.pop()
        deeper += 1
    return _Place("/".join(folders) or ".", deeper, name, digest)


def _folders(tree: Tree) -> set[str]:
    """All folders on the way to the files of a tree."""
    return {path[:end] for path in tree for end, character in enumerate(path) if character == "/"}


def _besides(
    found: Tree, paths: Iterable[str], wandering: Counter[_Place], known: AbstractSet[str]
) -> Iterator[str]:
    left = Counter(wandering)
    for path in sorted(paths):
        place = _place(path, found[path], known)
        if left[place] > 0:
            left[place] -= 1
        else:
            yield path
