"""What is proved about an antivirus: the verdict, and the evidence for it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Antivirus(BaseModel):
    """``active`` or ``inactive`` only where there is proof; `evidence` says it in sentences."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["active", "inactive", "unknown"]
    evidence: list[str]
