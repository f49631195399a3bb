"""Decide what a program made of denials: by what is on disk, not by its exit code alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from harness.reproduce.execution import Execution
from harness.reproduce.tree import TreeDifference, difference, of_any_content
from harness.text import counted, joined, milliseconds

Ending = Literal["ok", "failed", "recovered", "claimed", "vanished", "hung", "unknown"]
ENDINGS: Final[dict[Ending, str]] = {
    "ok": "did what it does undisturbed, by the call that was denied at first",
    "failed": "ended with an error",
    "recovered": "did what it does undisturbed, without the call that was denied",
    "claimed": "ended as if all were well, but what it left is incomplete or wrong",
    "vanished": "ended with an error after its file was taken away",
    "hung": "did not end within the time limit",
    "unknown": "nothing was denied, or it does not run here",
}
CRASHED: Final = "unimplemented function"
"""Wine says so of a function that it lacks, and ends the program (dlls/ntdll/exception.c)."""


NONE: Final = TreeDifference()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and why that is so, in a sentence."""

    ending: Ending
    reason: str
    difference: TreeDifference = NONE


def ended(run: Execution, undisturbed: Sequence[Execution], any_content: Sequence[str] = ()) -> Ended:
    """Decide how a run under denials ended, given at least two undisturbed ones.

    `any_content` are patterns of files that need not have the same content each time.
    """
    crashed = next((line for line in run.output if CRASHED in line), None)
    if crashed is not None:
        return Ended("unknown", f"Wine lacks what it needs: {crashed.strip()}")
    if (why := _why_nothing(run)) is not None:
        return Ended("unknown", why)
    left = difference(*(of_any_content(each.tree, any_content) for each in (run, *undisturbed)))
    if run.exit_code is None:
        return Ended("hung", f"it ran longer than {run.elapsed_s:.0f} s", left)
    if run.exit_code != undisturbed[0].exit_code:
        taken = any(each.done == "quarantined" for each in run.attempts)
        code = f"exit code {run.exit_code}"
        return Ended("vanished" if taken else "failed", run.last_words or code, left)
    if not left.is_complete:
        return Ended("claimed", _incomplete(left), left)
    if run.holds is not None and (why := run.holds.why_unsure) is not None:
        return Ended("unknown", why, left)
    if _reached(run):
        return Ended("ok", _after(run), left)
    return Ended("recovered", "what was denied never succeeded, and all is there", left)


def _why_nothing(run: Execution) -> str | None:
    """Why nothing was denied; ``None`` if something was."""
    if run.holds is not None:
        return run.holds.why_nothing
    was_denied = any(each.done != "passed" for each in run.attempts)
    return None if was_denied else "it made no call that was to be denied"


def _after(run: Execution) -> str:
    if run.holds is not None:
        return f"its call succeeded at {milliseconds(run.holds.through_ms[0])}, after the hold"
    return f"after {counted(_denied(run), 'denied attempt')}"


def _reached(run: Execution) -> bool:
    """Whether what was denied succeeded later, under the same rule: its file may have a fresh name."""
    if run.holds is not None:
        return bool(run.holds.through_ms)
    denied = {each.rule for each in run.attempts if each.done == "denied"}
    return any(each.rule in denied and not each.failed for each in run.attempts)


def _denied(run: Execution) -> int:
    return sum(each.done == "denied" for each in run.attempts)


def _incomplete(left: TreeDifference) -> str:
    parts = []
    if left.missing:
        parts.append(f"missing: {joined(left.missing, most=3)}")
    if left.wrong:
        parts.append(f"of other content: {joined(left.wrong, most=3)}")
    return "; ".join(parts)
