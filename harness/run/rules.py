"""The rules of Windows that a scenario asks for, which all output about its runs repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from harness.holds.handles import OwnError
from harness.holds.profile import PARENT_OBJECTS
from harness.holds.rule import Rule
from harness.scenario.model import read_only_parts

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario

OWN_ERROR_RULES: Final[Mapping[OwnError, Rule]] = {
    110: Rule(
        "a file answers every open with 110",
        "unverified",
        "github.com/astral-sh/uv/issues/20567 reports it of updated resources",
    ),
    225: Rule(
        "a file that a scanner takes for a virus answers every open with 225",
        "documented",
        "System Error Codes (0-499); that it is every open is unverified",
    ),
    1224: Rule(
        "a file answers every open with 1224",
        "unverified",
        "github.com/python/pymanager/issues/357; a view that is mapped (section) gives it to writers",
    ),
    1920: Rule(
        "a file that the system cannot reach answers every open with 1920",
        "documented",
        "System Error Codes (1700-3999); that it is every open is unverified",
    ),
}
READ_ONLY_RULES: Final[Mapping[str, Rule]] = {
    "files": Rule(
        "a read-only file answers deleting it, replacing it and opening it for writing with 5; it can "
        "be renamed and read",
        "documented",
        "[MS-FSA] 2.1.5.15.3, 2.1.5.1.2; docs/evidence/windows-sharing.md#read-only-files-and-folders",
    ),
    "folders": Rule(
        "a read-only folder answers its removal with 5; what is in it can be changed",
        "documented",
        "[MS-FSA] 2.1.5.15.3; github.com/golang/go/issues/26295 reports it",
    ),
}
PARENT_RULE: Final = Rule(
    "a handle on the folder of the new name that does not share writing blocks the call with 32",
    "unverified",
    "docs/evidence/windows-sharing.md#the-folder-of-the-target",
)


def rules_of(loaded: LoadedScenario) -> Iterator[Rule]:
    """Yield each rule once: those of its volume, and of what its profiles hold."""
    found: dict[Rule, None] = {}
    if loaded.scenario.volume is not None:
        found |= dict.fromkeys(loaded.scenario.volume.rules())
    for operation in loaded.scenario.operations:
        found |= dict.fromkeys(operation.rules())
    for part in sorted(read_only_parts(loaded.scenario)):
        found[READ_ONLY_RULES[part]] = None
    for profile in loaded.profiles.values():
        for hold in profile.holds:
            if hold.handle.own_error is not None:
                found[OWN_ERROR_RULES[hold.handle.own_error]] = None
            if hold.handle.object in PARENT_OBJECTS:
                found[PARENT_RULE] = None
    yield from found
