"""The answers of WMI become facts, whatever they are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from environment_lab import (
    DEFENDER_REGISTERED,
    WINDOWS_11,
    environment,
    preference,
    status,
)
from hypothesis import given
from hypothesis import strategies as st

from harness.platform.windows.environment import wmi
from harness.platform.windows.environment.antivirus_state import antivirus_state
from harness.platform.windows.environment.facts import as_json
from harness.platform.windows.environment.powershell import TIMEOUT_S


def test_no_powershell_at_all_leaves_everything_it_was_asked_unreadable() -> None:
    for nothing in ("", "\ufeff\r\n", "Access is denied.", "[]"):
        with pytest.raises(ValueError, match="PowerShell"):
            wmi.sections(nothing)


def test_arrays_are_read_as_windows_powershell_wraps_them() -> None:
    wrapped = environment(
        products={"value": [DEFENDER_REGISTERED], "Count": 1},
        status=status(),  # and one thing need not be a list
        preference=[preference(ExclusionPath={"value": ["C:\\", "D:\\"], "Count": 2})],
    )
    assert as_json(wrapped)["defender_preferences"]["exclusions"]["paths"] == 2
    assert antivirus_state(wrapped).state == "inactive"


def test_cloud_settings_and_versions_are_named() -> None:
    preferences = as_json(WINDOWS_11)["defender_preferences"]
    assert (preferences["cloud_protection"], preferences["sample_submission"]) == (
        "advanced",
        "safe samples",
    )
    assert preferences["exclusions"] == {"paths": 2, "processes": 0, "extensions": 0}
    assert as_json(WINDOWS_11)["defender"]["engine_version"] == "1.1.25040.1"
    assert as_json(WINDOWS_11)["build"]["number"] == "26100.4061"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*status(), *preference(), "displayName", "productState", "error"])


@given(
    st.dictionaries(
        st.sampled_from(["products", "status", "preference", "computer"]),
        JSON | st.lists(st.dictionaries(KEYS, JSON)),
    )
)
def test_any_answer_becomes_facts(told: dict[str, Any]) -> None:
    parts = wmi.sections(json.dumps(told))
    found = replace(
        WINDOWS_11,
        antivirus_products=wmi.products(parts["products"]),
        defender=wmi.defender(parts["status"]),
        defender_preferences=wmi.preferences(parts["preference"]),
    )
    assert json.loads(json.dumps(as_json(found))) == as_json(found)
    assert antivirus_state(found).evidence


def test_providers_that_all_hang_leave_time_for_their_answers() -> None:
    """One that hangs must not cost the answers of the others."""
    limits = [int(seconds) for seconds in re.findall(r"-OperationTimeoutSec (\d+)", wmi.SCRIPT)]
    assert limits
    assert max(limits) * len(wmi._QUESTIONS) < TIMEOUT_S - 15  # which it has to start
