"""What would have helped, and what not: computed from what was observed, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.diagnose.diagnosis import HolderSeen
from harness.strategy.catalogue import MOVING
from harness.strategy.lookup import catalogued
from harness.text import counted, joined, milliseconds

_INDEXERS = frozenset({"searchindexer.exe", "searchprotocolhost.exe", "searchfilterhost.exe"})
_SYNCING = frozenset({"onedrive.exe", "dropbox.exe", "googledrivefs.exe"})


@dataclass(frozen=True, slots=True)
class Hold:
    """The longest hold that was observed: times in milliseconds, the end ``inf`` if it was not seen."""

    low_ms: float
    high_ms: float
    code: int


def what_helps(hold: Hold | None, holders: Sequence[HolderSeen], *, denied: bool) -> Iterator[str]:
    """Say for retries, exclusions and another volume whether they would have helped."""
    if denied:
        yield "Retrying would not have helped: what denies it is no hold, and does not pass."
        return
    if hold is not None:
        yield from _retries(hold)
    yield from _by_holder(holders)


def _retries(hold: Hold) -> Iterator[str]:
    error = f"error {hold.code}" if hold.code else "the error"
    if math.isinf(hold.high_ms):
        yield (
            f"Retrying {error} for {milliseconds(hold.low_ms, 'down')} would not have helped: it was "
            "blocked for longer. A longer --watch finds for how long."
        )
        if hold.low_ms <= 0:
            return
    else:
        yield (
            f"Retrying {error} for {milliseconds(hold.high_ms, 'up')} would have helped; for "
            f"{milliseconds(hold.low_ms, 'down')} it would not."
        )
    needed = hold.low_ms if math.isinf(hold.high_ms) else hold.high_ms
    shipped = [view for view in catalogued() if view.operation in MOVING]
    code = hold.code or 5
    through = [
        view for view in shipped if view.retries_code(code) and view.times.budget_ms.median >= needed
    ]
    blind = [view for view in shipped if view.times.retries and not view.retries_code(code)]
    nearest = sorted(through, key=lambda view: (view.times.budget_ms.median, view.name))[:3]
    such_as = f", such as {joined([view.name for view in nearest])}" if nearest else ""
    yield (
        f"Of the {len(shipped)} strategies that real software ships, {len(through)} try for that long"
        f"{such_as}; {counted(len(blind), 'other')} would not even retry error {code}."
    )


def _by_holder(holders: Sequence[HolderSeen]) -> Iterator[str]:
    if not holders:
        yield (
            "Whether an exclusion or another volume would help is not known: nobody was seen to hold it."
        )
        return
    if own := [each.process for each in holders if each.is_own]:
        yield (
            f"{joined(list(dict.fromkeys(own)))} was started by the command itself: no exclusion helps, "
            "but ending it, or waiting for it, does."
        )
    scanners = list(dict.fromkeys(each.product or each.process for each in holders if each.is_scanner))
    if scanners:
        yield (
            f"An exclusion of this folder in {joined(scanners)} would most likely have helped: it had "
            "the file open. So may a Dev Drive, where Defender scans later."
        )
    others = {each.process.lower() for each in holders if not each.is_scanner and not each.is_own}
    if others & _INDEXERS:
        yield "Excluding the folder from Windows' search index would have helped."
    if others & _SYNCING:
        yield "A folder that is not synchronised would have helped."
    if rest := sorted(others - _INDEXERS - _SYNCING):
        yield (
            f"An exclusion in an antivirus is not known to help against {joined(rest)}, which is none: "
            "end it, or move the file out of its way."
        )
