"""Query WMI through PowerShell, once, and turn its answers into facts.

Answers are taken as they come: a property that an older Defender lacks is ``None``, never an error.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from harness.platform.windows.environment.exclusions import visible
from harness.platform.windows.environment.facts import (
    Defender,
    Exclusions,
    Missing,
    Preferences,
    Product,
    ProductState,
    Unreadable,
)
from harness.platform.windows.environment.powershell import TIMEOUT_S, output_of
from harness.platform.windows.environment.volumes import why

# Microsoft, "Set-MpPreference": the values of -MAPSReporting and -SubmitSamplesConsent.
_CLOUD: Final = ("off", "basic", "advanced")
_SAMPLES: Final = ("asks first", "safe samples", "never", "all samples")


def _unwrapped(value: Any) -> Any:
    """Windows PowerShell 5.1 writes some arrays as ``{"value": […], "Count": 2}``."""
    if isinstance(value, dict) and set(value) == {"value", "Count"}:
        return value["value"]
    return value


def _entries(value: Any) -> tuple[str, ...] | None:
    value = _unwrapped(value)
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    entries = [str(entry) for entry in given if entry]
    return tuple(entries) if visible(entries) else None


def _named(names: tuple[str, ...], value: Any) -> str | None:
    number = _number(value)
    if number is None:
        return None
    return names[number] if 0 <= number < len(names) else f"unknown value {number}"


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _opposite(value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


_Properties = dict[str, Callable[[Any], Any]]
"""The properties of a WMI class with the way to read each, in the order of a fact's fields."""

_DEFENDER: Final[_Properties] = {
    "AMRunningMode": _text,
    "RealTimeProtectionEnabled": _flag,
    "OnAccessProtectionEnabled": _flag,
    "BehaviorMonitorEnabled": _flag,
    "AMProductVersion": _text,
    "AMEngineVersion": _text,
    "AntivirusSignatureVersion": _text,
}
_EXCLUSIONS: Final[_Properties] = {
    "ExclusionPath": _entries,
    "ExclusionProcess": _entries,
    "ExclusionExtension": _entries,
}
_PREFERENCES: Final[_Properties] = {
    "MAPSReporting": partial(_named, _CLOUD),
    "SubmitSamplesConsent": partial(_named, _SAMPLES),
    "CloudBlockLevel": _number,
    "CloudExtendedTimeout": _number,
    "DisableBlockAtFirstSeen": _opposite,
    "RealTimeScanDirection": _number,
    "DisableArchiveScanning": _opposite,
    "DisableScanningNetworkFiles": _opposite,
    "EnableControlledFolderAccess": _number,
    "PerformanceModeStatus": _number,
}


def _read(properties: _Properties, instance: Mapping[str, Any]) -> list[Any]:
    return [read(instance.get(name)) for name, read in properties.items()]


_DEFENDER_CLASSES: Final = "root/Microsoft/Windows/Defender"
_QUESTIONS: Final[Mapping[str, tuple[str, str, list[str]]]] = {
    "products": ("root/SecurityCenter2", "AntiVirusProduct", ["displayName", "productState"]),
    "status": (_DEFENDER_CLASSES, "MSFT_MpComputerStatus", [*_DEFENDER]),
    "preference": (_DEFENDER_CLASSES, "MSFT_MpPreference", [*_EXCLUSIONS, *_PREFERENCES]),
    "computer": ("root/cimv2", "Win32_ComputerSystem", ["HypervisorPresent"]),
}
"""The namespace, class and properties of each question."""
# The classes behind Get-MpComputerStatus and Get-MpPreference are asked directly: those are script
# modules, which a machine may forbid and whose errors are in the user's language. -OperationTimeoutSec
# bounds a WMI provider that hangs; all of them together stay below the limit for PowerShell.
# No double quotation marks: they would need escapes on the way.
_SCRIPT: Final = """
$ErrorActionPreference = 'Stop'
try { [Console]::OutputEncoding = [Text.Encoding]::UTF8 } catch { }
$answers = @{}
function Ask($name, $namespace, $class, $properties) {
  try {
    $answers[$name] = @(Get-CimInstance -Namespace $namespace -ClassName $class -OperationTimeoutSec 10 |
      Select-Object -Property $properties)
  } catch { $answers[$name] = @{ error = [string]$_.FullyQualifiedErrorId } }
}
{questions}
ConvertTo-Json -InputObject $answers -Depth 4 -Compress
"""
SCRIPT: Final = _SCRIPT.replace(
    "{questions}",
    "\n".join(
        f"Ask '{name}' '{namespace}' '{kind}' @({', '.join(map(repr, properties))})"
        for name, (namespace, kind, properties) in _QUESTIONS.items()
    ),
)

