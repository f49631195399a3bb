"""The JSON Schema of scenario and profile files, for editors."""

from __future__ import annotations

from typing import Any, Literal

from harness.holds.profile import Profile
from harness.scenario.model import Scenario


def json_schema(kind: Literal["scenario", "profile"]) -> dict[str, Any]:
    """Return the schema of one kind of file (JSON Schema draft 2020-12)."""
    model = Scenario if kind == "scenario" else Profile
    schema = model.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
