"""Decide whether an antivirus is proved to watch: ``active`` and ``inactive`` need proof.

Each possible scanner is judged by itself: it scans the measured folders, leaves them alone, or is
unclear. One that scans makes the state ``active``; it is ``inactive`` only if all of them leave the
folders alone. So one unknown driver prevents ``inactive``, even where Defender is switched off. And
Defender does not make the state ``active`` where its exclusions are hidden, as they are from every
standard user.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from harness.platform.antivirus import Antivirus, AntivirusState
from harness.platform.windows.environment.facts import (
    Defender,
    Environment,
    Minifilter,
    Missing,
    Unreadable,
)

# Microsoft, "Allocated filter altitudes": WdFilter and WdDevFlt belong to Defender, which is asked
# separately.
_DEFENDERS: Final = frozenset({"wdfilter", "wddevflt"})
_DEFENDER_NAMES: Final = ("windows defender", "microsoft defender")
# FileInfo records names for the prefetcher, UCPD guards keys of the registry: both are part of every
# Windows, have altitudes of activity monitors, and open no files of other programs.
_HARMLESS: Final = frozenset({"fileinfo", "ucpd"})
# Scanners hold programs and libraries for longest: one that does not scan them behaves differently.
_LOADED: Final = ("exe", "dll", "pyd")
_UNATTACHED: Final = "a measured folder is on a Dev Drive, where its filter need not be attached"
WATCHING_KINDS: Final = frozenset({"anti-virus", "activity monitor", "security monitor", "unknown"})
"""The kinds of minifilter that antivirus and EDR software registers, or whose purpose is hidden."""


_Judgement = Literal["scans", "unclear", "leaves alone"]
_STATES: Final[dict[_Judgement, AntivirusState]] = {
    "scans": "active",
    "unclear": "unknown",
    "leaves alone": "inactive",
}
"""The state that each judgement of a scanner proves, the decisive one first."""


@dataclass(frozen=True, slots=True)
class _Finding:
    state: _Judgement
    sentence: str


def antivirus_state(environment: Environment) -> Antivirus:
    """The state that is proved, with the decisive sentences first."""
    if environment.wine is not None:
        sentence = f"this is Wine {environment.wine}: there is no antivirus of Windows to ask about"
        return Antivirus(state="unknown", evidence=[sentence])
    findings = [_defender(environment), *_products(environment), *_drivers(environment)]
    findings.sort(key=lambda finding: list(_STATES).index(finding.state))
    evidence = [finding.sentence for finding in findings]
    return Antivirus(state=_STATES[findings[0].state], evidence=[*evidence, *_notes(environment)])


def is_watching(driver: Minifilter) -> bool:
    """Whether a driver belongs to an antivirus or EDR other than Defender, and may be running."""
    return (
        driver.kind in WATCHING_KINDS
        and driver.running is not False
        and driver.name.lower() not in _DEFENDERS | _HARMLESS
    )


def _defender(environment: Environment) -> _Finding:
    status = environment.defender
    if isinstance(status, Missing):
        if _driver_runs(environment):
            return _Finding("unclear", "Defender's driver runs, but Defender cannot be asked")
        return _Finding("leaves alone", "Defender is not installed")
    if isinstance(status, Unreadable):
        if environment.service("WinDefend") == "stopped":
            return _Finding("leaves alone", "Defender's service is stopped")
        return _Finding("unclear", f"Defender's state is {status}")
    mode = (status.mode or "").lower()
    if mode == "not running":
        return _Finding("leaves alone", "Defender is not running")
    if status.real_time is None:
        return _Finding("unclear", "Defender does not say whether its real-time protection is on")
    if not status.real_time:
        return _Finding("leaves alone", "Defender's real-time protection is off")
    if mode not in {"", "normal"}:
        return _Finding(
            "unclear", f"Defender is in {status.mode}: it may open files, but does not protect"
        )
    return _defender_here(status, environment)


def _defender_here(status: Defender, environment: Environment) -> _Finding:
    """Judge Defender with real-time protection: does it cover these folders and this program?"""
    on = "Defender's real-time protection is on"
    if {folder.excluded for folder in environment.folders} == {"yes"}:
        return _Finding("leaves alone", f"{on}, but its exclusions cover the measured folder")
    doubt = next(_doubts(status, environment), None)
    if doubt is not None:
        return _Finding("unclear", f"{on}, but {doubt}")
    return _Finding("scans", f"{on}, and its exclusions do not cover the measured folder")


def _doubts(status: Defender, environment: Environment) -> Iterator[str]:
    """The reasons why real-time protection may not cover these folders, or this program."""
    coverage = {folder.excluded for folder in environment.folders}
    if "yes" in coverage:
        yield "its exclusions cover some of the measured folders"
    if status.on_access is False:
        yield "its scan of files that are opened is off"
    if "undecided" in coverage:
        yield "an exclusion with a variable may cover the measured folder"
    if environment.program_excluded == "yes":
        yield "files that this Python opens are excluded"
    if remote := _remote(environment):
        yield remote
    if _on_dev_drive(environment):
        yield _UNATTACHED
    settings = environment.defender_preferences
    if isinstance(settings, Unreadable):
        yield f"the list of its exclusions is {settings}"
    elif (extensions := settings.exclusions.extensions) is None or "hidden" in {
        *coverage,
        environment.program_excluded,
    }:
        what = "whether its exclusions cover the measured folder"
        yield f"{what} cannot be read without administrator rights"
    elif spared := [f".{loaded}" for loaded in _LOADED if _covers_extension(extensions, loaded)]:
        yield f"its exclusions cover all files that end in {', '.join(spared)}"


def _covers_extension(entries: tuple[str, ...], extension: str) -> bool:
    """Entries may be ``exe``, ``.exe`` or ``*.exe``, in any case, with ``*`` and ``?`` in them."""
    return any(fnmatchcase(extension, entry.lower().rpartition(".")[2]) for entry in entries)


def _products(environment: Environment) -> Iterator[_Finding]:
    """Judge the products other than Defender that the Security Center lists."""
    known = environment.antivirus_products
    if isinstance(known, Unreadable):
        if not isinstance(known, Missing):
            yield _Finding("unclear", f"the list of registered antivirus products is {known}")
        return
    for product in known:
        if product.by_microsoft or product.name.lower().startswith(_DEFENDER_NAMES):
            continue  # Defender is judged separately
        what = f"{product.name} is registered as an antivirus that is {product.state}"
        if product.state == "expired":
            yield _Finding("unclear", f"{what}: it may still scan")
        elif product.state != "on":
            yield _Finding("leaves alone", what)
        elif remote := _remote(environment):
            yield _Finding("unclear", f"{what}, but {remote}")
        elif _on_dev_drive(environment):
            yield _Finding("unclear", f"{what}, but {_UNATTACHED}")
        else:
            yield _Finding("scans", f"{what}; its exclusions cannot be read")


def _drivers(environment: Environment) -> Iterator[_Finding]:
    """Judge the drivers that may belong to an antivirus or EDR."""
    if isinstance(environment.minifilters, Unreadable):
        yield _Finding("unclear", f"the list of file system filters is {environment.minifilters}")
        return
    watching = [driver for driver in environment.minifilters if is_watching(driver)]
    for driver in watching:
        runs = "runs" if driver.running else "may be running"
        where = f" at altitude {driver.altitude}" if driver.altitude else ""
        yield _Finding("unclear", f"the {driver.kind} driver {driver.name} {runs}{where}")
    if not watching:
        yield _Finding("leaves alone", "no driver of another antivirus or EDR runs")


def _notes(environment: Environment) -> Iterator[str]:
    """What else a reader of the verdict should know."""
    if isinstance(environment.antivirus_products, Missing):
        yield "this Windows has no Security Center, so only Defender and drivers could be asked about"
    if any(volume.dev_drive == "trusted" for volume in environment.volumes):
        yield "a measured folder is on a trusted Dev Drive, which Defender may scan later than it opens"


def _driver_runs(environment: Environment) -> bool:
    if isinstance(environment.minifilters, Unreadable):
        return True
    return any(
        driver.name.lower() in _DEFENDERS and driver.running is not False
        for driver in environment.minifilters
    )


def _on_dev_drive(environment: Environment) -> bool:
    """Whether a measured volume lets only chosen filters in (``fsutil devdrv query``)."""
    return any(volume.dev_drive in {"trusted", "not trusted"} for volume in environment.volumes)


def _remote(environment: Environment) -> str | None:
    is_remote = any(volume.drive_type == "remote" for volume in environment.volumes)
    return "a measured folder is on another machine" if is_remote else None
