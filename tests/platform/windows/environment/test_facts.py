"""Facts become plain data, without names."""

from __future__ import annotations

import json

import pytest
from environment_lab import (
    EDR,
    HOSTED_RUNNER,
    SERVER,
    STANDARD_USER,
    THIRD_PARTY,
    WINDOWS_11,
)

from harness.platform.windows.environment.antivirus_state import antivirus_state
from harness.platform.windows.environment.facts import Environment, Minifilter, as_json


@pytest.mark.parametrize("sample", [WINDOWS_11, STANDARD_USER, HOSTED_RUNNER, SERVER, THIRD_PARTY, EDR])
def test_facts_are_plain_data_and_name_no_folder(sample: Environment) -> None:
    text = json.dumps(as_json(sample), ensure_ascii=False) + antivirus_state(sample).model_dump_json()
    assert json.loads(json.dumps(as_json(sample))) == as_json(sample)
    for private in ("Jürgen", "太郎", "Users", "src"):
        assert private not in text


@pytest.mark.parametrize(
    ("altitude", "group", "kind"),
    [
        ("328010", "FSFilter Anti-Virus", "anti-virus"),
        ("329999.99", None, "anti-virus"),
        ("320000", "FSFilter Encryption", "anti-virus"),
        ("389999.5", None, "activity monitor"),
        ("393000.5", None, "security monitor"),
        ("40700", "FSFilter Bottom", "other"),
        (None, "FSFilter Anti-Virus", "anti-virus"),
        (None, None, "unknown"),
    ],
)
def test_a_driver_is_what_its_altitude_says(altitude: str | None, group: str | None, kind: str) -> None:
    assert Minifilter("any", altitude, group, running=True).kind == kind
