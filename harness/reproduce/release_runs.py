"""Run releases of programs under the denials of their scenarios, each if it is not kept already.

What cannot be run here is ``unknown`` with the reason; the rest is run all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from harness.errors import CodeNotAllowedError, HarnessError, NotSupportedError
from harness.preload.denial import Denial
from harness.reproduce.denial_lab import Lab
from harness.reproduce.ending import Ended
from harness.reproduce.execution import Execution
from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.reproduce.lab_names import LabName, lab_here
from harness.reproduce.labs import lab_named
from harness.reproduce.layout import lay_out, require_success
from harness.reproduce.load_programs import LoadedProgram
from harness.reproduce.model import ExpectedOf, ProgramScenario
from harness.reproduce.outcome import ProgramOutcome, ReleaseOutcome, Reproduction, SeenAttempt
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.reproduce.undisturbed import Undisturbed
from harness.text import joined


def require_allowed(programs: Sequence[LoadedProgram], *, allow_code: bool) -> None:
    """Raise `CodeNotAllowedError` unless all are shipped ones, or `allow_code` is given."""
    for program in programs:
        if not (program.shipped or allow_code):
            raise CodeNotAllowedError(
                f"{program.name} runs a program, and is not a shipped scenario",
                hint="Read it; then --allow-code runs it.",
            )


def without_releases(program: LoadedProgram) -> ProgramOutcome:
    """Return the outcome of a program of which no release has run yet."""
    scenario = program.scenario
    return ProgramOutcome(
        name=program.name,
        title=scenario.title,
        reports=scenario.reports,
        lab=lab_here(scenario.lab),
        scenario_sha256=program.sha256,
        releases=[],
    )


class ReleaseRuns:
    """Runs of releases, in labs that are set up once; `release_runs` makes one."""

    def __init__(
        self, stack: ExitStack, keep: KeptOutcomes | None, announce: Callable[[str], None]
    ) -> None:
        self._labs = _Labs(stack, announce)
        self._keep = keep

    def kept(self, program: LoadedProgram, version: str) -> ReleaseOutcome | None:
        """The outcome that is kept. Raises `InvalidInputError` for a file that is none."""
        if self._keep is None:
            return None
        lab = lab_here(program.scenario.lab)
        return self._keep.get(program.name, version, program.sha256, lab)

    def run(self, program: LoadedProgram, version: str) -> ReleaseOutcome:
        """Run a release, and keep how it ended. Raises `OSError` if that cannot be written."""
        outcome = _release(program.scenario, version, self._labs)
        if self._keep is not None:
            self._keep.put(without_releases(program).model_copy(update={"releases": [outcome]}))
        return outcome


@contextmanager
def release_runs(keep: KeptOutcomes | None, announce: Callable[[str], None]) -> Iterator[ReleaseRuns]:
    """Runs of releases, whose labs are set up when they are needed."""
    with ExitStack() as stack:
        yield ReleaseRuns(stack, keep, announce)


class _Labs:
    """The labs that are needed, each set up once, or the reason why it cannot be."""

    def __init__(self, stack: ExitStack, announce: Callable[[str], None]) -> None:
        self._stack = stack
        self._announce = announce
        self._labs: dict[LabName, Lab | NotSupportedError] = {}

    def named(self, name: LabName) -> Lab:
        """The lab. Raises `NotSupportedError` each time if it cannot be set up."""
        if name not in self._labs:
            try:
                self._labs[name] = self._stack.enter_context(lab_named(name, self._announce))
            except NotSupportedError as error:
                self._labs[name] = error
        lab = self._labs[name]
        if isinstance(lab, NotSupportedError):
            raise lab
        return lab


def _release(scenario: ProgramScenario, version: str, labs: _Labs) -> ReleaseOutcome:
    expected = [each for each in scenario.expect if version in each.releases]
    try:
        run, how = executed(scenario, version, labs.named(lab_here(scenario.lab)))
    except HarnessError as error:
        reason = " ".join(f"{error.message}. {error.hint or ''}".split())
        return _outcome(version, None, Ended("unknown", reason), expected)
    return _outcome(version, run, how, expected)


def executed(scenario: ProgramScenario, version: str, lab: Lab) -> tuple[Execution, Ended]:
    """Run a release under the denials of a scenario; return the run, and how it ended.

    Raises `PayloadUnavailableError` if an archive cannot be had, and `HarnessError` if the program does
    not do undisturbed what it is to do.
    """
    with sandbox(lab) as box:
        lay_out(scenario, version, box)
        undisturbed = Undisturbed(lambda: _undisturbed(scenario, box), scenario.any_content)
        denials = [each.denial for each in scenario.denied]
        run = _run(scenario, box, denials, undisturbed.runs)
        return run, undisturbed.ended(run)


def _undisturbed(scenario: ProgramScenario, box: Sandbox) -> Execution:
    run = _run(scenario, box)
    require_success(run, "undisturbed")
    return run


def _run(
    scenario: ProgramScenario,
    box: Sandbox,
    denials: Sequence[Denial] = (),
    undisturbed: Sequence[Execution] = (),
) -> Execution:
    return box.run(
        scenario.command,
        environment=scenario.environment,
        denials=denials,
        undisturbed=undisturbed,
        timeout_s=scenario.time_limit_s,
    )


def _outcome(
    version: str, run: Execution | None, how: Ended, expected: Sequence[ExpectedOf]
) -> ReleaseOutcome:
    found, why = _judged(run, how, expected)
    holds = run.holds if run else None
    return ReleaseOutcome(
        version=version,
        ending=how.ending,
        reason=how.reason,
        exit_code=run.exit_code if run else None,
        elapsed_s=round(run.elapsed_s, 2) if run else 0.0,
        attempts=_seen(run) if run and holds is None else None,
        denied_by=holds.words if holds else None,
        left_besides=list(how.difference.besides),
        expected=[ending for each in expected for ending in each.endings],
        found=found,
        why=why,
    )


def _seen(run: Execution) -> list[SeenAttempt]:
    begun_ms = run.attempts[0].at_ms if run.attempts else 0.0
    return [
        SeenAttempt(
            at_ms=round(each.at_ms - begun_ms, 3), denied=each.done == "denied", error=each.error
        )
        for each in run.attempts
    ]


def _judged(
    run: Execution | None, how: Ended, expected: Sequence[ExpectedOf]
) -> tuple[Reproduction, str]:
    """Decide whether a run is as expected; return why not, too."""
    wanted = {ending for each in expected for ending in each.endings}
    if run is None or (how.ending == "unknown" and "unknown" not in wanted):
        return "unknown", how.reason
    wrong = [why for each in expected for why in _wrong(run, how, each)]
    return ("not reproduced", "; ".join(wrong)) if wrong else ("reproduced", "")


def _wrong(run: Execution, how: Ended, expected: ExpectedOf) -> Iterator[str]:
    if how.ending not in expected.endings:
        yield f"{how.ending} instead of {joined(expected.endings, ' or ')}"
    says = expected.says
    if says is not None and not any(says.lower() in line.lower() for line in run.output):
        yield f"it does not say {says!r}, but {run.last_words!r}"
    if expected.attempts is not None and run.holds is None:  # else they are not known
        least, most = expected.attempts
        number = len(run.attempts)
        if not least <= number <= most:
            yield f"{number} attempts instead of {least} to {most}"
