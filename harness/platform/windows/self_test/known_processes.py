"""What can be said of processes that scanners run in, which let nobody look at them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.holders.processes import holder, program_names

SYSTEM: Final = 4
DEFENDER: Final = "MsMpEng.exe"


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Describe this process, the kernel's, and Defender's."""
    names = program_names()
    own = names.get(os.getpid())
    yield check.finding("the name of this process", "a name", own or "none", own is not None)
    kernel = holder(SYSTEM, names, "the self-test")
    yield check.finding(
        f"process {SYSTEM}",
        "System: a driver",
        f"{kernel.process}: {kernel.product}",
        (kernel.process, kernel.product) == ("System", "a driver"),
    )
    ids = [process_id for process_id, name in names.items() if name.lower() == DEFENDER.lower()]
    if not ids:
        why = "Wine has no Defender" if site.is_wine else "it does not run here"
        yield check.not_asked(DEFENDER, "its name and product", why)
    for process_id in ids:
        found = holder(process_id, names, "the self-test")
        made = found.product or "no product: its program cannot be read by this user"
        named = found.process.lower() == DEFENDER.lower()
        yield check.finding(DEFENDER, "its name and product", f"{found.process}: {made}", named)


CHECK: Final = Check(
    order=72,
    title="Can the processes of scanners be named?",
    means="Holders in records lack their name or product.",
    bearing="context",
    run=run,
)
