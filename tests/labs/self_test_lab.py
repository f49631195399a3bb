"""Findings, checks and machines of self-tests, made by tests."""

from __future__ import annotations

from typing import Any

from harness.holds.sharing_rules_table import cases
from harness.platform.self_test.report import (
    PRIMITIVES,
    CheckResult,
    Finding,
    Machine,
    SeenCase,
    SelfTestReport,
)

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


def seen_as_documented() -> tuple[SeenCase, ...]:
    """What a machine answers on which every documented rule holds."""
    return tuple(
        SeenCase(case=str(case), code=min(case.codes), then=case.then.code if case.then else None)
        for case in cases()
        if not case.impossible and case.semantics != "classic"
    )


def report_of(machine: Machine, seen: tuple[SeenCase, ...], *findings: Finding) -> SelfTestReport:
    return SelfTestReport(
        answer="Yes.",
        rules="All hold.",
        trusted=PRIMITIVES,
        times_trusted=True,
        doubts=(),
        machine=machine,
        checks=(check_with(*findings),),
        seen=seen,
    )
