"""What a strategy is told about the step it persists, and about the install that step belongs to.

Real policies look at more than the error: graceful-fs asks whether the target exists, others share
one budget among all files of an install. They find those facts here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Operation:
    """One persist step: `call` is the primitive, already bound to its paths.

    `kind` is the scenario's word for it (``rename``, ``place`` …), `primitive` the system call that
    it ends in. `target` is ``None`` for steps that have only one path, such as a removal.
    """

    kind: str
    primitive: str
    source: str
    target: str | None
    call: Callable[[], object]

    def target_exists(self) -> bool:
        """Look whether something has the target's name now."""
        return self.target is not None and os.path.lexists(self.target)


@dataclass(slots=True)
class Install:
    """The install an operation is part of: what its operations have cost so far, and a notepad.

    `waited_s` is the sum of all waits of all its operations; `notes` is for strategies that learn
    from one file for the next, each under a key of its own.
    """

    waited_s: float = 0.0
    failed_attempts: int = 0
    notes: dict[str, Any] = field(default_factory=dict)
