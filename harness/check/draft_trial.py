"""Try a scenario that was just drafted, in a few emulated blocks: is it as its author says?

A file that is valid may still fail with another error, or meet nothing: whoever wrote it learns that at
once, with what is likely to be missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.check.check import check_scenarios
from harness.run.options import RunOptions
from harness.text import in_sentence
from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    DIR_NOT_EMPTY,
    FILE_EXISTS,
    NOT_SAME_DEVICE,
    PRIVILEGE_NOT_HELD,
    UNABLE_TO_REMOVE_REPLACED,
    USER_MAPPED_FILE,
)

if TYPE_CHECKING:
    from harness.check.checked import Checked
    from harness.scenario.load import LoadedScenario

BLOCKS: Final = 3
_IN_THE_WAY: Final[Mapping[int, str]] = {
    ACCESS_DENIED: "--held target, a running program (--section image), or --read-only",
    PRIVILEGE_NOT_HELD: "--operation symlink --symlinks denied",
    NOT_SAME_DEVICE: "--other-volume",
    ALREADY_EXISTS: "--taken same",
    FILE_EXISTS: "--taken same",
    DIR_NOT_EMPTY: "--operation remove --held child --share rwd --deletes classic",
    USER_MAPPED_FILE: "--section data",
    UNABLE_TO_REMOVE_REPLACED: 'primitive = "replace-file" in the file; for a target that is open 32 is '
    "documented, and stands for it here",
}
"""For a code the options that give it: those of docs/how-to/report.md."""


def tried_words(loaded: LoadedScenario, results: Path) -> list[str]:
    """Run a scenario in `BLOCKS` emulated blocks below `results`; return what it says, in sentences.

    Raises `InvalidInputError` for operations that do not fit their payload, and `HarnessError`.
    """
    options = RunOptions(platform="emulated", seed=1, blocks=BLOCKS, results=results)
    report = check_scenarios([loaded], options)
    found = [each for one in report.scenarios for each in one.checks]
    if found and all(each.verdict == "as expected" for each in found):
        return [f"So it is in {BLOCKS} emulated blocks."]
    return [line for each in found for line in _words(each, loaded)]


def _words(checked: Checked, loaded: LoadedScenario) -> Iterator[str]:
    if checked.verdict == "as expected":
        return
    claim = f"{in_sentence(checked.strategy)} {checked.expected}"
    yield f"Not so in {BLOCKS} emulated blocks: {claim}, but {checked.reason}."
    if hint := _missing(checked, loaded):
        yield hint


def _missing(checked: Checked, loaded: LoadedScenario) -> str:
    """What is likely to be missing, in a sentence; empty where that is not known."""
    operation = loaded.scenario.operations[0]
    objects = {hold.handle.object for hold in loaded.profiles[checked.profile].holds}
    if objects and not checked.trials:
        in_it = "child" if operation.works_on == "trees" else "source"
        better = in_it if "target" in objects else "target"
        return f"{operation.kind} has no such {' or '.join(sorted(objects))}: try --held {better}."
    codes = next((each.codes for each in loaded.scenario.expect if each.fails == "always"), None)
    if objects and not checked.failures:
        return (
            "This hold lets the call through: what the holder lets others do (--share) decides, such as "
            "none, or another thing is held (--held)."
        )
    wanted = [_IN_THE_WAY[code] for code in codes or () if code in _IN_THE_WAY]
    if wanted:
        return f"What gives such an error: {'; or '.join(dict.fromkeys(wanted))}."
    if not objects:
        return "Nothing is in the way: name what is held (--held), or add writers or processes."
    return ""
