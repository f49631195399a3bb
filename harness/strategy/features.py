"""What a clause of a strategy may need of an operation, so that it does anything there."""

from __future__ import annotations

from typing import Literal

Feature = Literal[
    "rename",
    "other-call",
    "target",
    "old-target",
    "temporary",
    "file-move",
    "tree-move",
    "removal",
]
"""That something is renamed, that other calls may fail, that it has a second name (which something may
have before), a temporary file of its own, that a single file or a directory is moved, that it removes.
"""
