"""Estimates of the duration of a run, before its first trial.

A straight line through a few measured points: good to a factor of two, and replaced by the run's own
pace as soon as there is one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from harness.holds.profile import Profile
from harness.payload.prepare import Item
from harness.platform.base import Platform
from harness.run.plan import Case
from harness.strategy import Strategy, schedule

# Measured with `nox -s benchmarks` on a two-core virtual machine with an SSD, Linux, Python 3.11:
# a trial of one small file, each further file (link, check, remove), each megabyte (hash).
TRIAL_S: Final = 0.0005
FILE_S: Final = 0.00008
MEGABYTE_S: Final = 0.0008


# Windows and Wine take several times as long for each file; measured under Wine 8 on the same machine.
REAL_TIME_FACTOR: Final = 20.0


def case_s(case: Case, items: Sequence[Item], platform: Platform) -> float:
    """Estimate one trial of `case` in seconds, averaged over its variants; in real time, waits count."""
    if not platform.is_real_time:
        return trial_s(items)
    waits = [_waiting_s(variant.strategy, case.profile) for variant in case.variants]
    return trial_s(items) * REAL_TIME_FACTOR + case.quiet_s + sum(waits) / len(waits)


def _waiting_s(strategy: Strategy, profile: Profile) -> float:
    """Estimate how long a strategy waits for a hold of the usual length: until the next attempt."""
    if not profile.holds:
        return 0.0
    held_ms = max(hold.usual_ms for hold in profile.holds)
    likely = 1 - math.prod(1 - hold.probability.value for hold in profile.holds)
    attempts = schedule(strategy).attempts_ms
    return likely * next((at for at in attempts if at >= held_ms), attempts[-1]) / 1000


def trial_s(items: Sequence[Item]) -> float:
    """Estimate one trial on these items in seconds of real time, when waiting costs none."""
    files = sum(len(item.files) for item in items)
    megabytes = sum(item.size for item in items) / 1e6
    return TRIAL_S + files * FILE_S + megabytes * MEGABYTE_S
