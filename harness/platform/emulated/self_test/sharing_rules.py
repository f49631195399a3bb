"""The documented sharing rules, as the emulation carries them out on real files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.platform.emulated.emulated_lab import EmulatedLab
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding, SeenCase
from harness.platform.self_test.rules_findings import Rules, rules_findings

RULES: Final = Rules("emulated", EmulatedLab, "posix", lambda: b"MZ")


def run(site: Site, check: Check) -> Iterator[Finding | SeenCase]:
    """Try every rule that can be emulated."""
    yield from rules_findings(site, check, RULES)


CHECK: Final = Check(
    order=10,
    title="Does the emulation answer as the documented sharing rules say?",
    means="Emulated runs follow other rules than the documentation says.",
    bearing="rules",
    run=run,
    seconds=40,
)
