"""What machines answered to the table of sharing rules: files of self-tests, and rows made from them.

The table says what is documented, and the emulated platform follows it. What was seen stands beside it;
a difference is shown and changes nothing. What a user adds is kept in the user's data folder, not in the
package: a package may be read-only, and an update replaces it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import platformdirs
from pydantic import ValidationError

from harness.errors import InvalidFilesError, InvalidInputError, Problem, StorageFullError, room_in
from harness.holds.sharing_rules_table import Case, cases
from harness.holds.strict import Strict
from harness.outside_files import read_regular
from harness.platform.self_test.report import Machine, SeenCase
from harness.record.sent_self_test import HINT, MOST_BYTES, read_sent
from harness.scenario.problems import problems_of
from harness.text import joined

MOST_FILES: Final = 1000
SUFFIX: Final = ".json"


class SeenOnMachine(Strict):
    """What one machine answered: the part of a self-test that is kept."""

    machine: Machine
    """The machine."""
    seen: tuple[SeenCase, ...]
    """What each case of the table gave."""


def data_folder() -> Path:
    """The folder of what users add: ``HARNESS_DATA``, or the user's data folder for this system."""
    chosen = os.environ.get("HARNESS_DATA")
    return Path(chosen) if chosen else platformdirs.user_data_path("persist-harness", appauthor=False)


def seen_folder() -> Path:
    """The folder of what machines answered."""
    return data_folder() / "seen-rules"


@dataclass(frozen=True)
class Added:
    """What came of a file: whether its machine was new, and how many cases the table does not have."""

    machine: Machine
    is_new: bool
    cases: int
    unknown: int


def add_seen(paths: Sequence[Path]) -> list[Added]:
    """Add files of self-tests: all of them, or none if one is wrong.

    Raises `InvalidFilesError` with all problems of all files, or another error for users.
    """
    known = {str(case) for case in cases()}
    problems: list[Problem] = []
    found: list[tuple[SeenOnMachine, int]] = []
    for path in paths:
        try:
            report = read_sent(path)
        except InvalidFilesError as error:
            problems += error.problems
            continue
        except InvalidInputError as error:
            problems.append(Problem(str(path), "the file", error.message.removeprefix(f"{path}: ")))
            continue
        seen = tuple(each for each in report.seen if each.case in known)
        unknown = len(report.seen) - len(seen)
        found.append((SeenOnMachine(machine=report.machine, seen=seen), unknown))
    if problems:
        raise InvalidFilesError(problems, not_done="added", hint=HINT)
    folder = seen_folder()
    if len(_files(folder)) + len(found) > MOST_FILES:
        raise StorageFullError(
            f"{folder} has {MOST_FILES:,} files, and takes no more", hint="Remove some of them."
        )
    return [Added(each.machine, _keep(folder, each), len(each.seen), unknown) for each, unknown in found]


def _keep(folder: Path, seen: SeenOnMachine) -> bool:
    """Write what a machine answered, unless it is there."""
    content = seen.model_dump_json(indent=1, exclude_defaults=True).encode()
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}{SUFFIX}"
    if path.exists():
        return False
    with room_in(path, hint="HARNESS_DATA chooses another folder."):
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    return True


def read_seen() -> list[SeenOnMachine]:
    """All that was added. Raises `InvalidFilesError` for a file that somebody changed."""
    found: list[SeenOnMachine] = []
    problems: list[Problem] = []
    for path in _files(seen_folder())[:MOST_FILES]:
        try:
            found.append(SeenOnMachine.model_validate_json(read_regular(path, 2 * MOST_BYTES)))
        except ValidationError as error:
            problems += problems_of(error, str(path), SeenOnMachine)
    if problems:
        raise InvalidFilesError(problems, not_done="shown", hint="Remove the file, and add it again.")
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


@dataclass(frozen=True)
class SeenOn:
    """What machines of one kind answered to a rule."""

    system: str
    """The system with its build or version."""
    file_system: str
    """The file system of the tested folders."""
    machines: int
    """Number of machines, or of tested folders."""
    codes: dict[str, int]
    """How often each Win32 code was the answer, over the cases of the rule."""
    differs: bool
    """Whether an answer is none of the documented ones."""


