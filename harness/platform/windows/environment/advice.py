"""Advice for measuring on a Windows machine: sentences that follow from facts that were read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from harness.platform.windows.environment.facts import Environment, Missing, Unreadable

if TYPE_CHECKING:
    from harness.platform.antivirus import Antivirus

_SENDS_SAMPLES: Final = frozenset({"safe samples", "all samples"})
WINE: Final = (
    "This is Wine: it shows what strategies do under the rules of Windows, but nothing about an "
    "antivirus or about times on Windows."
)


def advice(environment: Environment, antivirus: Antivirus) -> list[str]:
    """Sentences, the most important first."""
    if environment.wine is not None:
        return [WINE]
    return [
        *_about_antivirus(environment, antivirus),
        *_about_defender(environment),
        *_about_machine(environment),
    ]


def _about_antivirus(environment: Environment, found: Antivirus) -> Iterator[str]:
    because = found.evidence[0] if found.evidence else "nothing else is known"
    if found.state == "inactive":
        what = "runner" if environment.hosted_runner else "machine"
        yield (
            f"This {what} measures Windows, not an antivirus: {because}. Injected holds still "
            "work; holds by a scanner need a machine, and a folder, where one is on."
        )
    if found.state == "unknown":
        yield (
            f"It is not proved what watches the measured folder: {because}. Results will say "
            "`unknown`; the administrator of this machine may know what protects it."
        )
    if isinstance(environment.antivirus_products, Missing):
        yield (
            "There is no Security Center to ask, as on Server editions: of products other than "
            "Defender, only drivers can be found."
        )


def _about_defender(environment: Environment) -> Iterator[str]:
    if any(folder.excluded == "hidden" for folder in environment.folders):
        yield (
            "Defender's exclusions are hidden from standard users, so for them it is never proved to "
            "watch. Run `harness doctor` once as administrator to see whether they cover the measured "
            "folder."
        )
    settings = environment.defender_preferences
    if isinstance(settings, Unreadable):
        return
    sends = settings.sample_submission in _SENDS_SAMPLES
    if sends and settings.cloud_protection in {"basic", "advanced"}:
        yield (
            f"Defender sends samples to Microsoft (cloud protection: {settings.cloud_protection}; "
            f"submission: {settings.sample_submission}). Files that a profile makes `unique` are "
            "new to everyone, so they may be sent: public packages and random bytes, unless a scenario "
            "of your own lays down something else."
        )


def _about_machine(environment: Environment) -> Iterator[str]:
    volumes = environment.volumes
    if any(volume.dev_drive == "trusted" for volume in volumes):
        yield (
            "The measured folder is on a trusted Dev Drive: in its performance mode Defender opens "
            "first and scans later, so calls are faster and holds may begin later than on other volumes."
        )
    if any(volume.drive_type == "remote" for volume in volumes):
        yield "The measured folder is on another machine, whose own scanner may hold files as well."
    if environment.long_paths is False:
        yield (
            "Long paths are off: a path of 260 characters or more fails here unless it is spelled "
            "verbatim. An administrator can turn them on (LongPathsEnabled)."
        )
    if environment.service("WSearch") == "running":
        yield (
            "The search indexer runs: where it covers the measured folder, a hold may be due to it, not "
            "to the antivirus."
        )
    if environment.machine.native == "ARM64" and environment.python_for != "win-arm64":
        yield (
            f"This Python is built for {environment.python_for} and emulated on ARM64, so times are "
            "those of the emulation. A Python for ARM64 measures the machine."
        )
    if environment.store_python:
        yield (
            "This Python is from the Microsoft Store: Windows redirects what it writes below AppData, "
            "and so its temporary files, to a folder of its own. Measure with one from python.org."
        )
    slow = ["on battery"] if environment.machine.on_battery is True else []
    if environment.machine.power_plan == "power saver":
        slow.append("on the power plan `power saver`")
    if slow:
        yield f"This machine runs {' and '.join(slow)}, so times vary with its power saving."
