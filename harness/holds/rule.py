"""A rule of Windows as outputs name it: what it says, how well it is known, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RuleStatus = Literal["documented", "seen under Wine", "unverified"]
"""How well a rule is known: ``unverified`` ones await a measurement on a real machine."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a clause without a full stop, its status and its source."""

    text: str
    status: RuleStatus
    source: str

    def __str__(self) -> str:
        return f"{self.text} ({self.status})"
