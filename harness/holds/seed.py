"""A new seed, where the user gives none: all draws of a run, or of a test, follow from it."""

from __future__ import annotations

import secrets
from typing import Final

NEW_SEEDS: Final = 1_000_000_000
"""Nine digits: short enough to type, and two of a thousand runs share one once in 2,000 times."""


def fresh_seed() -> int:
    """Draw a seed from the system."""
    return secrets.randbelow(NEW_SEEDS)
