"""Times in milliseconds: their bounds in files, and the nanosecond to which they are compared."""

from __future__ import annotations

import math
from typing import Annotated, Final

from pydantic import Field

from harness.clock import NS_PER_MS

DAY_MS: Final = 86_400_000.0

Milliseconds = Annotated[float, Field(ge=0, le=DAY_MS)]
PositiveMilliseconds = Annotated[float, Field(gt=0, le=DAY_MS)]


def to_ns(milliseconds: float) -> float:
    """Return whole nanoseconds, as drawn times have them; ``inf`` stays."""
    return round(milliseconds * NS_PER_MS) if math.isfinite(milliseconds) else milliseconds
