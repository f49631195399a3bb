"""Notes: what must be said with the numbers of a run, what they may claim and what they leave out.

Terminal, Markdown, JSON readers and reports get the same notes, each with the same weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from harness.record.damage import left_out
from harness.summary.columns import rests_on_calls
from harness.summary.model import CaseSummary, RunAbout, RunSummary, VariantSummary
from harness.summary.phrase import Command, Phrase, Value, listed
from harness.summary.rate_words import named
from harness.text import counted, milliseconds, quoted

Weight = Literal["remark", "caution", "fault"]

CLAIMS: Final = {
    "emulated": "Emulated: Windows' documented sharing rules on a virtual clock. This shows how a "
    "strategy copes with a hold, not how often files are held or how fast Windows is.",
    "wine": "Wine: the Windows code and real handles, but not the rules or times of Windows.",
    "windows": "Windows: real handles, real time.",
}
QUANTILES: Final = (
    "Median and 95th percentile are of the time to persist over all trials; failed trials count as "
    "infinite. 'fails after' is the mean time spent on a failed trial."
)
OUTCOMES: Final = {
    "exhausted": "the strategy gave up on an error that it retries",
    "not-retried": "the strategy does not retry this error, or not in this situation",
    "vanished": "the source is gone, as after a quarantine, or a scanner refuses it as a virus",
    "damaged": "persisted, but the bytes are wrong",
}
ENOUGH_FOR_P95: Final = 20
"""With fewer values, the 95th percentile is the largest one."""


@dataclass(frozen=True)
class Note:
    """One note: a remark on what numbers mean, a caution in reading them, or a fault of the run."""

    phrase: Phrase
    weight: Weight = "remark"


def case_notes(case: CaseSummary, *, remarks: bool = True) -> Iterator[Note]:
    """Notes that belong under the table of a case; with `remarks` on the strategies of its scenario."""
    if not case.profile_known:
        yield Note(("The manifest does not have this scenario or profile.",), "fault")
    if case.evidence is not None:
        yield Note((Value(case.evidence.title), f": {case.evidence.words}."))
        for holder in case.evidence.held_by:
            yield Note(("Held by ", Value(holder.product), f"{holder.words}."))
    yield from _about_holds(case)
    yield from _cautions(case.remarks if remarks else ())
    if case.attempt_cost_ms is not None and any(map(partial(_is_marked, case), case.variants)):
        each_ms = milliseconds(case.attempt_cost_ms)
        yield Note((f"Half or more of a time with * is calls of {each_ms} (assumed).",))
    if 0 < case.blocks < ENOUGH_FOR_P95:
        words = (
            f"Too few blocks ({case.blocks}) for a 95th percentile: it is the time of the slowest trial."
        )
        yield Note((words,))
    if not case.comparable:
        words = "Holds end with the strategy's own failures here: do not compare strategies."
        yield Note((words,), "fault")
    if case.void_blocks:
        words = f"Void and left out: {counted(case.void_blocks, 'block')}"
        yield Note((words, *_reasons(case.void_reasons), *_ends(case.void_outcomes), "."), "caution")
    if case.harness_errors:
        words = f"Left out of rates: {counted(case.harness_errors, 'trial')} that ended as harness-error"
        detail: Phrase = (", such as: ", Value(case.error_detail)) if case.error_detail else (".",)
        yield Note((words, *detail), "fault")


def _about_holds(case: CaseSummary) -> Iterator[Note]:
    if case.ambient is not None:
        words = (
            "Nothing is injected: strategies were exposed to whatever the machine did at the time, and "
            "blocks pair them in time only."
        )
        yield Note((words,))
    if case.ambient is not None and case.ambient.stage_ms is not None:
        words = (
            f"To lay files down and to remove them took {milliseconds(case.ambient.stage_ms)} at the "
            "median. What a scanner does inside open and close is in that, not in times to persist."
        )
        yield Note((words,))
    if case.failed_holds:
        codes = ", ".join(f"error {code} ({count:,})" for code, count in case.failed_holds.items())
        yield Note((f"Holds that could not be taken, so nothing was held: {codes}.",), "caution")
    for part in case.parts:
        if part.failed_installs:
            failed = f"{part.failed_installs:,} of {counted(part.installs, 'install')} failed"
            yield Note((*named([part.strategy]), f": {failed}."))
        if part.failed_excused_steps:
            failed = f"{part.failed_excused_steps:,} of {counted(part.excused_steps, 'step')}"
            yield Note((*named([part.strategy]), f": {failed} that may fail did."))
    for process in case.processes:
        if process.errors:
            codes = ", ".join(f"error {code} ({count:,})" for code, count in process.errors.items())
            denied = f"{sum(process.errors.values()):,} of {counted(process.openings, 'time')}"
            yield Note((Value(process.name), f" could not open its place {denied}: {codes}."))
    if case.slow_holds:
        words = (
            f"{counted(case.slow_holds, 'hold')} began late, up to {milliseconds(case.slowest_open_ms)} "
            "after it was asked for: something, such as a scanner, keeps opens waiting. They count."
        )
        yield Note((words,), "caution")


def _cautions(texts: Iterable[str]) -> Iterator[Note]:
    return (Note((Value(text),), "caution") for text in texts)


def _is_marked(case: CaseSummary, variant: VariantSummary) -> bool:
    return bool(variant.trials) and rests_on_calls(variant, case)


def _reasons(reasons: dict[str, int]) -> Iterator[str | Value]:
    for number, (reason, count) in enumerate(reasons.items()):
        yield ", " if number else ", for "
        yield Value(reason)
        yield f" ({count})"


def _ends(outcomes: dict[str, int]) -> Iterator[str]:
    """How the trials of void blocks ended: blocks must not be void because something was slow."""
    if outcomes:
        found = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(outcomes.items()))
        yield f"; their trials ended as: {found}"


def claims(cases: Iterable[CaseSummary]) -> Iterator[Note]:
    """The claims that the numbers of these cases support, and the definitions of their words."""
    shown = list(cases)
    for name in sorted({case.platform for case in shown}):
        yield Note((CLAIMS[name],))
    if shown:
        yield Note((QUANTILES,))
    found = {name for case in shown for variant in case.variants for name in variant.outcomes}
    if words := "; ".join(f"'{name}': {words}" for name, words in OUTCOMES.items() if name in found):
        yield Note((f"Outcome {words}.",))


def platform(run: RunSummary) -> Note:
    """The platform and machine that a run was on, and the seed of its draws."""
    return Note((f"Platform: {run.platform}, on ", Value(run.machine), f", with seed {run.seed}."))


def machine_notes(run: RunSummary) -> Iterator[Note]:
    """The platform and machine of a run, and its antivirus where one could have a part in it."""
    yield platform(run)
    if run.platform != "emulated":
        yield antivirus(run)


def antivirus(run: RunAbout) -> Note:
    """The proved state of the machine's antivirus, with its evidence; a caution where it matters."""
    state = run.antivirus
    evidence: Phrase = (" (", *listed(state.evidence, "; "), ")") if state.evidence else ()
    unproved = state.state == "unknown" and run.platform == "windows"
    return Note((f"Antivirus: {state.state}", *evidence, "."), "caution" if unproved else "remark")


