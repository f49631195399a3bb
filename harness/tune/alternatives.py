"""What can be done around the call instead of waiting longer: copies, other files, other ways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.predict.simulate import predict
from harness.strategy.idle_clauses import idle_clauses
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.predict.hold_cases import HoldCase

CLAUSES: Final = (
    "else copy",
    "fresh temporary",
    "moving target aside",
    "by moving files",
    "by linking files",
    "in place",
)
"""Clauses of notation that act around the call; docs/explanation/avoidance.md has what they cost."""
_SHOWN: Final = 1e-9


@dataclass(frozen=True)
class Alternative:
    """The recommended strategy with one clause more."""

    shape: str
    """Target shape: ``directory`` or ``file``."""
    clause: str
    """Clause of notation; empty: without one."""
    failure: float
    """Share of operations that fail, if calls take no time."""
    mean_ms: float
    """Mean time of operations that succeed."""


def alternatives(strategy: str, cases: Sequence[HoldCase]) -> list[Alternative]:
    """Return what each clause changes in each target shape; those that change nothing are left out."""
    found = []
    for case in cases:
        alone = _with("", strategy, case)
        assert alone is not None  # noqa: S101 - a schedule alone can always be followed
        found.append(alone)
        for clause in CLAUSES:
            other = _with(clause, strategy, case)
            if other is not None and not _is_same(other, alone):
                found.append(other)
    return found


def _is_same(one: Alternative, other: Alternative) -> bool:
    return math.isclose(one.failure, other.failure, abs_tol=_SHOWN) and math.isclose(
        one.mean_ms, other.mean_ms, abs_tol=_SHOWN
    )


def _with(clause: str, strategy: str, case: HoldCase) -> Alternative | None:
    try:
        spec = parse(f"{strategy} {clause}".strip(), longest=1000)
        if idle_clauses(spec, case.shape.features):
            return None
        found = predict(spec, case)
    except (InvalidInputError, NotImplementedError):
        return None
    return Alternative(case.shape.name, clause, max(1 - found.success_rate, 0.0), found.mean_ms)
