"""The table of sharing rules, tried with real handles of other processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.platform.rules_lab import NATIVE_LABS
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.rules_findings import Rules, rules_findings
from harness.platform.windows.locker_process import LockerProcess
from harness.platform.windows.rules_lab.keeper import Keeper
from harness.platform.windows.rules_lab.windows_lab import WindowsLab, native_semantics, program
from harness.platform.windows.windows_rules import find_rules

if TYPE_CHECKING:
    from harness.holds.sharing_rules import DeleteSemantics
    from harness.platform.self_test.report import Finding, SeenCase


def run(site: Site, check: Check) -> Iterator[Finding | SeenCase]:
    """Try every rule; which rules Wine follows is found by trying, too."""
    lab = NATIVE_LABS[find_rules() if site.is_wine else None]
    with closing(LockerProcess()) as locker, closing(Keeper()) as keeper:
        make_lab = partial(_lab, locker=locker, keeper=keeper)
        yield from rules_findings(
            site, check, Rules(lab, make_lab, native_semantics(str(site.folder)), program)
        )


def _lab(root: Path, _semantics: DeleteSemantics, locker: LockerProcess, keeper: Keeper) -> WindowsLab:
    return WindowsLab(root, locker, keeper)


CHECK: Final = Check(
    order=50,
    title="Does Windows answer as the documented sharing rules say?",
    means="What the emulated platform says of this primitive does not hold on this machine; what is "
    "measured here is right for it.",
    bearing="rules",
    run=run,
    seconds=45,
)
