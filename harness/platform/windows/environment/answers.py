"""From what Windows answered to facts: the registry's values, and the one question put to PowerShell.

All of the parsing is here and needs no Windows; `environment` does the asking. Answers are taken as
they come: a property that an older Defender lacks is ``None``, never an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from harness.platform.windows.environment.exclusions import visible
from harness.platform.windows.environment.facts import (
    Build,
    Defender,
    Exclusions,
    Missing,
    Preferences,
    Product,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMESPACE = "root/Microsoft/Windows/Defender"

# The classes behind Get-MpComputerStatus and Get-MpPreference are asked directly: those are script
# modules, which a machine may forbid and whose errors are in the user's language. -OperationTimeoutSec
# bounds a WMI provider that hangs. No double quotation marks: they would need escapes on the way.
SCRIPT: Final = f"""
$ErrorActionPreference = 'Stop'
try {{ [Console]::OutputEncoding = [Text.Encoding]::UTF8 }} catch {{ }}
$answers = @{{}}
function Ask($name, $namespace, $class, $properties) {{
  try {{
    $answers[$name] = @(Get-CimInstance -Namespace $namespace -ClassName $class -OperationTimeoutSec 20 |
      Select-Object -Property $properties)
  }} catch {{ $answers[$name] = @{{ error = [string]$_.FullyQualifiedErrorId }} }}
}}
Ask 'products' 'root/SecurityCenter2' 'AntiVirusProduct' @('displayName', 'productState')
Ask 'status' '{_NAMESPACE}' 'MSFT_MpComputerStatus' @('AMRunningMode', 'RealTimeProtectionEnabled',
  'OnAccessProtectionEnabled', 'BehaviorMonitorEnabled', 'AMProductVersion', 'AMEngineVersion',
  'AntivirusSignatureVersion')
Ask 'preference' '{_NAMESPACE}' 'MSFT_MpPreference' @('ExclusionPath', 'ExclusionProcess',
  'ExclusionExtension', 'MAPSReporting', 'SubmitSamplesConsent', 'CloudBlockLevel',
  'CloudExtendedTimeout', 'DisableBlockAtFirstSeen', 'RealTimeScanDirection', 'DisableArchiveScanning',
  'DisableScanningNetworkFiles', 'EnableControlledFolderAccess', 'PerformanceModeStatus')
Ask 'computer' 'root/cimv2' 'Win32_ComputerSystem' @('HypervisorPresent')
ConvertTo-Json -InputObject $answers -Depth 4 -Compress
"""
"""What PowerShell is asked, once: it needs a second or more to start."""

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
"""The instances of one WMI class, or why there are none to see."""


def sections(output: str) -> dict[str, Section]:
    """Split the answer to `SCRIPT`. Raises ``ValueError`` if this is none."""
    text = output.lstrip("\ufeff").strip()
    if not text:
        raise ValueError("PowerShell gave no answer")
    try:
        answers = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError("PowerShell's answer is no JSON") from error
    if not isinstance(answers, dict):
        raise ValueError("PowerShell's answer has another shape than was asked for")  # noqa: TRY004
    return {
        name: _section(answers.get(name)) for name in ("products", "status", "preference", "computer")
    }


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


def _unwrapped(value: Any) -> Any:
    """Windows PowerShell 5.1 writes some arrays as ``{"value": […], "Count": 2}``."""
    if isinstance(value, dict) and set(value) == {"value", "Count"}:
        return value["value"]
    return value


def _first(section: Section) -> dict[str, Any] | Unreadable:
    if isinstance(section, Unreadable):
        return section
    return section[0] if section else Missing("WMI knows of none")


# The high byte is the kind of provider; then 0x1000 is on, 0x2000 snoozed, 0x3000 expired; 0x100 marks
# Microsoft's own, 0x10 outdated signatures. Microsoft does not document it; the states are those of
# WSC_SECURITY_PRODUCT_STATE in iwscapi.h, the bits as observed on 10 000 machines with 34 products
# (stackoverflow.com/questions/4700897).
_STATES: Final[tuple[Literal["off", "on", "snoozed", "expired"], ...]] = (
    "off",
    "on",
    "snoozed",
    "expired",
)


def products(section: Section) -> tuple[Product, ...] | Unreadable:
    """The antivirus products that the Security Center knows."""
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
                    state=_STATES[state >> 12 & 0x3],
                    up_to_date=not state & 0x10,
                    by_microsoft=bool(state & 0x100),
                )
            )
    return tuple(found)


def defender(section: Section) -> Defender | Unreadable:
    """Defender's state."""
    status = _first(section)
    if isinstance(status, Unreadable):
        return status
    return Defender(
        mode=_text(status.get("AMRunningMode")),
        real_time=_flag(status.get("RealTimeProtectionEnabled")),
        on_access=_flag(status.get("OnAccessProtectionEnabled")),
        behaviour_monitor=_flag(status.get("BehaviorMonitorEnabled")),
        product_version=_text(status.get("AMProductVersion")),
        engine_version=_text(status.get("AMEngineVersion")),
        signature_version=_text(status.get("AntivirusSignatureVersion")),
    )


# Microsoft, "Set-MpPreference": the values of -MAPSReporting and -SubmitSamplesConsent.
_CLOUD: Final = ("off", "basic", "advanced")
_SAMPLES: Final = ("asks first", "safe samples", "never", "all samples")


def preferences(section: Section) -> Preferences | Unreadable:
    """Defender's settings."""
    given = _first(section)
    if isinstance(given, Unreadable):
        return given
    first_sight = _flag(given.get("DisableBlockAtFirstSeen"))
    archives = _flag(given.get("DisableArchiveScanning"))
    network = _flag(given.get("DisableScanningNetworkFiles"))
    return Preferences(
        exclusions=Exclusions(
            paths=_entries(given.get("ExclusionPath")),
            processes=_entries(given.get("ExclusionProcess")),
            extensions=_entries(given.get("ExclusionExtension")),
        ),
        cloud_protection=_named(_CLOUD, given.get("MAPSReporting")),
        sample_submission=_named(_SAMPLES, given.get("SubmitSamplesConsent")),
        cloud_block_level=_number(given.get("CloudBlockLevel")),
        cloud_extended_timeout_s=_number(given.get("CloudExtendedTimeout")),
        block_at_first_sight=None if first_sight is None else not first_sight,
        scan_direction=_number(given.get("RealTimeScanDirection")),
        scans_archives=None if archives is None else not archives,
        scans_network_files=None if network is None else not network,
        controlled_folder_access=_number(given.get("EnableControlledFolderAccess")),
        performance_mode_status=_number(given.get("PerformanceModeStatus")),
    )


def hypervisor(section: Section) -> bool | Unreadable:
    """Whether Windows runs on a hypervisor; its own security features may use one too."""
    computer = _first(section)
    if isinstance(computer, Unreadable):
        return computer
    present = _flag(computer.get("HypervisorPresent"))
    return Unreadable("WMI does not say") if present is None else present


def build(values: Mapping[str, object]) -> Build | Unreadable:
    r"""Which Windows, by the values of ``SOFTWARE\Microsoft\Windows NT\CurrentVersion``."""
    number = _text(values.get("CurrentBuildNumber"))
    if number is None:
        return Unreadable("the registry names no build")
    revision = _number(values.get("UBR"))
    return Build(
        number=number if revision is None else f"{number}.{revision}",
        version=_text(values.get("DisplayVersion")) or _text(values.get("ReleaseId")),
        edition=_text(values.get("EditionID")),
        installation=_text(values.get("InstallationType")),
    )


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


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
