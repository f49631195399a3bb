"""The base of the models that files of users are validated with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Forbid unknown keys, silent conversions and changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
