"""Measure how a program retries, from the outside: discover its write paths, then deny each one always.

One run under a denial that never ends shows all attempts on a path, and so its schedule and its budget;
one for each code shows what is retried. Under load attempts come late: the code with the most attempts
is asked again, and what differs is said.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.platform.registry import native_platform
from harness.predict.similar import similar
from harness.preload.denial import CODES, Denial, Effect
from harness.preload.denial_log import LoggedCall
from harness.record.redaction import of_this_machine
from harness.reproduce.claims import Claim
from harness.reproduce.denial_lab import Lab
from harness.reproduce.ending import Ended
from harness.reproduce.execution import Execution
from harness.reproduce.lab_names import LabName, lab_here
from harness.reproduce.labs import lab_named
from harness.reproduce.layout import lay_out, require_success
from harness.reproduce.model import ProgramScenario
from harness.reproduce.outcome import SeenAttempt
from harness.reproduce.probe_by_holds import MOST_LIKE, MOST_S, HeldProbing
from harness.reproduce.probed import LikeStrategy, Probed, ProbedCode, ProbedPath
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.reproduce.schedule_fit import fitted, spread_ms
from harness.reproduce.undisturbed import Undisturbed
from harness.reproduce.write_paths import WritePath, discovered, without_opens_to_remove
from harness.strategy.lookup import catalogued, view_of

ASKS: Final = ("eoferror", "eof when reading", "(y/n)", "[y/n]", "are you sure", "proceed?")
"""What programs say that ask a question and get no answer."""
NETWORK: Final = ("getaddrinfo", "could not resolve", "dns error", "connection", "network", "timed out")
"""What programs say that find no network."""
FEWEST_REPEATS: Final = 2
MOST_REPEATS: Final = 3
"""Runs under the code with the most attempts: one more if the first ones do not agree on a schedule."""
ONE_CALL_MS: Final = 8.0
"""Under Wine, libuv's unlink opens a file twice, within 1.5 ms, and 6.5 ms on a busy machine."""


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """How to probe: a folder of files to begin with, limits, and what is claimed."""

    files: Path | None = None
    time_limit_s: float = 75.0
    most_paths: int = 8
    codes: tuple[Effect, ...] = CODES
    claim: Claim | None = None
    bisection_s: float = MOST_S
    """Time to find the budget after one code in, where attempts are not seen."""


def lab_of(command: Sequence[str]) -> LabName:
    """The lab of a command: on Linux, Wine for a program whose name ends in ``.exe``."""
    for_windows = native_platform() != "emulated" or command[0].lower().endswith(".exe")
    return lab_here("wine" if for_windows else "linux")


def probe(
    command: Sequence[str],
    options: ProbeOptions,
    announce: Callable[[str], None] = lambda _: None,
) -> Probed:
    """Probe a command; `announce` is called with a line for each step.

    Raises `InvalidInputError` if there is no such program, and `HarnessError` if it does not end well
    undisturbed, with what may be the reason.
    """
    program = shutil.which(command[0]) or command[0]
    if not os.path.isfile(program):
        raise InvalidInputError(
            f"there is no program {command[0]!r}", hint="Name one on the PATH, or its file."
        )
    with lab_named(lab_of(command), announce) as lab, sandbox(lab) as box:
        spelled = [lab.spelled(Path(program).absolute()), *(_spelled(each, lab) for each in command[1:])]
        if options.files is not None:
            shutil.copytree(options.files, box.work, symlinks=True, dirs_exist_ok=True)
        box.keep_as_template()
        return _probed(Probing(spelled, box, options, announce), command)


def probe_report(
    name: str,
    scenario: ProgramScenario,
    version: str,
    options: ProbeOptions,
    announce: Callable[[str], None] = lambda _: None,
) -> Probed:
    """Probe a release of the program scenario `name`: its command, without its own denials.

    Raises what `harness.reproduce.layout.lay_out` and `probe` raise.
    """
    with lab_named(lab_here(scenario.lab), announce) as lab, sandbox(lab) as box:
        announce(f"laying out {version}")
        lay_out(scenario, version, box)
        probing = Probing(
            scenario.command,
            box,
            options,
            announce,
            environment=scenario.environment,
            any_content=scenario.any_content,
        )
        found = _probed(probing, scenario.command)
    return found.model_copy(update={"program": name, "release": version})


def _probed(probing: Probing, command: Sequence[str]) -> Probed:
    """Learn the write paths of a command, and ask about each."""
    options = probing.options
    probing.announce("undisturbed, twice")
    undisturbed = Undisturbed(probing.undisturbed, probing.any_content)
    paths = discovered(undisturbed)
    if probing.box.lab.name == "wine":
        paths = without_opens_to_remove(paths)
    ask: Callable[[WritePath], ProbedPath] = partial(probing.path, undisturbed=undisturbed)
    if not probing.box.lab.sees_calls:
        run = partial(probing.run_held, undisturbed=undisturbed)
        ask = HeldProbing(
            run, undisturbed, probing.announce, options.codes, options.claim, options.bisection_s
        ).path
    return Probed(
        command=[of_this_machine().text(each) for each in command],
        lab=probing.box.lab.name,
        claim=None if options.claim is None else options.claim.text,
        paths=[ask(each) for each in paths[: options.most_paths]],
        left_out=[each.words for each in paths[options.most_paths :]],
    )


