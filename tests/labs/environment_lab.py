"""Sample machines with Windows, as a probe would find them; they can be made on every system.

The samples have the shape that Windows PowerShell 5.1 gives; values are those that Microsoft documents
and that public reports show (the hosted runner's are set by actions/runner-images,
images/windows/scripts/build/Configure-WindowsDefender.ps1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.platform.windows.environment import wmi
from harness.platform.windows.environment.exclusions import covers_folder, covers_program
from harness.platform.windows.environment.facts import (
    Environment,
    Folder,
    Machine,
    Minifilter,
    Preferences,
    Unreadable,
    Volume,
)
from harness.platform.windows.environment.probe import build

FOLDER = "C:\\Users\\Jürgen 太郎\\AppData\\Local\\Temp\\harness"
HIDDEN = ["N/A: Must be an administrator to view exclusions"]
INVALID_NAMESPACE = {
    "error": "HRESULT 0x8004100e,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand"
}
DEFENDER_REGISTERED = {"displayName": "Windows Defender", "productState": 397568}

WDFILTER = Minifilter("WdFilter", "328010", "FSFilter Anti-Virus", running=True)
IN_BOX = (
    Minifilter("bindflt", "409800", "FSFilter Top", running=True),
    Minifilter("UCPD", "385250.5", "FSFilter Activity Monitor", running=True),
    Minifilter("FileInfo", "360500.5", "FSFilter Activity Monitor", running=True),
    WDFILTER,
    Minifilter("CldFlt", "180451", "FSFilter HSM", running=True),
    Minifilter("luafv", "135000", "FSFilter Virtualization", running=True),
)
VOLUME = Volume("C:", "fixed", "NTFS", "0x03e72eff", True, 4096, False, "no")
MACHINE = Machine(
    "a processor", 4, 16 << 30, "a model", True, 1.0, "balanced", on_battery=False, native="x64"
)


def status(**changes: Any) -> dict[str, Any]:
    return {
        "AMRunningMode": "Normal",
        "RealTimeProtectionEnabled": True,
        "OnAccessProtectionEnabled": True,
        "BehaviorMonitorEnabled": True,
        "AMProductVersion": "4.18.25040.2",
        "AMEngineVersion": "1.1.25040.1",
        "AntivirusSignatureVersion": "1.429.218.0",
        **changes,
    }


def preference(**changes: Any) -> dict[str, Any]:
    return {
        "ExclusionPath": None,
        "ExclusionProcess": None,
        "ExclusionExtension": None,
        "MAPSReporting": 2,
        "SubmitSamplesConsent": 1,
        "CloudBlockLevel": 0,
        "CloudExtendedTimeout": 0,
        "DisableBlockAtFirstSeen": False,
        "RealTimeScanDirection": 0,
        "DisableArchiveScanning": False,
        "DisableScanningNetworkFiles": True,
        "EnableControlledFolderAccess": 0,
        "PerformanceModeStatus": 1,
        **changes,
    }


def environment(
    *,
    products: Any,
    status: Any,
    preference: Any,
    minifilters: tuple[Minifilter, ...] | Unreadable = IN_BOX,
    folders: Sequence[str] = (FOLDER,),
    services: Mapping[str, str | Unreadable] | None = None,
    volume: Volume = VOLUME,
) -> Environment:
    """The environment that a probe would find where PowerShell answered this."""
    told = {
        "products": products,
        "status": status,
        "preference": preference,
        "computer": [{"HypervisorPresent": True}],
    }
    parts = wmi.sections(f"\ufeff{json.dumps(told)}\r\n")
    settings = wmi.preferences(parts["preference"])
    return Environment(
        wine=None,
        build=build({"CurrentBuildNumber": "26100", "UBR": 4061, "DisplayVersion": "24H2"}),
        long_paths=True,
        machine=MACHINE,
        python_for="win-amd64",
        store_python=False,
        hosted_runner=False,
        elevated=False,
        services=services or {"WinDefend": "running"},
        minifilters=minifilters,
        antivirus_products=wmi.products(parts["products"]),
        defender=wmi.defender(parts["status"]),
        defender_preferences=settings,
        program_excluded=covers_program(settings.exclusions.processes, ["C:\\Python\\python.exe"])
        if isinstance(settings, Preferences)
        else settings,
        folders=tuple(
            Folder(volume, covers_folder(settings.exclusions.paths, folder, {"SystemDrive": "C:"}))
            if isinstance(settings, Preferences)
            else Folder(volume, settings)
            for folder in folders
        ),
    )


WINDOWS_11 = environment(
    products=[DEFENDER_REGISTERED],
    status=[status()],
    preference=[preference(ExclusionPath=["C:\\src", "D:\\"])],
)
STANDARD_USER = environment(
    products=[DEFENDER_REGISTERED],
    status=[status()],
    preference=[preference(ExclusionPath=HIDDEN, ExclusionProcess=HIDDEN, ExclusionExtension=HIDDEN)],
)
HOSTED_RUNNER = environment(
    products=INVALID_NAMESPACE,
    status=[status(RealTimeProtectionEnabled=False, OnAccessProtectionEnabled=False)],
    preference=[preference(ExclusionPath=["C:\\", "D:\\"], MAPSReporting=0, SubmitSamplesConsent=2)],
)
SERVER = environment(
    products=INVALID_NAMESPACE,
    status=[status()],
    preference=[preference()],
    services={"Sense": "stopped"},
)
THIRD_PARTY = environment(
    products=[
        {"displayName": "Bitdefender Antivirus", "productState": 266240},
        {"displayName": "Windows Defender", "productState": 393472},
    ],
    status=[status(AMRunningMode="SxS Passive Mode", RealTimeProtectionEnabled=False)],
    preference=[preference()],
    minifilters=(Minifilter("trufos", "320770", "FSFilter Anti-Virus", running=True), *IN_BOX),
)
EDR = environment(
    products=INVALID_NAMESPACE,
    status={"error": "HRESULT 0x8004100e,Get-CimInstance"},
    preference={"error": "HRESULT 0x8004100e,Get-CimInstance"},
    minifilters=(
        Minifilter("SomeSensor", "388880.5", "FSFilter Activity Monitor", running=True),
        replace(WDFILTER, running=False),
    ),
)
