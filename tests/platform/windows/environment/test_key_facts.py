"""The facts in a few lines for people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from environment_lab import (
    EDR,
    HOSTED_RUNNER,
    STANDARD_USER,
    WINDOWS_11,
)

from harness.platform.windows.environment.facts import Environment, Unreadable, as_json
from harness.platform.windows.environment.key_facts import key_facts


@pytest.mark.parametrize("sample", [WINDOWS_11, STANDARD_USER, HOSTED_RUNNER, EDR])
def test_the_summary_has_a_line_for_each_group_of_facts(sample: Environment) -> None:
    lines = key_facts(as_json(sample))
    assert lines["windows"].startswith("number 26100.4061, version 24H2")
    assert lines["temporary folder"].startswith("name C:, file system NTFS")
    assert all(lines.values())


def test_the_summary_names_the_filters_that_may_scan() -> None:
    assert key_facts(as_json(EDR))["scanners' filters"] == (
        "SomeSensor (activity monitor, runs), WdFilter (anti-virus, stopped)"
    )
    unreadable = replace(EDR, minifilters=Unreadable("error 5, Access is denied"))
    assert key_facts(as_json(unreadable))["scanners' filters"].startswith("not readable")