def run_notes(run: RunAbout, shown_as: str | None = None) -> Iterator[Note]:
    """Notes about a damaged or incomplete run, with the command to complete it as `shown_as`."""
    planned = run.planned_trials or 0
    yield from integrity_notes(run)
    if 0 < planned < run.trials:
        words = f"The journal has {run.trials:,} trials, and the manifest plans {planned:,}: "
        yield Note((words, "one of them was changed."), "fault")
    if not run.trials or planned > run.trials:
        words = f"Not run yet: {counted(planned - run.trials, 'planned trial')}."
        if not run.trials:
            words = (
                f"No trials recorded yet: 0 of {planned:,}." if planned else "No trials recorded yet."
            )
        command = Command(f"harness run --resume {quoted(shown_as or '')}")
        rest: Phrase = () if shown_as is None else (" Complete the run with ", command, ".")
        yield Note((words, *rest), "caution")
    if run.torn:
        words = "The run was stopped while it wrote: the last line is cut off and left out."
        yield Note((words,), "caution")


def integrity_notes(run: RunAbout) -> Iterator[Note]:
    """Notes about a run whose files are not as they were written, or that do not tell."""
    if run.manifest == "changed":
        words = (
            "The manifest is not as it was written (its check sum does not match), so what it says of "
            "seed, plan, profiles and strategies may be wrong. Restore it from a copy."
        )
        yield Note((words,), "fault")
    if run.manifest == "unchecked":
        words = "Recorded by an older version, without check sums: damage may go unnoticed."
        yield Note((words,), "caution")
    if run.damaged:
        words, details = left_out(run.damaged, run.damage)
        yield Note((f"{words} (", *listed(details, "; "), "). All other trials are sound."), "fault")