@dataclass(frozen=True)
class Rule:
    """A documented rule, and what was seen of it."""

    rule: int
    """Number of the rule."""
    case: str
    """What is held, and what is tried."""
    calls: list[str]
    """The calls."""
    documented: list[int]
    """The Win32 codes that Windows may answer with, as far as is documented; 0 is success."""
    verified: bool
    """Whether public sources settle it."""
    wine: str | None
    """How Wine is known to answer otherwise, and why; which versions do."""
    seen: list[SeenOn]
    """What was seen, by system and file system."""


@dataclass(frozen=True)
class RulesReport:
    """The JSON of ``harness rules --json``."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    answer: str
    """Whether what was seen is what is documented."""
    machines: int
    """Number of self-tests that were added."""
    rules: list[Rule]
    """All rules, in the order of the table."""


def rules_report(added: Sequence[SeenOnMachine]) -> RulesReport:
    """Set what was seen beside what is documented."""
    rules = [
        _rule(list(group), added)
        for _, group in groupby(
            (case for case in cases() if not case.impossible), key=lambda case: (case.line, case.case)
        )
    ]
    return RulesReport(answer=_answer(rules, added), machines=len(added), rules=rules)


def _rule(group: Sequence[Case], added: Sequence[SeenOnMachine]) -> Rule:
    first = group[0]
    documented = {str(case): case.codes for case in group}
    by_system: dict[tuple[str, str], list[Mapping[str, SeenCase]]] = defaultdict(list)
    for each in added:
        answers = {seen.case: seen for seen in each.seen if seen.case in documented}
        if answers:
            by_system[each.machine.system, each.machine.file_system].append(answers)
    difference = first.wine or first.stock_wine
    return Rule(
        rule=first.line,
        case=first.case + (f" ({first.semantics} deletes)" if _is_one_of_two(first, group) else ""),
        calls=list(dict.fromkeys(case.call for case in group)),
        documented=sorted(first.codes),
        verified=first.is_verified,
        wine=difference.why if difference else None,
        seen=[
            SeenOn(
                system=system,
                file_system=file_system,
                machines=len(machines),
                codes=_counted(answer for answers in machines for answer in answers.values()),
                differs=any(
                    answer.code not in documented[answer.case]
                    for answers in machines
                    for answer in answers.values()
                ),
            )
            for (system, file_system), machines in sorted(by_system.items())
        ],
    )


def _is_one_of_two(case: Case, group: Sequence[Case]) -> bool:
    """Whether a rule holds for one kind of deletes only."""
    return case.semantics is not None and len({each.semantics for each in group}) == 1


def _counted(answers: Iterable[SeenCase]) -> dict[str, int]:
    counts = Counter(answer.code for answer in answers)
    return {str(code): counts[code] for code in sorted(counts)}


def _answer(rules: Sequence[Rule], added: Sequence[SeenOnMachine]) -> str:
    real = [each for each in added if each.machine.platform == "windows"]
    if not real:
        seen = "only under Wine" if added else "nowhere"
        return (
            f"These are the documented rules; they were seen {seen}, so far. "
            "`harness doctor --self-test --send FILE` on Windows writes what a machine answers, "
            "`harness rules add FILE` adds it here."
        )
    tried = [rule for rule in rules if any(_is_windows(seen) for seen in rule.seen)]
    odd = [rule for rule in tried if any(seen.differs and _is_windows(seen) for seen in rule.seen)]
    where = joined(sorted({each.machine.system for each in real}), most=4)
    if not odd:
        return f"All {len(tried)} rules that were tried on {where} are as documented."
    numbers = joined([str(number) for number in dict.fromkeys(rule.rule for rule in odd)])
    return (
        f"Of {len(tried)} rules that were tried on {where}, {len(odd)} are not as documented: "
        f"{numbers}. The emulated platform still follows the documents."
    )


def _is_windows(seen: SeenOn) -> bool:
    return seen.system.startswith("Windows")
