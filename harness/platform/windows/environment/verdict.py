"""Is an antivirus watching? ``active`` and ``inactive`` need proof, all else is ``unknown``.

Each thing that may scan is looked at by itself and found to scan the measured folders, to leave them
alone, or to be unclear. One that scans makes the verdict ``active``; it is ``inactive`` only if all of
them leave the folders alone. So a driver that nobody can be asked about keeps a machine from being
called ``inactive``, however plainly Defender is switched off. Nor does Defender make it ``active`` where
its exclusions are hidden, as they are from every standard user.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal

from harness.platform.antivirus import Antivirus
from harness.platform.windows.environment.facts import Missing, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.platform.windows.environment.evidence import Environment
    from harness.platform.windows.environment.facts import Defender, Folder, Minifilter

# Microsoft, "Allocated filter altitudes": WdFilter and WdDevFlt are Defender's, which is asked itself.
_DEFENDERS: Final = frozenset({"wdfilter", "wddevflt"})
_DEFENDER_NAMES: Final = ("windows defender", "microsoft defender")
# FileInfo notes names for the prefetcher, UCPD guards keys of the registry: both are part of every
# Windows, sit among the activity monitors and open no files of others.
_HARMLESS: Final = frozenset({"fileinfo", "ucpd"})
# Programs and libraries are what scanners hold for longest: sparing them makes a scanner another one.
_LOADED: Final = ("exe", "dll", "pyd")
WATCHING_KINDS: Final = frozenset({"anti-virus", "activity monitor", "security monitor", "unknown"})
"""The kinds of minifilter that antivirus and EDR software registers, or that hide what they are."""


@dataclass(frozen=True, slots=True)
class _Finding:
    state: Literal["scans", "leaves alone", "unclear"]
    sentence: str


def verdict(environment: Environment) -> Antivirus:
    """What is proved, the decisive sentences first."""
    if environment.wine is not None:
        sentence = f"this is Wine {environment.wine}: there is no antivirus of Windows to ask about"
        return Antivirus(state="unknown", evidence=[sentence])
    findings = [_defender(environment), *_products(environment), *_drivers(environment)]
    scans = [finding.sentence for finding in findings if finding.state == "scans"]
    unclear = [finding.sentence for finding in findings if finding.state == "unclear"]
    rest = [finding.sentence for finding in findings if finding.state == "leaves alone"]
    state: Literal["active", "inactive", "unknown"] = "inactive"
    if scans:
        state = "active"
    elif unclear:
        state = "unknown"
    return Antivirus(state=state, evidence=[*scans, *unclear, *rest, *_notes(environment)])


def is_watching(driver: Minifilter) -> bool:
    """Whether this driver is one of an antivirus or EDR other than Defender, and may be running."""
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
    """Real-time protection is on: but is it for these folders, and for this program?"""
    on = "Defender's real-time protection is on"
    if {folder.excluded for folder in environment.folders} == {"yes"}:
        return _Finding("leaves alone", f"{on}, but its exclusions cover the measured folder")
    doubt = next(_doubts(status, environment), None)
    if doubt is not None:
        return _Finding("unclear", f"{on}, but {doubt}")
    return _Finding("scans", f"{on}, and its exclusions do not cover the measured folder")


def _doubts(status: Defender, environment: Environment) -> Iterator[str]:
    """Why real-time protection that is on may still leave these folders, or this program, alone."""
    coverage = {folder.excluded for folder in environment.folders}
    if "yes" in coverage:
        yield "its exclusions cover some of the measured folders"
    if status.on_access is False:
        yield "its scan of files that are opened is off"
    if "undecided" in coverage:
        yield "an exclusion with a variable may cover the measured folder"
    if environment.program_excluded == "yes":
        yield "files that this Python opens are excluded"
    if remote := _not_local(environment.folders):
        yield remote
    settings = environment.preferences
    if isinstance(settings, Unreadable):
        yield f"the list of its exclusions is {settings}"
        return
    extensions = settings.exclusions.extensions
    if extensions is None or "hidden" in {*coverage, environment.program_excluded}:
        what = "whether its exclusions cover the measured folder"
        yield f"{what} cannot be read without administrator rights"
    elif spared := [f".{loaded}" for loaded in _LOADED if _covers_extension(extensions, loaded)]:
        yield f"its exclusions cover all files that end in {', '.join(spared)}"


def _covers_extension(entries: tuple[str, ...], extension: str) -> bool:
    """Entries may be ``exe``, ``.exe`` or ``*.exe``, in any case, with ``*`` and ``?`` in them."""
    return any(fnmatchcase(extension, entry.lower().rpartition(".")[2]) for entry in entries)


def _products(environment: Environment) -> Iterator[_Finding]:
    """What the Security Center says of products other than Defender."""
    known = environment.products
    if isinstance(known, Unreadable):
        if not isinstance(known, Missing):
            yield _Finding("unclear", f"the list of registered antivirus products is {known}")
        return
    for product in known:
        if product.by_microsoft or product.name.lower().startswith(_DEFENDER_NAMES):
            continue  # Defender was asked itself
        what = f"{product.name} is registered as an antivirus that is {product.state}"
        if product.state == "expired":
            yield _Finding("unclear", f"{what}: it may still scan")
        elif product.state != "on":
            yield _Finding("leaves alone", what)
        elif remote := _not_local(environment.folders):
            yield _Finding("unclear", f"{what}, but {remote}")
        else:
            yield _Finding("scans", f"{what}; its exclusions cannot be read")


def _drivers(environment: Environment) -> Iterator[_Finding]:
    """Drivers that may belong to an antivirus or EDR, whoever registered them."""
    if isinstance(environment.minifilters, Unreadable):
        yield _Finding("unclear", f"the list of file system filters is {environment.minifilters}")
        return
    for driver in filter(is_watching, environment.minifilters):
        runs = "runs" if driver.running else "may be running"
        where = f" at altitude {driver.altitude}" if driver.altitude else ""
        yield _Finding("unclear", f"the {driver.kind} driver {driver.name} {runs}{where}")
    if not any(map(is_watching, environment.minifilters)):
        yield _Finding("leaves alone", "no driver of another antivirus or EDR runs")


def _notes(environment: Environment) -> Iterator[str]:
    """What a reader of the verdict should know besides."""
    if isinstance(environment.products, Missing):
        yield "this Windows has no Security Center, so only Defender and drivers could be asked about"
    volumes = [folder.volume for folder in environment.folders]
    if any(not isinstance(volume, Unreadable) and volume.dev_drive == "trusted" for volume in volumes):
        yield "a measured folder is on a trusted Dev Drive, which Defender may scan later than it opens"


def _driver_runs(environment: Environment) -> bool:
    if isinstance(environment.minifilters, Unreadable):
        return True
    return any(
        driver.name.lower() in _DEFENDERS and driver.running is not False
        for driver in environment.minifilters
    )


def _not_local(folders: tuple[Folder, ...]) -> str | None:
    for folder in folders:
        if not isinstance(folder.volume, Unreadable) and folder.volume.drive_type == "remote":
            return "a measured folder is on another machine"
    return None
