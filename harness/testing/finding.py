"""Verdicts on what code makes of a call that fails once, their journal, and the report of all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import InvalidInputError
from harness.file_tree import FOLDER
from harness.outside_files import read_regular
from harness.text import counted, joined

if TYPE_CHECKING:
    from harness.file_tree import Tree

Verdict = Literal[
    "loses data",
    "claims success",
    "did not end",
    "leaves rubbish",
    "reports it",
    "survives",
    "not reached",
]
BAD: Final[tuple[Verdict, ...]] = ("loses data", "claims success", "did not end", "leaves rubbish")
_OF_MANY: Final[dict[Verdict, tuple[str, str]]] = {
    "loses data": ("loses data", "lose data"),
    "claims success": ("claims success", "claim success"),
    "did not end": ("did not end", "did not end"),
    "leaves rubbish": ("leaves rubbish", "leave rubbish"),
    "reports it": ("is reported, with all in order", "are reported, with all in order"),
    "survives": ("is survived", "are survived"),
    "not reached": ("was not made again", "were not made again"),
}
"""Each verdict as it is said of one call, and of several."""
MOST_BYTES: Final = 100_000_000
"""Of a journal: 300,000 findings and more."""


class Finding(BaseModel):
    """What came of one call that failed once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test: str
    """Node id of the test."""
    call: str
    """Name of the call, such as ``os.replace``."""
    site: str
    """Where in the code it is made: ``file.py:12``."""
    verdict: Verdict
    """What the code made of it."""
    details: str = ""
    """Which files, or which error, in words."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from all others."""
        return self.test, self.call, self.site

    @property
    def is_bad(self) -> bool:
        """Whether something is wrong with the code, or with the test."""
        return self.verdict in BAD


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and its details in words."""

    verdict: Verdict
    details: str = ""


def judge(
    *,
    passed: bool,
    arrived: bool,
    message: str,
    existed: Collection[str],
    written: Collection[str],
    after: Tree,
    undisturbed: Tree,
) -> Judged:
    """Return the verdict on a call that failed once.

    `passed`: the test did. `arrived`: its error is the refused call's, or was raised because of it.
    `existed`: files that were there before the call. `written`: files that the code under test made.
    `after` and `undisturbed` are the files at the end of this run and of the one before.
    """
    if lost := sorted(path for path in existed if path in undisturbed and path not in after):
        return Judged("loses data", f"{joined(lost, most=3)} {_are(lost)} gone")
    differing = sorted(
        path
        for path, content in undisturbed.items()
        if content != FOLDER and after.get(path, FOLDER) != content
    )
    if passed and differing:
        how = "missing or other than without the failure"
        return Judged("claims success", f"{joined(differing, most=3)} {_are(differing)} {how}")
    if rubbish := sorted(path for path in written if path in after and path not in undisturbed):
        return Judged("leaves rubbish", f"{joined(rubbish, most=3)} {_are(rubbish)} left")
    if not passed and not arrived:
        return Judged(
            "claims success", f"the error went no further, and the test failed otherwise: {message}"
        )
    return Judged("survives") if passed else Judged("reports it", message)


def _are(things: Sequence[str]) -> str:
    return "is" if len(things) == 1 else "are"


def read_findings(journal: Path) -> list[Finding]:
    """Return the findings of a journal, if there is one. A line that was cut off is none.

    Raises `InvalidInputError` for a file that has lines and no finding, and `OSError` for one that
    cannot be read, or whose folder is not there.
    """
    try:
        lines = read_regular(journal, MOST_BYTES).decode(errors="replace").split("\n")
    except FileNotFoundError:
        if not journal.parent.is_dir():
            raise
        return []
    found = []
    for line in lines:
        with suppress(ValidationError):
            found.append(Finding.model_validate_json(line))
    if len(lines) > 1 and not found:
        raise InvalidInputError(
            f"{journal}: not a journal of --held-every",
            hint="Name a file that --held-journal has written, or a new one.",
        )
    return found


def add_finding(journal: Path, finding: Finding) -> None:
    """Append a finding, in a line of its own: what was cut off before it stays alone."""
    with FileLock(f"{journal}.lock"), journal.open("a+b") as file:  # workers of pytest-xdist share it
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            begin = b"" if file.read(1) == b"\n" else b"\n"
        else:
            begin = b""
        file.write(begin + finding.model_dump_json().encode() + b"\n")


def report_lines(found: Sequence[Finding]) -> list[str]:
    """Return the report, the answer first."""
    if not found:
        return ["No call was made to fail: the tests that passed made none on files of their own."]
    counts = Counter(each.verdict for each in found)
    said = [
        f"{counts[verdict]:,} {words[counts[verdict] != 1]}"
        for verdict, words in _OF_MANY.items()
        if counts[verdict]
    ]
    tests = len({each.test for each in found})
    lines = [f"Of {counted(len(found), 'call')} in {counted(tests, 'test')}: {joined(said)}."]
    bad = sorted((each for each in found if each.is_bad), key=lambda each: BAD.index(each.verdict))
    return lines + [
        f"{each.verdict}: {each.call} at {each.site}, in {each.test}: {each.details}" for each in bad
    ]
