"""What must be said with the numbers of a run: what they may claim, and what they leave out.

The same notes stand under the tables of a terminal and in the Markdown of a pull request.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.summary.phrase import Command, Phrase, Value, listed
from harness.text import counted, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.holds.profile import Profile
    from harness.record.manifest import Manifest
    from harness.record.read import Run
    from harness.summary.summarise import CaseSummary

CLAIMS = {
    "emulated": "Emulated: documented sharing rules of Windows on a virtual clock. It shows what a "
    "policy does against a hold, not how often a machine holds files, nor how fast Windows is.",
    "wine": "Wine: the Windows code, real handles, not Windows' own rules or times.",
    "windows": "Windows: real handles, real time.",
}
QUANTILES = (
    "Median and 95th percentile are of the time to persist over all trials, failed ones counting "
    "as never; 'failing' is the mean time spent on a trial that failed."
)


@dataclass(frozen=True)
class Note:
    """One note: a remark on what numbers mean, a caution in reading them, or a fault of the run."""

    phrase: Phrase
    weight: Literal["remark", "caution", "fault"] = "remark"


def extent(case: CaseSummary) -> str:
    """The platforms and the size of a case."""
    return f"{', '.join(case.platforms)}, {counted(case.blocks, 'block')}"


def case_notes(case: CaseSummary, run: Run) -> Iterator[Note]:
    """What belongs under the table of one case."""
    entry = run.entry(case.scenario)
    if entry is None or case.profile not in entry.profiles:
        yield Note(("The manifest does not know this scenario or profile.",), "fault")
        return
    profile = entry.profiles[case.profile]
    evidence = _evidence(profile)
    if evidence:
        yield Note((Value(profile.title), f": {evidence}."))
    if profile.ambient is not None:
        words = (
            "Nothing is injected: strategies met whatever the machine did at the time, and blocks pair "
            "them in time only."
        )
        yield Note((words,))
    if case.failed_holds:
        codes = ", ".join(f"error {code} ({count})" for code, count in case.failed_holds.items())
        words = f"Holds that could not be taken, so that nothing was held: {codes}."
        yield Note((words,), "caution")
    if profile.holds and case.blocks_without_holds:
        words = (
            f"No hold met an operation in {case.blocks_without_holds} of "
            f"{counted(case.blocks, 'block')}: there, every strategy succeeds at once."
        )
        yield Note((words,), "caution")
    if not profile.comparable:
        words = "Holds end with the strategy's own failures here: do not compare strategies."
        yield Note((words,), "fault")
    if case.void_blocks:
        yield Note(
            (
                f"Void and left out: {counted(case.void_blocks, 'block')}, for ",
                *_void_reasons(case),
                ".",
            ),
            "caution",
        )
    errors = sum(row.harness_errors for row in case.rows)
    if errors:
        words = f"Left out of rates: {counted(errors, 'trial')} that ended as harness-error, such as: "
        details = sorted({trial.detail for trial in run.trials if trial.detail})
        yield Note((words, Value(details[0]) if details else "no detail"), "fault")


def _evidence(profile: Profile) -> str:
    """Which parameters of the holds are measured, which are bounds, which assumed."""
    evidence: dict[str, list[str]] = {"measured": [], "bound": [], "assumed": []}
    for number, hold in enumerate(profile.holds, 1):
        for name in ("handle", "probability", "delay", "duration"):
            label = name if len(profile.holds) == 1 else f"{name} of hold {number}"
            evidence[getattr(hold, name).evidence].append(label)
    return "; ".join(f"{', '.join(names)} {kind}" for kind, names in evidence.items() if names)


def _void_reasons(case: CaseSummary) -> Iterator[str | Value]:
    for number, (reason, count) in enumerate(case.void_reasons.items()):
        yield ", " if number else ""
        yield Value(reason)
        yield f" ({count})"


def claims(run: Run) -> Iterator[Note]:
    """What the numbers of a run may claim, and how to read them."""
    for platform in sorted({trial.platform for trial in run.trials}):
        yield Note((*_which_wine(run, platform), CLAIMS[platform]))
    yield Note((QUANTILES,))


def _which_wine(run: Run, platform: str) -> Phrase:
    """Which Wine it was, and whose rules it went by: its results depend on both."""
    if platform != "wine":
        return ()
    facts = run.manifest.platform_facts
    return ("Wine ", Value(str(facts.get("wine"))), ", rules ", Value(str(facts.get("rules"))), ". ")


def antivirus(run: Run) -> Note:
    """What is proved about the antivirus of the machine, and how."""
    state = run.manifest.antivirus
    evidence = listed(state.evidence, "; ")
    return Note((f"Antivirus: {state.state} (", *evidence, ")."))


def missing_trials(run: Run, shown_as: str) -> Iterator[Note]:
    """That a run is not finished, and how to go on with it; its folder is `shown_as`."""
    planned = planned_trials(run.manifest)
    missing = 0 if planned is None else planned - len(run.trials)
    if missing:
        command = Command(f"harness run --resume {quoted(shown_as)}")
        words = f"Not run yet: {counted(missing, 'planned trial')}; "
        yield Note((words, command, " goes on."), "caution")


def planned_trials(manifest: Manifest) -> int | None:
    """How many trials a run is planned to have; ``None`` if time limits it."""
    total = 0
    for entry in manifest.scenarios:
        if entry.blocks is None:
            return None
        factors = entry.scenario.factors.model_dump(exclude_none=True)
        variants = len(entry.strategies) * math.prod(len(values) for values in factors.values())
        total += entry.blocks * variants * len(entry.profiles)
    return total
