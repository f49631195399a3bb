"""What a strategy is told about the step it persists, and about the install that step belongs to.

Real policies look at more than the error: graceful-fs asks whether the target exists, others delete
it, write a fresh temporary file, or share one budget among all files of an install. They find here
what that takes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.strategy.file_calls import OS_FILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.strategy.file_calls import FileCalls


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
    makes an attempt and writes it down. `renew`, where the step has a temporary file, writes it once
    more under a fresh name and returns that.
    """

    kind: str
    primitive: str
    source: str
    target: str | None
    call: Callable[[], object]
    record: Callable[[Callable[[], object]], None] = _run
    files: FileCalls = OS_FILES
    renew: Callable[[], str] | None = None

    def attempt(self) -> None:
        """Make one attempt. Raises `OSError` if it fails."""
        self.record(self.call)

    def target_exists(self) -> bool:
        """Look whether something has the target's name now."""
        return self.target is not None and os.path.lexists(self.target)

    def source_is_file(self) -> bool:
        """Look whether a file is what is persisted, not a directory."""
        return os.path.isfile(self.source)

    def target_is_directory(self) -> bool:
        """Look whether the target's name is taken by something that is no regular file."""
        return self.target_exists() and not os.path.isfile(str(self.target))


@dataclass(slots=True)
class Install:
    """The install an operation is part of: what its operations have cost so far, and a notepad.

    `waited_s` is the sum of all waits of all its operations; `notes` is for strategies that learn
    from one file for the next, each under a key of its own.
    """

    waited_s: float = 0.0
    failed_attempts: int = 0
    notes: dict[str, Any] = field(default_factory=dict)