def _spelled(argument: str, lab: Lab) -> str:
    """An argument as programs of the lab get it: an absolute path of this machine in their spelling."""
    path = Path(argument)
    return lab.spelled(path) if path.is_absolute() and path.exists() else argument


def _hint(run: Execution) -> str:
    """What may be the reason that an undisturbed run did not end well, and what to do about it."""
    text = "\n".join(run.output).lower()
    if any(words in text for words in ASKS):
        return "It asks a question, and its input is empty: give the option that answers it."
    if run.exit_code is None:
        return "It may wait for an answer or for a network; --time-limit gives it longer."
    if any(words in text for words in NETWORK):
        return "It seems to need a network: probe it with its option for working offline."
    return "It runs in an empty folder, without your environment; --files fills the folder."


@dataclass(frozen=True, slots=True)
class Probing:
    """Runs a command undisturbed, and asks about one write path after the other."""

    command: Sequence[str]
    box: Sandbox
    options: ProbeOptions
    announce: Callable[[str], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    any_content: Sequence[str] = ()

    def run(self, denials: Sequence[Denial] = (), undisturbed: Sequence[Execution] = ()) -> Execution:
        """Run the command once."""
        return self.box.run(
            self.command,
            environment=self.environment,
            denials=denials,
            undisturbed=undisturbed,
            timeout_s=self.options.time_limit_s,
        )

    def run_held(self, denial: Denial, undisturbed: Undisturbed) -> Execution:
        """Run the command once, under a hold that is counted by undisturbed runs."""
        return self.run([denial], undisturbed.runs)

    def undisturbed(self) -> Execution:
        """Run the command without denials. Raises `HarnessError` if it does not end well."""
        run = self.run()
        require_success(run, "undisturbed", _hint(run))
        return run

    def path(self, path: WritePath, undisturbed: Undisturbed) -> ProbedPath:
        """Deny a write path always, with each code."""

        def asked(code: Effect) -> ProbedCode:
            self.announce(f"{path.words}: {code}")
            run = self.run([path.denial(code, self.box.lab.name)])
            return _as_probed(code, path, run, undisturbed.ended(run))

        codes = [asked(code) for code in self.options.codes]
        most = max(codes, key=lambda each: len(each.seen))
        retried = [each.code for each in codes if each.is_retried]
        runs = [most]
        while len(runs) < MOST_REPEATS and not _is_settled(runs, retried):
            runs.append(asked(_effect(most.code)))
        times = [each.times_ms for each in runs]
        budgets = [each[-1] for each in times if each]
        cut = any(each.ending == "hung" for each in runs)
        fit = None if cut else fitted(times, retried)
        budget = (min(budgets, default=0.0), max(budgets, default=0.0))
        attempts = len(most.seen)
        claim = self.options.claim
        return ProbedPath(
            call=path.call,
            source=path.source,
            target=path.target,
            words=path.words,
            count=path.count,
            alike=path.alike,
            codes=codes,
            attempts=attempts,
            budget_ms=budget,
            stable=len({len(each.seen) for each in runs}) == 1,
            repeats=len(runs),
            spread_ms=round(spread_ms(times), 1),
            cut=cut,
            notation=fit.notation if fit else None,
            latest_ms=fit.latest_ms if fit else None,
            nearest=_nearest(fit.notation) if fit and retried else [],
            otherwise_than_claimed=list(claim.differences(budget[1], attempts, cut=cut))
            if claim
            else [],
        )


def _is_settled(runs: Sequence[ProbedCode], retried: Sequence[int]) -> bool:
    """Whether another run would show no more: one attempt, a cut, or a schedule that runs agree on."""
    if not runs[0].is_retried or any(each.ending == "hung" for each in runs):
        return True
    return len(runs) >= FEWEST_REPEATS and fitted([each.times_ms for each in runs], retried) is not None


def _as_probed(code: Effect, path: WritePath, run: Execution, how: Ended) -> ProbedCode:
    denied = [each for each in run.attempts if each.done == "denied"]
    by_path: dict[str | None, list[LoggedCall]] = {}
    for each in denied:
        by_path.setdefault(_denied_path(each, path), []).append(each)
    longest = max(by_path.values(), key=len, default=[])
    if path.call == "delete":
        longest = _calls(longest)
    begun_ms = longest[0].at_ms if longest else 0.0
    return ProbedCode(
        code=int(code),
        ending=how.ending,
        reason=how.reason,
        exit_code=run.exit_code,
        attempts=[
            SeenAttempt(at_ms=round(each.at_ms - begun_ms, 3), denied=True, error=each.error)
            for each in longest
        ],
        paths=len(by_path),
    )


def _calls(opens: Sequence[LoggedCall]) -> list[LoggedCall]:
    """One of the opens that follow each other at once: one removal opens a file several times."""
    first = opens[:1]
    later = [each for before, each in pairwise(opens) if each.at_ms - before.at_ms > ONE_CALL_MS]
    return [*first, *later]


def _denied_path(call: LoggedCall, path: WritePath) -> str | None:
    """The path that a denial was bound to."""
    return call.target if path.side == "target" else call.source


def _effect(code: int) -> Effect:
    return next(each for each in CODES if each == code)


def _nearest(notation: str) -> list[LikeStrategy]:
    return [
        LikeStrategy(name=each.name, notation=each.notation, differences=list(each.differences))
        for each in similar(view_of(notation), catalogued(), MOST_LIKE)
    ]
