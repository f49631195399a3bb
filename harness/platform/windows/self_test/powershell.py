"""PowerShell, through which Windows tells of antivirus products, Defender and its exclusions."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import Final

from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.environment import wmi
from harness.platform.windows.environment.facts import Missing, Preferences, Unreadable
from harness.platform.windows.environment.powershell import output_of, windows_powershell
from harness.platform.windows.environment.probe import is_elevated
from harness.text import figures

MOST_S: Final = 20.0
TEXT: Final = "\u00fc\u592a"
_SCRIPT: Final = (
    "try { [Console]::OutputEncoding = [Text.Encoding]::UTF8 } catch { } "
    f'"$($ExecutionContext.SessionState.LanguageMode)|{TEXT}"'
)


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Ask all questions once, then for the language mode and a text that is not ASCII."""
    if site.is_wine:
        yield check.not_asked("PowerShell", "answers", "Wine has none that answers")
        return
    began = time.monotonic()
    answers = wmi.ask(windows_powershell(), MOST_S)
    took_s = time.monotonic() - began
    for name, answer in answers.items():
        known = isinstance(answer, Missing) or not isinstance(answer, Unreadable)
        yield check.finding(
            f"the question for {name}",
            "an answer, or that this Windows has no such thing",
            str(answer) if isinstance(answer, Unreadable) else f"{len(answer)} answers",
            known,
        )
    yield check.finding(
        "all questions together", f"within {MOST_S:g} s", f"{figures(took_s)} s", took_s < MOST_S
    )
    yield from _exclusions(check, answers)
    yield from _language(check)


def _exclusions(check: Check, answers: dict[str, wmi.Section]) -> Iterator[Finding]:
    what, expected = "Defender's exclusions", "a list for an administrator, else a list or hidden"
    preferences = wmi.preferences(answers["preference"])
    if not isinstance(preferences, Preferences):
        yield check.not_asked(what, expected, str(preferences))
        return
    paths = preferences.exclusions.paths
    elevated = is_elevated()
    found = "hidden" if paths is None else f"{len(paths)} folders"
    who = "an administrator" if elevated else "a standard user"
    yield check.finding(what, expected, f"{found} for {who}", paths is not None or not elevated)


def _language(check: Check) -> Iterator[Finding]:
    try:
        said = output_of(windows_powershell(), _SCRIPT, MOST_S)
    except subprocess.TimeoutExpired:
        yield check.out_of_time("PowerShell's language mode", f"no answer within {MOST_S:g} s")
        return
    mode, _, text = said.strip().partition("|")
    yield check.finding(
        "PowerShell's language mode", "FullLanguage", mode or "no answer", mode == "FullLanguage"
    )
    yield check.finding(f"the text {TEXT}", TEXT, text or "no answer", text == TEXT)


CHECK: Final = Check(
    order=75,
    title="Does PowerShell answer, completely and in time?",
    means="What runs say of antivirus and exclusions is incomplete; where paths are not ASCII, an "
    "exclusion may be missed.",
    bearing="context",
    run=run,
    seconds=25,
    more_as_administrator="which folders, programs and endings Defender's exclusions name.",
)
