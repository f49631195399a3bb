"""Anything typed as a strategy is understood, and then means what it prints, or refused with a hint."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from mutation_lab import mutated_text

from harness.errors import HarnessError
from harness.strategy.catalogue import entries
from harness.strategy.notation import parse

SEEDS = sorted({str(entry.spec) for entry in entries().values()})


@given(text=mutated_text(SEEDS))
def test_notation(text: str, tried: Callable[[str], None]) -> None:
    try:
        spec = parse(text)
    except HarnessError:
        tried("refused")
    else:
        tried("understood")
        assert parse(str(spec)) == spec
