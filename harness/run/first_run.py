"""The default run on a real machine, when nothing is named: does *this* antivirus hold files?

It takes a minute, or one block of each case where that takes longer. Whatever the machine does by itself
comes first, then a control without holds, then short injected holds; with the published bytes, since
bytes of our own making may be sent to a vendor's cloud, and with one way of placing files, to fit into
the minute.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.run.options import RunOptions
from harness.scenario.load import LoadedScenario, load_profile, load_scenarios

SCENARIOS: Final = ("script-install", "numpy-wheel")
PROFILES: Final = ("ambient-original", "none")
"""Whatever the machine does by itself, and the control: what fails without any hold of ours."""
FACTORS: Final = {"link_mode": ["hardlink"]}
LIMIT_S: Final = 60.0


def first_run(
    options: RunOptions, *, generated: bool = False
) -> tuple[list[LoadedScenario], RunOptions]:
    """Return the scenarios, and `options` with what they leave open filled in."""
    scenarios = load_scenarios(SCENARIOS, generated=generated)
    if not options.profiles:
        for number, loaded in enumerate(scenarios):
            first = {name: load_profile(name, loaded) for name in PROFILES}
            scenarios[number] = replace(loaded, profiles=first | dict(loaded.profiles))
    is_limited = options.blocks is not None or options.max_time_s is not None
    return scenarios, replace(
        options,
        factors=options.factors or FACTORS,
        max_time_s=options.max_time_s if is_limited else LIMIT_S,
    )
