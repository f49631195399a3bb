"""Try the whole table of sharing rules on a lab, and say rule by rule what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from harness.holds.sharing_rules import DeleteSemantics
from harness.holds.sharing_rules_table import Case, LabName, cases
from harness.platform.rules_lab import MakeLab, Tried, try_case
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding, Primitive, SeenCase, Verdict
from harness.platform.self_test.runner import remove, said
from harness.text import joined

PRIMITIVES_OF: Final[dict[str, tuple[Primitive, ...]]] = {
    "MoveFileExW": ("move",),
    "MoveFileExW(REPLACE)": ("move-replace", "tempfile-persist", "rust-rename"),
    "ReplaceFileW": ("replace-file",),
    "FileRenameInfoEx(POSIX+REPLACE)": ("posix-rename", "rust-rename"),
    "DeleteFileW": ("delete",),
    "FileDispositionInfoEx(DELETE+POSIX)": ("posix-delete",),
}
"""The primitives that end in a call of the table."""


AGAIN: Final = 2
PAUSE_S: Final = 0.3


@dataclass(frozen=True)
class Rules:
    """How to try the table here: the lab, how its volume deletes, and a program that can run."""

    lab: LabName
    make_lab: MakeLab
    native: DeleteSemantics
    program: Callable[[], bytes]


@dataclass(frozen=True)
class _Answer:
    """A case, and what came of it: an answer, or why there is none."""

    case: Case
    tried: Tried | str


def rules_findings(site: Site, check: Check, rules: Rules) -> Iterator[Finding | SeenCase]:
    """Yield what each case gave, and a finding for each rule."""
    for _, group in groupby(cases(), key=lambda case: (case.line, case.case)):
        answers = [_settled(site, case, rules) for case in group]
        for each in answers:
            if isinstance(each.tried, Tried):
                yield SeenCase(case=str(each.case), code=each.tried.code, then=each.tried.then)
        yield _finding(check, answers, rules.lab)


def _settled(site: Site, case: Case, rules: Rules) -> _Answer:
    """Try a case again if it comes out otherwise: a scanner may have been in the way."""
    answer = _answer(site, case, rules)
    for _ in range(AGAIN if rules.lab == "windows" else 0):
        if not _difference(answer, rules.lab):
            break
        time.sleep(PAUSE_S)
        answer = _answer(site, case, rules)
    return answer


def _answer(site: Site, case: Case, rules: Rules) -> _Answer:
    if reason := case.reason_to_skip(rules.lab, rules.native):
        return _Answer(case, reason)
    root = site.folder / "case"
    root.mkdir()
    try:
        return _Answer(case, try_case(case, rules.make_lab, root, rules.program))
    except OSError as error:
        return _Answer(case, f"it could not be tried: {said(error)}")
    finally:
        remove(root)


def _finding(check: Check, answers: Sequence[_Answer], lab: LabName) -> Finding:
    """The finding about one rule, from all of its cases."""
    first = answers[0].case
    codes = " or ".join(str(code) for code in sorted(first.codes)) or "nothing"
    what = f"rule {first.line}: {first.case}"
    tried = [each for each in answers if isinstance(each.tried, Tried)]
    if not tried:
        return check.finding(what, codes, str(answers[0].tried), "not asked")
    odd = [words for each in tried if (words := _difference(each, lab))]
    found = _counted_codes(tried)
    if silent := [str(each.tried) for each in answers if not isinstance(each.tried, Tried)]:
        found += f"; not of {len(silent)}: {silent[0]}"
    verdict: Verdict = "differs" if odd else "as expected"
    if known := [why for each in tried for why in _known_differences(each, lab)]:
        found += f" ({known[0]})"
        verdict = "differs" if odd else "known"
    if odd:
        found += f"; {joined(odd, most=3)}"
    if lab == "windows" and not first.is_verified:
        verdict = "open"
    primitives = dict.fromkeys(p for each in tried for p in PRIMITIVES_OF.get(each.case.call, ()))
    return check.finding(what, codes, found, verdict, primitives=list(primitives))


def _known_differences(answer: _Answer, lab: LabName) -> Iterator[str]:
    """Why an answer is not that of Windows, where that is known."""
    case, tried = answer.case, answer.tried
    if isinstance(tried, str):
        return
    as_on_windows = tried.code in case.documented.codes and tried.then == case.documented.then
    littered = tried.names_changed and tried.code != 0
    if not as_on_windows or littered:
        yield from (difference.why for difference in case.differences_on(lab))


def _counted_codes(tried: Sequence[_Answer]) -> str:
    codes = [each.tried.code for each in tried if isinstance(each.tried, Tried)]
    if len(set(codes)) == 1:
        return f"{codes[0]}" if len(codes) == 1 else f"{codes[0]} in all {len(codes)} cases"
    return joined([f"{code} in {codes.count(code)} cases" for code in sorted(set(codes))])


def _difference(answer: _Answer, lab: LabName) -> str | None:
    """How a case came out otherwise than `lab` is known to answer."""
    case, tried = answer.case, answer.tried
    if isinstance(tried, str):
        return None
    answers = [answer for answer in case.answers_on(lab) if tried.code in answer.codes]
    if not answers:
        return f"{tried.code} for {case}"
    if tried.then not in (expected := [answer.then for answer in answers]):
        return f"then {tried.then} instead of {expected[0]} for {case}"
    if tried.waited != case.waits:
        return f"{'a wait' if tried.waited else 'no wait'} for {case}"
    if tried.code != 0 and tried.names_changed and not case.litters_on(lab):
        return f"a refused call changed names for {case}"
    return f"content that is not where it should be for {case}" if tried.content_moved is False else None
