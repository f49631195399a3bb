"""Find by running which release of a program is the first that is fixed, or broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.reproduce.bisection import BisectReport, ProgramBisection, ReleaseChange, verdict_on
from harness.reproduce.change_search import Verdict, changes
from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.reproduce.load_programs import LoadedProgram
from harness.reproduce.outcome import ReleaseOutcome
from harness.reproduce.release_runs import ReleaseRuns, release_runs, require_allowed, without_releases


def bisect(
    programs: Sequence[LoadedProgram],
    *,
    allow_code: bool = False,
    keep: KeptOutcomes | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> BisectReport:
    """Bisect the pinned releases of programs; `announce` is called with a line for each run.

    Releases that something is expected of run first, then those in the middle of two that end
    differently. Raises as `harness.reproduce.reproduce.reproduce`.
    """
    require_allowed(programs, allow_code=allow_code)
    with release_runs(keep, announce) as runs:
        return BisectReport(programs=[_program(each, runs, announce) for each in programs])


def _program(
    program: LoadedProgram, runs: ReleaseRuns, announce: Callable[[str], None]
) -> ProgramBisection:
    outcomes: dict[str, ReleaseOutcome] = {}

    def ask(version: str) -> Verdict:
        outcome = runs.kept(program, version)
        if outcome is None:
            announce(f"{program.name}: {version}")
            outcome = runs.run(program, version)
        outcomes[version] = outcome
        return verdict_on(outcome)

    versions = program.scenario.versions
    found = changes(versions, ask, program.scenario.expected_versions)
    ran = [outcomes[version] for version in versions if version in outcomes]
    return ProgramBisection(
        program=without_releases(program).model_copy(update={"releases": ran}),
        changes=[
            ReleaseChange(
                first=each.first,
                ending=outcomes[each.first].ending,
                before=each.before,
                ending_before=outcomes[each.before].ending,
                between=list(each.between),
            )
            for each in found
        ],
        announced=program.scenario.announced.release if program.scenario.announced else None,
        not_run=[version for version in versions if version not in outcomes],
    )
