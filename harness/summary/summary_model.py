"""The base of the models of a summary."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SummaryModel(BaseModel):
    """A typed model that is never changed; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
