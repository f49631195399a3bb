"""Say what logs mean for whoever waits for a file: how long, how sure, and what they do not say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from harness.observe.hold_table import SCANS, HoldTable, Row
from harness.observe.observed import UNSEEN, HoldRow, Observed, ProgramScans
from harness.observe.reading import Findings, left_out_sentences
from harness.observe.retry_lines import MEANINGS
from harness.text import counted, joined, milliseconds

_SHARES: Final = (0.5, 0.99)
NOTHING: Final = "nothing in these files is known how to read"


def conclude(found: Findings, files: int, read_bytes: int) -> Observed:
    """Make the answer out of what was found."""
    small = found.table.small()
    programs = sorted(found.scans.programs.items(), key=lambda each: (-each[1].total_ms, each[0]))
    return Observed(
        answers=list(_answers(found)),
        cautions=list(_cautions(found)),
        files=files,
        read_bytes=read_bytes,
        first_day=found.first_day,
        last_day=found.last_day,
        programs=[
            ProgramScans(name, each.count, round(each.total_ms), round(each.longest_ms))
            for name, each in programs
        ],
        skipped=dict(found.skipped.most_common()),
        holders=dict(found.holders.most_common()),
        left_out=left_out_sentences(found.left_out),
        holds=[_hold_row(row) for row in small.rows()],
    )


def _hold_row(row: Row) -> HoldRow:
    high = None if math.isinf(row.high_ms) else row.high_ms
    return HoldRow(row.kind, row.low_ms, high, row.code, row.number)


def _answers(found: Findings) -> Iterator[str]:
    if SCANS & set(found.table.kinds):
        yield from _scans(found, found.table.only(SCANS))
    for kind, what in MEANINGS.items():
        if rows := found.table.only({kind}).rows():
            yield _blocked(what, rows)
    if found.skipped:
        listed = [f"{number:,} {reason}" for reason, number in found.skipped.most_common(5)]
        yield f"Defender skipped or cut off {counted(found.skipped.total(), 'scan')}: {joined(listed)}."
    if found.holders:
        listed = [f"{name} ({number:,})" for name, number in found.holders.most_common(5)]
        yield f"MSBuild names who held the files: {joined(listed)}."


def _scans(found: Findings, table: HoldTable) -> Iterator[str]:
    programs = found.scans.programs.values()
    scans = sum(each.count for each in programs)
    total_ms = sum(each.total_ms for each in programs)
    longest_ms = max(each.longest_ms for each in programs)
    if found.longest_only == scans:
        yield (
            f"The {counted(scans, 'longest scan')} of the recording took up to "
            f"{milliseconds(longest_ms)}; shorter ones are not in the report."
        )
    else:
        yield (
            f"Defender scanned {counted(scans, 'file')}: {milliseconds(total_ms / scans)} each on "
            f"average, {milliseconds(longest_ms)} the longest."
        )
        ended = [
            f"{100 * share:.0f} % by {milliseconds(within, 'up')}"
            for share in _SHARES
            if (within := table.within(share)) < longest_ms
        ]
        if ended:
            yield f"At least {joined(ended)} had ended, by what the totals leave possible."
    yield (
        f"Retrying for {milliseconds(longest_ms + 1, 'up')} after the first failure would have "
        "outlasted each of these scans."
    )


def _blocked(what: str, rows: Sequence[Row]) -> str:
    number = sum(row.number for row in rows)
    ended = [row for row in rows if math.isfinite(row.high_ms)]
    parts = []
    if ended:
        low = max(ended, key=lambda row: (row.low_ms, row.high_ms))
        parts.append(
            f"{sum(row.number for row in ended):,} became possible, the slowest between "
            f"{milliseconds(low.low_ms, 'down')} and {milliseconds(low.high_ms, 'up')} after the first "
            "try"
        )
    if never := [row for row in rows if math.isinf(row.high_ms)]:
        parts.append(
            f"{sum(row.number for row in never):,} did not within "
            f"{milliseconds(max(row.low_ms for row in never), 'down')}, as far as the log shows"
        )
    times = "once" if number == 1 else counted(number, "time")
    return f"{what} were blocked {times}: {'; '.join(parts)}."


def _cautions(found: Findings) -> Iterator[str]:
    kinds = found.table.kinds
    if SCANS & set(kinds):
        yield (
            "A scan is not yet a hold: while Defender scans on opening or closing, the program waits, "
            "and no rename fails. These times bound how long a hold by the scan can be, not how often "
            "there is one."
        )
        if found.longest_only:
            yield "Lists of the longest scans say nothing of how long most scans take."
        yield UNSEEN
    if {"rename", "persist"} & set(kinds):
        yield (
            "Times of uv count from its first attempt, by the waits of uv 0.5.17 and later; that "
            "something held the file is likely, not proved."
        )
    if "copy" in kinds:
        yield "MSBuild mostly waits for the program that was built and still runs, not for a scanner."
