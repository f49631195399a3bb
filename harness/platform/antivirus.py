"""What is proved about an antivirus: the verdict, and the evidence for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

AntivirusState = Literal["active", "inactive", "unknown"]


class Antivirus(BaseModel):
    """``active`` or ``inactive`` only where there is proof; `evidence` is sentences."""

    model_config = ConfigDict(extra="forbid")

    state: AntivirusState
    evidence: list[str]
