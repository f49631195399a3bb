"""How long a run will take, before its first trial.

A straight line through a few measured points: good to a factor of two, and replaced by the run's own
pace as soon as there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.payload.prepare import Item

# Measured with `nox -s benchmarks` on a two-core virtual machine with an SSD, Linux, Python 3.11:
# a trial of one small file, each further file (link, check, remove), each megabyte (hash).
TRIAL_S: Final = 0.0005
FILE_S: Final = 0.00008
MEGABYTE_S: Final = 0.0008


def trial_s(items: Sequence[Item]) -> float:
    """Seconds of real time for one trial on these items, when waiting costs none."""
    files = sum(len(item.files) for item in items)
    megabytes = sum(item.size for item in items) / 1e6
    return TRIAL_S + files * FILE_S + megabytes * MEGABYTE_S
