"""Draw the conclusion of a self-test: which numbers may be trusted, and whether the rules hold.

An outcome is trusted if the primitive was tried, and nothing that outcomes depend on differs. Silence is
no proof: what could not be tried is not trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.platform.base import PlatformName
from harness.platform.self_test.report import (
    PRIMITIVES,
    UNANSWERED,
    Bearing,
    CheckResult,
    Doubt,
    Finding,
    Machine,
    Primitive,
)
from harness.text import counted, joined


@dataclass(frozen=True)
class Conclusion:
    """The answer in one sentence, what it rests on, and whether the documented rules hold."""

    answer: str
    rules: str
    trusted: tuple[Primitive, ...]
    times_trusted: bool
    doubts: tuple[Doubt, ...]


def conclude(machine: Machine, checks: Sequence[CheckResult]) -> Conclusion:
    """Say which numbers of a machine may be trusted."""
    platform, system = machine.platform, machine.system
    findings = [finding for check in checks for finding in check.findings]
    whys = {primitive: _doubt(primitive, findings) for primitive in PRIMITIVES}
    trusted = tuple(primitive for primitive, why in whys.items() if why is None)
    times = _times_doubt(platform, findings)
    doubts = [Doubt(numbers=name, why=why) for name, why in whys.items() if why is not None]
    if times is not None:
        doubts.append(Doubt(numbers="times", why=times))
    answer = _answer(platform, system, trusted, doubts) + _again(checks)
    return Conclusion(answer[:4000], _rules(findings), trusted, times is None, tuple(doubts))


def _about(findings: Sequence[Finding], bearing: Bearing) -> list[Finding]:
    return [finding for finding in findings if finding.bearing == bearing]


def _doubt(primitive: Primitive, findings: Sequence[Finding]) -> str | None:
    """The reason not to trust outcomes of a primitive."""
    bearing = _about(findings, "outcomes")
    about = [finding for finding in bearing if not finding.primitives or primitive in finding.primitives]
    for finding in about:
        if finding.verdict == "differs":
            return _spelled(finding)
    if not any(
        finding.verdict == "as expected" and primitive in finding.primitives for finding in about
    ):
        return next((_spelled(each) for each in about if each.verdict in UNANSWERED), "it was not tried")
    return None


def _times_doubt(platform: PlatformName, findings: Sequence[Finding]) -> str | None:
    if platform == "wine":
        return "they are those of Wine"
    if platform == "emulated":
        return "they are virtual"
    about = _about(findings, "times")
    for finding in about:
        if finding.verdict == "differs":
            return _spelled(finding)
    if not any(finding.verdict == "as expected" for finding in about):
        return "they were not tried"
    return None


def _spelled(finding: Finding) -> str:
    return f"{finding.what}: {finding.found}"[:600]


def _answer(
    platform: PlatformName, system: str, trusted: Sequence[Primitive], doubts: Sequence[Doubt]
) -> str:
    if platform == "emulated":
        return (
            f"Nothing of Windows was checked, for this is {system}: numbers of the emulation are never "
            "measurements of Windows. Run the self-test there, or under Wine with --platform wine."
        )
    where = "this machine's numbers" if platform == "windows" else "outcomes under Wine"
    if not trusted:
        return (
            f"No: {where} may not be trusted for any primitive; {joined(list(_reasons(doubts)), '; ')}."
        )
    which = "all primitives" if len(trusted) == len(PRIMITIVES) else joined(trusted)
    if not doubts:
        return f"Yes: {where} may be trusted, outcomes and times, for {which}."
    return (
        f"In part: {where} may be trusted for {which}; not for {joined(list(_reasons(doubts)), '; ')}."
    )


def _again(checks: Sequence[CheckResult]) -> str:
    """What to do about checks that were cut short."""
    cut = [check.name for check in checks if any(f.verdict == "out of time" for f in check.findings)]
    if not cut:
        return ""
    return (
        f" The time was over before {joined(cut)} had all answers: test again when this machine has "
        "less to do. If the same is cut short again, something there hangs: please report it, with "
        "the file that --send writes."
    )


def _reasons(doubts: Sequence[Doubt]) -> Iterator[str]:
    """Each reason once, with all that it puts in doubt."""
    for why in dict.fromkeys(doubt.why for doubt in doubts):
        yield f"{joined([doubt.numbers for doubt in doubts if doubt.why == why])} ({why})"


def _rules(findings: Sequence[Finding]) -> str:
    """Whether the documented rules, those of the emulated platform, hold here."""
    about = _about(findings, "rules")
    holding = sum(finding.verdict == "as expected" for finding in about)
    differing = [finding.what for finding in about if finding.verdict == "differs"]
    answered = [f"{each.what}: {each.found}" for each in about if each.verdict == "open"]
    if not about or all(finding.verdict in UNANSWERED for finding in about):
        return "The documented sharing rules were not tried."
    known = sum(finding.verdict == "known" for finding in about)
    tried = counted(holding + known + len(differing), "documented sharing rule")
    hold = "all" if not known and not differing else f"{holding:,}"
    words = [f"Of {tried}, {hold} hold here."]
    if known:
        words.append(f"Of {known:,}, Wine is known to do something else.")
    if differing:
        words.append(f"The emulation does not describe this machine in {joined(differing, '; ')}.")
    if answered:
        words.append(f"Open questions, answered here: {joined(answered, '; ')}.")
    return " ".join(words)[:4000]
