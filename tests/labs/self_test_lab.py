"""Findings, checks and machines of self-tests, made by tests."""

from __future__ import annotations

from typing import Any

from harness.platform.self_test.report import CheckResult, Finding, Machine

MACHINE = Machine(
    platform="windows",
    lab="windows",
    system="Windows 26100.4061",
    architecture="AMD64",
    python="3.13.5",
    harness="0.1.0",
    file_system="NTFS",
    volume_flags="0x03e72eff",
    dev_drive="no",
    elevated=False,
)


def finding(**parts: Any) -> Finding:
    given = {
        "what": "a thing",
        "expected": "this",
        "found": "this",
        "verdict": "as expected",
        "bearing": "outcomes",
        "means": "Something is wrong.",
    }
    return Finding(**{**given, **parts})


def check_with(*findings: Finding) -> CheckResult:
    return CheckResult(name="made", title="Is it so?", seconds=0.1, findings=findings)
