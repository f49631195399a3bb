"""What Windows answers when something is held, as data: cases that any platform can be tried with.

The rows are in ``sharing_rules_table.toml``, with their sources. One row may stand for many cases. What
tries them is a *lab* (`harness.platform.rules_lab`): the emulated platform, Windows, or Wine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

from harness.holds.handles import Section
from harness.holds.sharing_rules import DeleteSemantics

TABLE: Final = Path(__file__).with_suffix(".toml")
UNVERIFIED: Final = "K"
"""What a row cites that awaits a real machine."""
RENAMES: Final = frozenset(
    {
        "MoveFileExW",
        "MoveFileExW(REPLACE)",
        "FileRenameInformation(REPLACE)",
        "FileRenameInfoEx(POSIX+REPLACE)",
        "NtSetInformationFile(FileRenameInformationEx)",
        "ReplaceFileW",
    }
)
"""The calls that give the source the target's name."""

LabName = Literal["emulated", "windows", "wine", "wine-stock"]


@dataclass(frozen=True)
class Held:
    """What somebody else has open; `by` says how, where that is not simply a handle."""

    object: str
    access: str
    share: str
    section: Section | None = None
    locks_bytes: bool = False
    oplock: str | None = None
    by: str = "handle"


@dataclass(frozen=True)
class Call:
    """A call, and the code it must give."""

    call: str
    on: str
    code: int = 0


@dataclass(frozen=True)
class Answer:
    """What a call gives, with the call after it: the codes it may give, and that of the other."""

    codes: frozenset[int]
    then: int | None


@dataclass(frozen=True)
class Difference:
    """How Wine answers otherwise than Windows, and why.

    `code` is what the call gives, `then` the one after it; with `litter` a refused call leaves a file.
    """

    why: str
    litter: bool = False
    code: int | None = None
    then: int | None = None


@dataclass(frozen=True)
class Case:
    """One row of the table with every choice made.

    `codes` are the ones Windows may answer with; `semantics` is ``None`` where it does not matter.
    """

    line: int
    group: str
    case: str
    call: str
    codes: frozenset[int]
    cites: tuple[str, ...] = ()
    source: str = "file"
    target: str = "absent"
    held: Held | None = None
    first: tuple[Call, ...] = ()
    on: str = "source"
    semantics: DeleteSemantics | None = None
    then: Call | None = None
    waits: bool = False
    unsettled: str = ""
    impossible: str = ""
    not_modelled: tuple[tuple[str, str], ...] = ()
    wine: Difference | None = None
    stock_wine: Difference | None = None

    def __str__(self) -> str:
        facts = [f"{self.group}{self.line}", self.call, f"on {self.on}"]
        facts += [f"{self.source} to {self.target}"] if self.call in RENAMES else []
        if held := self.held:
            how = [held.access, held.share, held.section, held.oplock]
            facts.append(f"{held.object} held {' '.join(word for word in how if word)} by {held.by}")
        return ", ".join([*facts, *([self.semantics] if self.semantics else [])])

    @property
    def is_verified(self) -> bool:
        """Whether public sources settle the answer of Windows."""
        return UNVERIFIED not in self.cites and not self.unsettled

    def reason_to_skip(self, lab: LabName, native: DeleteSemantics) -> str:
        """Why `lab` cannot run this case; empty if it can. `native`: how its volume deletes."""
        if self.semantics == "classic" and lab.startswith("wine"):
            return "Wine's deletes are neither classic nor POSIX"
        if lab == "windows" and self.semantics not in {None, native}:
            return f"the volume here does not delete with {self.semantics} semantics"
        family = "wine" if lab.startswith("wine") else lab
        return self.impossible or dict(self.not_modelled).get(family, "")

    def litters_on(self, lab: LabName) -> bool:
        """Whether a refused call is known to leave a file."""
        return self.wine is not None and self.wine.litter and lab.startswith("wine")

    def differences_on(self, lab: LabName) -> Iterator[Difference]:
        """Yield how `lab` is known to answer otherwise than Windows."""
        for name, difference in (("wine", self.wine), ("wine-stock", self.stock_wine)):
            if difference is not None and lab.startswith(name):
                yield difference

    @property
    def documented(self) -> Answer:
        """The answer of Windows."""
        return Answer(self.codes, self.then.code if self.then else None)

    def answers_on(self, lab: LabName) -> list[Answer]:
        """The answers that `lab` may give: that of Windows, and the one that Wine is known to give.

        Versions of Wine differ: a later one may have learned what Windows answers.
        """
        answer = self.documented
        for difference in self.differences_on(lab):
            answer = Answer(
                answer.codes if difference.code is None else frozenset({difference.code}),
                answer.then if difference.then is None else difference.then,
            )
        return list(dict.fromkeys([self.documented, answer]))


def rows() -> Iterator[dict[str, Any]]:
    """The rows of the table as they are written."""
    yield from tomllib.loads(TABLE.read_text("utf-8"))["rows"]


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the table."""
    return tuple(case for row in rows() for case in _cases_of(row))


def _cases_of(row: dict[str, Any]) -> Iterator[Case]:
    """Make every choice that a row leaves open, in every combination."""
    held = row.get("held", {})
    choices: dict[str, Any] = {
        key: row[key] for key in ("source", "target", "call", "semantics") if key in row
    }
    choices |= {f"held.{key}": value for key, value in held.items()}
    for chosen in product(*map(_as_list, choices.values())):
        facts: dict[str, Any] = row | dict(zip(choices, chosen, strict=True))
        holder = {key: facts.pop(f"held.{key}") for key in held}
        facts["held"] = Held(**holder) if holder else None
        facts["codes"] = frozenset(_as_list(facts.pop("code")))
        facts["cites"] = tuple(facts.get("cites", ()))
        facts["first"] = tuple(Call(**call) for call in facts.get("first", ()))
        facts["then"] = Call(**facts["then"]) if "then" in facts else None
        facts["not_modelled"] = tuple(facts.get("not_modelled", {}).items())
        for name in ("wine", "stock_wine"):
            if name in facts:
                facts[name] = Difference(**facts[name])
        yield Case(**facts)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
