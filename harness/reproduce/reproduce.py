"""Reproduce reports: run the releases that a scenario expects something of, and compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.reproduce.load_programs import LoadedProgram
from harness.reproduce.outcome import ProgramOutcome, ReproduceReport
from harness.reproduce.release_runs import ReleaseRuns, release_runs, require_allowed, without_releases
from harness.reproduce.steps_left import StepsLeft


def reproduce(
    programs: Sequence[LoadedProgram],
    *,
    allow_code: bool = False,
    keep: KeptOutcomes | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> ReproduceReport:
    """Reproduce reports, one after the other; `announce` is called with a line for each step.

    What is in `keep` is not run again, and what runs is kept there.

    Raises `CodeNotAllowedError` before anything runs if a scenario is not a shipped one and
    `allow_code` is not given, `InvalidInputError` for a file in `keep` that is no outcome, and
    `OSError` if it cannot be written.
    """
    require_allowed(programs, allow_code=allow_code)
    steps = StepsLeft(sum(len(each.scenario.expected_versions) for each in programs), announce)
    with release_runs(keep, announce) as runs:
        return ReproduceReport(programs=[_program(each, runs, steps) for each in programs])


def _program(program: LoadedProgram, runs: ReleaseRuns, steps: StepsLeft) -> ProgramOutcome:
    releases = []
    for version in program.scenario.expected_versions:
        outcome = runs.kept(program, version)
        if outcome is not None:
            steps.skip()
        else:
            with steps.step(f"{program.name}: {version}"):
                outcome = runs.run(program, version)
        releases.append(outcome)
    return without_releases(program).model_copy(update={"releases": releases})
