"""One attempt, no retry: the baseline, and what most software does."""

from __future__ import annotations

from tenacity import retry_never

from harness.strategy.lookup import strategy
from harness.strategy.loop import Strategy


@strategy("plain")
def plain() -> Strategy:
    """One attempt and no retry, as ``std::fs::rename``, ``os.replace`` and cargo's paths do."""
    return Strategy(name="plain", retry=retry_never)
