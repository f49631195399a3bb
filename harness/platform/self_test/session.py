"""Make the self-test of a platform, from its checks to the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.platform.self_test.report import SelfTestReport
from harness.platform.self_test.runner import OnCheck, run_checks
from harness.platform.self_test.trust import conclude

if TYPE_CHECKING:
    from harness.platform.base import Platform


def self_test(platform: Platform, location: Path, on_check: OnCheck = lambda _: None) -> SelfTestReport:
    """Check for at most a minute whether this machine is fit to measure on in the folder `location`.

    `on_check` is called after each check.
    """
    machine = platform.machine(location)
    checks, seen = run_checks(platform.checks(), platform, location, on_check)
    concluded = conclude(machine, checks)
    return SelfTestReport(
        answer=concluded.answer,
        rules=concluded.rules,
        trusted=concluded.trusted,
        times_trusted=concluded.times_trusted,
        doubts=concluded.doubts,
        machine=machine,
        checks=tuple(checks),
        seen=tuple(seen),
    )
