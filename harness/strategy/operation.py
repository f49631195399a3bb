"""The step that a strategy persists, and the install that the step belongs to.

Real strategies use more than the error: graceful-fs checks whether the target exists, others delete it,
write a new temporary file, or share one budget among all files of an install. These types have what that
takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from harness.strategy.file_calls import OS_FILES, FileCalls

MEGABYTE: Final = 1_000_000
"""Bytes, in the sense of the SI."""


@dataclass(frozen=True, slots=True)
class Call:
    """One primitive call, bound to its paths. A rename's `run` returns the system call that did it."""

    source: str
    target: str | None
    run: Callable[[], object]


def _run(call: Callable[[], object]) -> None:
    call()


@dataclass(slots=True)
class Operation:
    """One persist step: `call` is what one attempt does, at first the primitive bound to its paths.

    `kind` is the scenario's word for it (``rename``, ``place`` …), `primitive` the system call that
    it ends in. `target` is ``None`` for steps that have only one path, such as a removal. `record`
    makes an attempt and records it. `denied_deletions` counts attempts in a row in which the strategy
    could not delete the target. `aside` is the name that an old target has meanwhile, `trash` the folder
    for what cannot be removed. `renew`, where the step has a temporary file, writes it again under
    a new name and returns that. `unpack_in_place`, where it moves a tree, writes that at the target.
    """

    kind: str
    primitive: str
    source: str
    target: str | None
    call: Callable[[], object]
    record: Callable[[Callable[[], object]], None] = _run
    files: FileCalls = OS_FILES
    renew: Callable[[], str] | None = None
    denied_deletions: int = 0
    aside: str | None = None
    trash: str | None = None
    unpack_in_place: Callable[[], None] | None = None
    _megabytes: int | None = None

    def attempt(self) -> None:
        """Make one attempt. Raises `OSError` if it fails."""
        self.record(self.call)

    def target_exists(self) -> bool:
        """Check whether something has the target's name now."""
        return self.target is not None and os.path.lexists(self.target)

    def source_is_file(self) -> bool:
        """Check whether a file is persisted, not a directory."""
        return os.path.isfile(self.source)

    def is_there(self, path: str) -> bool:
        """Check whether something has this name now."""
        return os.path.lexists(path)

    def is_held_for_good(self) -> bool:
        """Ask whether a program holds the source or the target that will not let go by itself."""
        paths = filter(None, (self.source, self.target))
        return any(self.files.is_held_for_good(path) for path in paths)

    def files_of_tree(self) -> list[str] | None:
        """List the files of the directory that is moved, relative to it; ``None`` if none is."""
        if self.target is None or not os.path.isdir(self.source):
            return None
        return [
            os.path.relpath(os.path.join(folder, name), self.source)
            for folder, _, names in os.walk(self.source)
            for name in sorted(names)
        ]

    def megabytes(self) -> int:
        """Return the size of what is persisted in megabytes of 1,000,000 bytes, each that is begun.

        It is taken once: a strategy may ask after each failure, and the files of a tree are many.
        """
        if self._megabytes is None:
            self._megabytes = self._measured()
        return self._megabytes

    def _measured(self) -> int:
        size = 0
        for path in self.files_of_tree() or [""]:
            with suppress(OSError):
                size += os.lstat(os.path.join(self.source, path) if path else self.source).st_size
        return max(-(-size // MEGABYTE), 1)

    def make_folder(self, path: str) -> None:
        """Create a folder that may be there already."""
        os.makedirs(path, exist_ok=True)

    def target_is_directory(self) -> bool:
        """Check whether something other than a regular file has the target's name."""
        return self.target_exists() and not os.path.isfile(str(self.target))


@dataclass(slots=True)
class Install:
    """The install that an operation is part of: the cost of its operations so far, and notes.

    `waited_s` is the sum of all waits of all its operations; `notes` is for strategies that learn
    from one file for the next, each under a key of its own.
    """

    waited_s: float = 0.0
    failed_attempts: int = 0
    notes: dict[str, Any] = field(default_factory=dict)
