"""Reproduce reports: run each release of a program undisturbed and under denials, and compare.

What cannot be run here is ``unknown`` with the reason; the rest is run all the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from harness.errors import CodeNotAllowedError, HarnessError, NotSupportedError, PayloadUnavailableError
from harness.reproduce.denial import LabName
from harness.reproduce.denial_lab import Lab, WineLab, lab_named
from harness.reproduce.ending import Ended, ended
from harness.reproduce.execution import Execution
from harness.reproduce.load_programs import LoadedProgram
from harness.reproduce.model import Archived, ExpectedOf, ProgramScenario
from harness.reproduce.outcome import (
    ProgramOutcome,
    ReleaseOutcome,
    ReproduceReport,
    Reproduction,
    SeenAttempt,
)
from harness.reproduce.registry import PinnedArchive
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.reproduce.venv import make_venv
from harness.text import joined

PREPARING_S = 120.0
"""The time limit of a command that only prepares."""


def reproduce(
    programs: Sequence[LoadedProgram],
    *,
    allow_code: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> ReproduceReport:
    """Reproduce reports, one after the other; `announce` is called with a line for each step.

    Raises `CodeNotAllowedError` before anything runs if a scenario is not a shipped one and
    `allow_code` is not given.
    """
    for program in programs:
        if not (program.shipped or allow_code):
            raise CodeNotAllowedError(
                f"{program.name} runs a program, and is not a shipped scenario",
                hint="Read it; then --allow-code runs it.",
            )
    with ExitStack() as stack:
        labs = _Labs(stack, announce)
        return ReproduceReport(programs=[_program(each, labs, announce) for each in programs])


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


def _program(program: LoadedProgram, labs: _Labs, announce: Callable[[str], None]) -> ProgramOutcome:
    scenario = program.scenario
    return ProgramOutcome(
        name=program.name,
        title=scenario.title,
        reports=scenario.reports,
        lab=scenario.lab,
        releases=[_release(program, version, labs, announce) for version in scenario.versions],
    )


def _release(
    program: LoadedProgram, version: str, labs: _Labs, announce: Callable[[str], None]
) -> ReleaseOutcome:
    scenario = program.scenario
    expected = [each for each in scenario.expect if version in each.releases]
    announce(f"{program.name}: {version}")
    try:
        run, how = executed(scenario, version, labs.named(scenario.lab))
    except (NotSupportedError, PayloadUnavailableError, HarnessError) as error:
        reason = " ".join(f"{error.message}. {error.hint or ''}".split())
        return _outcome(version, None, Ended("unknown", reason), expected)
    return _outcome(version, run, how, expected)


def executed(scenario: ProgramScenario, version: str, lab: Lab) -> tuple[Execution, Ended]:
    """Run a release under the denials of a scenario; return the run, and how it ended.

    Raises `PayloadUnavailableError` if an archive cannot be had, and `HarnessError` if the program does
    not do undisturbed what it is to do.
    """
    with sandbox(lab) as box:
        _lay_out(scenario, version, box)
        for command in scenario.prepare:
            _require_success(
                box.run(command, environment=scenario.environment, timeout_s=PREPARING_S, fresh=False),
                "preparing",
            )
        box.keep_as_template()
        undisturbed, again = (_undisturbed(scenario, box) for _ in range(2))
        run = box.run(
            scenario.command,
            environment=scenario.environment,
            denials=[each.denial for each in scenario.denied],
            timeout_s=scenario.time_limit_s,
        )
        return run, ended(run, undisturbed, again)


def _undisturbed(scenario: ProgramScenario, box: Sandbox) -> Execution:
    run = box.run(scenario.command, environment=scenario.environment, timeout_s=scenario.time_limit_s)
    if scenario.fails_undisturbed is None:
        _require_success(run, "without denials")
    return run


def _require_success(run: Execution, when: str) -> None:
    if run.exit_code != 0:
        code = "was ended" if run.exit_code is None else f"ended with code {run.exit_code}"
        raise HarnessError(f"{when} it {code}: {run.last_words or 'it printed nothing'}")


def _lay_out(scenario: ProgramScenario, version: str, box: Sandbox) -> None:
    """Unpack the program and its parts, and write the files of a scenario."""
    box.names.update({"version": version, "python": box.lab.spelled(box.lab.python)})
    for name, archived, pinned in _archives(scenario, version):
        path = pinned.obtained()
        if archived.packed:
            _put(path, box.work / (archived.to or "") / path.name)
            continue
        folder = box.unpacked(path, name)
        if archived.to is None:
            box.names[name] = box.lab.spelled(folder)
        else:
            shutil.copytree(folder, box.work / archived.to)
    for relative, content in scenario.files.items():
        path = box.work / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    if scenario.venv is not None and isinstance(box.lab, WineLab):
        make_venv(box.work / scenario.venv, box.lab)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _archives(scenario: ProgramScenario, version: str) -> Iterator[tuple[str, Archived, PinnedArchive]]:
    """Yield what a release needs: its name in commands, where it goes, and its archive."""
    if scenario.program is not None:
        sha256 = next(each.sha256 for each in scenario.program.releases if each.version == version)
        yield "program", scenario.program, _pinned(scenario.program, version, sha256)
    for name, part in scenario.parts.items():
        yield name, part, _pinned(part, part.version, part.sha256)


def _pinned(archived: Archived, version: str, sha256: str) -> PinnedArchive:
    file = None if archived.file is None else archived.file.replace("{version}", version)
    return PinnedArchive(archived.source, archived.project, version, sha256, file)


def _outcome(
    version: str, run: Execution | None, how: Ended, expected: Sequence[ExpectedOf]
) -> ReleaseOutcome:
    found, why = _judged(run, how, expected)
    attempts = run.attempts if run else []
    begun_ms = attempts[0].at_ms if attempts else 0.0
    return ReleaseOutcome(
        version=version,
        ending=how.ending,
        reason=how.reason,
        exit_code=run.exit_code if run else None,
        elapsed_s=round(run.elapsed_s, 2) if run else 0.0,
        attempts=[
            SeenAttempt(
                at_ms=round(each.at_ms - begun_ms, 3),
                denied=each.done == "denied",
                error=each.error,
            )
            for each in attempts
        ],
        left_besides=list(how.difference.besides),
        expected=[ending for each in expected for ending in each.endings],
        found=found,
        why=why,
    )


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
    if expected.attempts is not None:
        least, most = expected.attempts
        number = len(run.attempts)
        if not least <= number <= most:
            yield f"{number} attempts instead of {least} to {most}"