# wbemcli.h: WBEM_E_INVALID_NAMESPACE, WBEM_E_INVALID_CLASS; winerror.h: the RPC server is unavailable,
# which is what Defender's provider says while its service does not run.
_REASONS: Final[Mapping[str, Unreadable]] = {
    "0x8004100e": Missing("this Windows has no such WMI namespace"),
    "0x80041010": Missing("this Windows has no such WMI class"),
    "0x80041003": Unreadable("WMI refuses this user"),
    "0x800106ba": Unreadable("Defender's service does not answer"),
    "CommandNotFoundException": Unreadable("this PowerShell has no Get-CimInstance"),
}

Section = list[dict[str, Any]] | Unreadable
"""The instances of one WMI class, or the reason why they could not be read."""


def ask(program: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Section]:
    """Run `SCRIPT` in a PowerShell. An error becomes the answer to every question."""
    try:
        return sections(output_of(program, SCRIPT, timeout_s))
    except FileNotFoundError:
        reason = "there is no PowerShell"
    except subprocess.TimeoutExpired:
        reason = f"PowerShell gave no answer within {timeout_s:g} s"
    except OSError as error:
        reason = f"PowerShell cannot be started: {why(error)}"
    except ValueError as error:
        reason = str(error)
    return dict.fromkeys(_QUESTIONS, Unreadable(reason))


def sections(output: str) -> dict[str, Section]:
    """Split the output of `SCRIPT`. Raises `ValueError` if it is something else."""
    text = output.lstrip("\ufeff").strip()
    if not text:
        raise ValueError("PowerShell gave no answer")
    try:
        answers = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError("PowerShell's answer is not JSON") from error
    if not isinstance(answers, dict):
        raise ValueError("PowerShell's answer has an unexpected shape")  # noqa: TRY004
    return {name: _section(answers.get(name)) for name in _QUESTIONS}


def _section(value: Any) -> Section:
    if isinstance(value, dict) and "error" in value:
        identity = str(value["error"])
        for part, reason in _REASONS.items():
            if part.lower() in identity.lower():
                return reason
        return Unreadable(f"PowerShell reports {identity.partition(',')[0] or 'an error'}")
    value = _unwrapped(value)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return Unreadable("PowerShell did not answer this")
    return [item for item in value if isinstance(item, dict)]


def _first(section: Section) -> dict[str, Any] | Unreadable:
    if isinstance(section, Unreadable):
        return section
    return section[0] if section else Missing("WMI knows of none")


# The high byte is the kind of provider; then 0x1000 is on, 0x2000 snoozed, 0x3000 expired; 0x100 marks
# Microsoft's own, 0x10 outdated signatures. Microsoft does not document it; the states are those of
# WSC_SECURITY_PRODUCT_STATE in iwscapi.h, the bits as observed on 10 000 machines with 34 products
# (stackoverflow.com/questions/4700897).
_PRODUCT_STATES: Final[tuple[ProductState, ...]] = ("off", "on", "snoozed", "expired")


def products(section: Section) -> tuple[Product, ...] | Unreadable:
    """The antivirus products that are registered with the Security Center."""
    if isinstance(section, Missing):
        return Missing("this Windows has no Security Center, as Server editions have none")
    if isinstance(section, Unreadable):
        return section
    found = []
    for item in section:
        state = item.get("productState")
        if isinstance(state, int):
            found.append(
                Product(
                    name=str(item.get("displayName") or "an unnamed product").strip(),
                    state=_PRODUCT_STATES[state >> 12 & 0x3],
                    up_to_date=not state & 0x10,
                    by_microsoft=bool(state & 0x100),
                )
            )
    return tuple(found)


def defender(section: Section) -> Defender | Unreadable:
    """Defender's state."""
    status = _first(section)
    return status if isinstance(status, Unreadable) else Defender(*_read(_DEFENDER, status))


def preferences(section: Section) -> Preferences | Unreadable:
    """Defender's settings."""
    given = _first(section)
    if isinstance(given, Unreadable):
        return given
    return Preferences(Exclusions(*_read(_EXCLUSIONS, given)), *_read(_PREFERENCES, given))


def hypervisor(section: Section) -> bool | Unreadable:
    """Whether Windows runs on a hypervisor, which its own security features may use too."""
    computer = _first(section)
    if isinstance(computer, Unreadable):
        return computer
    present = _flag(computer.get("HypervisorPresent"))
    return Unreadable("WMI does not say") if present is None else present
