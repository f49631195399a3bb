"""What is proved about an antivirus: the verdict, and the evidence for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

AntivirusState = Literal["active", "inactive", "unknown"]


class Antivirus(BaseModel):
    """What is proved about an antivirus."""

    model_config = ConfigDict(extra="forbid")

    state: AntivirusState
    """``active`` or ``inactive`` only where there is proof."""
    evidence: list[str]
    """The evidence, in sentences."""
