"""Check scenarios: run them, or read a run that was made, and judge all that they expect.

What cannot be run here, or not as its expectations need, is ``unknown`` with the reason; the rest is
checked all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness import api
from harness.check.checked import Checked, CheckedScenario, CheckReport
from harness.check.expectation_words import expectation_words
from harness.check.judgement import Judgement, judge
from harness.check.observation import Observation, observe
from harness.errors import HarnessError, NotSupportedError, PayloadUnavailableError
from harness.platform.registry import native_platform
from harness.record.read import Run, read_run
from harness.run.events import Event, EventHandler, LeftOut, ignore
from harness.summary.trial_row import steps_of

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.run.options import RunOptions
    from harness.scenario.expect_model import Expectation
    from harness.scenario.load import LoadedScenario
    from harness.scenario.model import Scenario


@dataclass(frozen=True)
class Trials:
    """What was observed of a scenario, by profile; and why there is nothing of a profile, or of any.

    Whoever makes trials in another way makes one of these, and has them checked.
    """

    observed: Mapping[str, Sequence[Observation]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    why_none: str = ""
    run: str | None = None


def check_scenarios(
    scenarios: Sequence[LoadedScenario], options: RunOptions, on_event: EventHandler = ignore
) -> CheckReport:
    """Run scenarios, and check what they expect on that platform.

    Raises the errors of `harness.errors` for what no scenario could be checked with.
    """
    platform = options.platform or native_platform()
    asked = [loaded for loaded in scenarios if _applying(loaded.scenario, platform)]
    made = _run(asked, options, on_event) if asked else {}
    return CheckReport(
        platform=platform,
        scenarios=[
            check(loaded.name, loaded.scenario, loaded.profiles, made[loaded.name], platform)
            for loaded in asked
        ],
        without=[loaded.name for loaded in scenarios if loaded not in asked],
    )


def check_run(run: Run) -> CheckReport:
    """Check what the scenarios of a run expect, by the trials that it has."""
    entries, platform = run.manifest.scenarios, run.manifest.platform
    asked = [entry for entry in entries if _applying(entry.scenario, platform)]
    return CheckReport(
        platform=platform,
        scenarios=[
            check(entry.name, entry.scenario, entry.profiles, trials_of(run, entry.name), platform)
            for entry in asked
        ],
        without=[entry.name for entry in entries if entry not in asked],
    )


def check(
    name: str, scenario: Scenario, profiles: Mapping[str, Profile], trials: Trials, platform: str
) -> CheckedScenario:
    """Check all that a scenario expects on a platform, by its trials. Runs nothing."""
    return CheckedScenario(
        name=name,
        title=scenario.title,
        reports=scenario.reports,
        run=trials.run,
        checks=[
            _checked(
                name, expected, profile, strategy, _judged(expected, profile, strategy, trials, found)
            )
            for expected in _applying(scenario, platform)
            for profile in expected.profiles or scenario.profiles
            for strategy in expected.strategies
            for found in [profiles.get(profile)]
        ],
    )


def trials_of(run: Run, name: str, left_out: Mapping[str, str] | None = None) -> Trials:
    """Return what was observed of a scenario in a run."""
    entry = run.entry(name)
    steps = steps_of(entry.scenario if entry else None)
    by_profile = defaultdict(list)
    for trial in run.trials:
        if trial.scenario == name:
            by_profile[trial.profile].append(trial)
    observed = {profile: observe(trials, steps) for profile, trials in by_profile.items()}
    return Trials(observed, left_out or {}, run=str(run.folder))


def _applying(scenario: Scenario, platform: str) -> list[Expectation]:
    return [each for each in scenario.expect if each.platforms is None or platform in each.platforms]


def _judged(
    expected: Expectation, profile: str, strategy: str, trials: Trials, held_by: Profile | None
) -> Judgement:
    if profile not in trials.observed:
        return Judgement(
            "unknown", trials.left_out.get(profile) or trials.why_none or "no trial was made"
        )
    observed = [each for each in trials.observed[profile] if each.subject == strategy]
    return judge(expected, observed, injected=held_by is None or bool(held_by.holds))


def _checked(
    name: str, expected: Expectation, profile: str, strategy: str, judged: Judgement
) -> Checked:
    return Checked(
        scenario=name,
        profile=profile,
        strategy=strategy,
        factors=expected.factors,
        expected=expectation_words(expected),
        verdict=judged.verdict,
        reason=judged.reason,
        evidence=judged.evidence,
        trials=judged.trials,
        effective_trials=judged.effective_trials,
        failures=judged.failures,
    )


def _run(
    scenarios: Sequence[LoadedScenario], options: RunOptions, on_event: EventHandler
) -> dict[str, Trials]:
    """Run scenarios together; where one of them stops all, each by itself."""
    left_out: list[str] = []

    def handle(event: Event) -> None:
        if isinstance(event, LeftOut):
            left_out.append(event.reason)
        on_event(event)

    try:
        run = read_run(Path(api.launch(scenarios, options, handle)))
    except HarnessError as error:
        if not _is_of_one(error):
            raise
        if error.of_platform or len(scenarios) == 1:
            none = Trials(why_none=" ".join(error.message.split()))
            return dict.fromkeys([loaded.name for loaded in scenarios], none)
        alone = (_run([loaded], options, on_event) for loaded in scenarios)
        return {name: trials for found in alone for name, trials in found.items()}
    return {
        loaded.name: trials_of(run, loaded.name, dict(_reasons(loaded, left_out)))
        for loaded in scenarios
    }


def _is_of_one(error: HarnessError) -> bool:
    """Whether an error says that a scenario cannot be run, and not that nothing can."""
    return isinstance(error, NotSupportedError | PayloadUnavailableError) or type(error) is HarnessError


def _reasons(loaded: LoadedScenario, left_out: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield why profiles of a scenario were left out, as `harness.run.select` says it."""
    for profile in loaded.profiles:
        prefix = f"{loaded.name}/{profile}: "
        for line in left_out:
            if line.startswith(prefix):
                yield profile, line.removeprefix(prefix)
