"""What runs on a real machine when nothing is named: does *my* antivirus hold files?

It takes a minute, or one block of each case where that takes longer.

First whatever the machine brings by itself, then short injected holds; on the bytes that everybody
downloads, since bytes of our own making may be sent to a vendor's cloud, and on one way of placing
files, for a minute is short.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.scenario.load import load_scenarios

if TYPE_CHECKING:
    from harness.run.runner import Request

SCENARIOS: Final = ("script-install", "numpy-wheel")
PROFILES: Final = ("ambient-original",)
FACTORS: Final = {"link_mode": ["hardlink"]}
LIMIT_S: Final = 60.0


def first_run(request: Request) -> Request:
    """Fill in what `request` leaves open."""
    unlimited = request.blocks is None and request.max_time_s is None
    return replace(
        request,
        scenarios=load_scenarios(
            SCENARIOS, generated=any(loaded.generated for loaded in request.scenarios)
        ),
        first_profiles=() if request.profiles else PROFILES,
        factors=request.factors or FACTORS,
        max_time_s=LIMIT_S if unlimited else request.max_time_s,
    )
