"""What is concluded from a machine's answers: on captured-looking samples, so it runs everywhere.

The samples have the shape that Windows PowerShell 5.1 gives; values are those that Microsoft documents
and that public reports show (the hosted runner's are set by actions/runner-images,
images/windows/scripts/build/Configure-WindowsDefender.ps1).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.platform.windows.environment import answers
from harness.platform.windows.environment.advice import advice
from harness.platform.windows.environment.evidence import Environment
from harness.platform.windows.environment.exclusions import covers_folder, covers_program
from harness.platform.windows.environment.facts import (
    Folder,
    Machine,
    Minifilter,
    Missing,
    Preferences,
    Unreadable,
    Volume,
)
from harness.platform.windows.environment.overview import summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
MACHINE = Machine("a processor", 4, 16 << 30, "a model", True, 1.0, "balanced", on_battery=False)


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
    parts = answers.sections(f"\ufeff{json.dumps(told)}\r\n")
    settings = answers.preferences(parts["preference"])
    return Environment(
        wine=None,
        build=answers.build({"CurrentBuildNumber": "26100", "UBR": 4061, "DisplayVersion": "24H2"}),
        long_paths=True,
        machine=MACHINE,
        hosted_runner=False,
        elevated=False,
        services=services or {"WinDefend": "running"},
        minifilters=minifilters,
        products=answers.products(parts["products"]),
        defender=answers.defender(parts["status"]),
        preferences=settings,
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


def test_a_windows_11_with_defender_is_watched() -> None:
    found = WINDOWS_11.antivirus()
    assert found.state == "active"
    assert found.evidence[0] == (
        "Defender's real-time protection is on, and its exclusions do not cover the measured folder"
    )


def test_exclusions_that_are_hidden_from_a_standard_user_are_said_to_be() -> None:
    found = STANDARD_USER.antivirus()
    assert found.state == "unknown"
    assert found.evidence[0] == (
        "Defender's real-time protection is on, but whether its exclusions cover the measured folder "
        "cannot be read without administrator rights"
    )
    assert STANDARD_USER.facts()["defender_preferences"]["exclusions"] == {
        "paths": "hidden",
        "processes": "hidden",
        "extensions": "hidden",
    }


@pytest.mark.parametrize("hidden", ["ExclusionPath", "ExclusionProcess", "ExclusionExtension"])
def test_one_list_of_exclusions_that_is_hidden_is_enough_to_prove_nothing(hidden: str) -> None:
    found = environment(
        products=[DEFENDER_REGISTERED], status=[status()], preference=[preference(**{hidden: HIDDEN})]
    ).antivirus()
    assert (found.state, "administrator rights" in found.evidence[0]) == ("unknown", True)


def test_exclusions_that_cannot_be_asked_about_prove_nothing() -> None:
    found = environment(
        products=[DEFENDER_REGISTERED], status=[status()], preference={"error": "HRESULT 0x80041003"}
    ).antivirus()
    assert found.state == "unknown"
    assert found.evidence[0] == (
        "Defender's real-time protection is on, but the list of its exclusions is not readable: "
        "WMI refuses this user"
    )


def test_protection_that_does_not_scan_what_is_opened_proves_nothing() -> None:
    found = environment(
        products=[DEFENDER_REGISTERED],
        status=[status(OnAccessProtectionEnabled=False)],
        preference=[preference()],
    ).antivirus()
    assert (found.state, found.evidence[0]) == (
        "unknown",
        "Defender's real-time protection is on, but its scan of files that are opened is off",
    )


@pytest.mark.parametrize(
    ("entries", "spared"),
    [
        (["exe"], ".exe"),
        ([".DLL"], ".dll"),
        (["*.pyd", "txt"], ".pyd"),
        (["p?d"], ".pyd"),
        (["*"], ".exe, .dll, .pyd"),
    ],
)
def test_an_exclusion_of_programs_or_libraries_by_extension_proves_nothing(
    entries: list[str], spared: str
) -> None:
    found = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionExtension=entries)],
    ).antivirus()
    said = "Defender's real-time protection is on, but its exclusions cover all files that end in "
    assert (found.state, found.evidence[0]) == ("unknown", said + spared)


@pytest.mark.parametrize("entry", ["txt", "ex", "exec", ".obj", "d"])
def test_an_exclusion_of_other_extensions_changes_nothing(entry: str) -> None:
    found = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionExtension=[entry])],
    )
    assert found.antivirus().state == "active"


def test_a_hosted_runner_is_proved_to_be_unwatched() -> None:
    found = HOSTED_RUNNER.antivirus()
    assert found.state == "inactive"
    assert "Defender's real-time protection is off" in found.evidence
    assert "no driver of another antivirus or EDR runs" in found.evidence


def test_an_exclusion_of_the_folder_is_enough_to_leave_it_alone() -> None:
    excluded = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionPath=["%SystemDrive%\\Users\\*\\AppData\\"])],
    )
    assert excluded.antivirus().state == "inactive"
    assert excluded.facts()["folders"][0]["excluded"] == "yes"


def test_a_folder_on_each_side_of_the_exclusions_proves_nothing() -> None:
    both = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(ExclusionPath=["D:\\"])],
        folders=(FOLDER, "D:\\work"),
    )
    assert both.antivirus().state == "unknown"


@pytest.mark.parametrize("change", [{"ExclusionPath": ["%TEMP%"]}, {"ExclusionProcess": ["python.exe"]}])
def test_an_exclusion_that_may_matter_proves_nothing(change: dict[str, Any]) -> None:
    found = environment(
        products=[DEFENDER_REGISTERED], status=[status()], preference=[preference(**change)]
    )
    assert found.antivirus().state == "unknown"


def test_a_server_is_judged_by_defender_alone_and_says_so() -> None:
    found = SERVER.antivirus()
    assert found.state == "active"
    assert any("no Security Center" in sentence for sentence in found.evidence)
    assert str(SERVER.products).startswith("not there: ")


def test_another_product_that_is_on_counts_while_defender_is_passive() -> None:
    found = THIRD_PARTY.antivirus()
    assert (found.state, found.evidence[0]) == (
        "active",
        "Bitdefender Antivirus is registered as an antivirus that is on; its exclusions cannot be read",
    )


def test_a_passive_defender_that_still_watches_proves_nothing() -> None:
    passive = environment(
        products=[], status=[status(AMRunningMode="EDR Block Mode")], preference=[preference()]
    )
    assert passive.antivirus().state == "unknown"


def test_an_edr_that_only_its_driver_betrays_keeps_the_verdict_open() -> None:
    found = EDR.antivirus()
    assert found.state == "unknown"
    assert found.evidence[0] == "the activity monitor driver SomeSensor runs at altitude 388880.5"
    assert "Defender is not installed" in found.evidence


def test_a_product_that_is_off_but_whose_driver_runs_proves_nothing() -> None:
    off = environment(
        products=[{"displayName": "Norton 360", "productState": 262144}],
        status=[status(RealTimeProtectionEnabled=False)],
        preference=[preference()],
        minifilters=(Minifilter("SRTSP", "329000", "FSFilter Anti-Virus", running=True), *IN_BOX),
    )
    assert off.antivirus().state == "unknown"


def test_a_network_folder_is_never_proved_to_be_watched() -> None:
    share = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference()],
        volume=replace(VOLUME, name="a network share", drive_type="remote"),
    )
    assert share.antivirus().state == "unknown"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"minifilters": Unreadable("error 5, Access is denied.")}, "unknown"),
        ({"minifilters": (Minifilter("Hides", None, None, running=None),)}, "unknown"),
        ({"products": Unreadable("PowerShell gave no answer within 60 s")}, "unknown"),
        ({"defender": Unreadable("WMI refuses this user")}, "unknown"),
        ({"defender": Unreadable("no answer"), "services": {"WinDefend": "stopped"}}, "inactive"),
        ({"defender": Missing("no such class")}, "unknown"),  # its driver runs all the same
        ({"wine": "8.0"}, "unknown"),
    ],
)
def test_what_cannot_be_read_is_never_taken_for_a_no(change: dict[str, Any], state: str) -> None:
    quiet = replace(HOSTED_RUNNER, **change)
    assert quiet.antivirus().state == state


def test_no_powershell_at_all_leaves_everything_it_was_asked_unreadable() -> None:
    for nothing in ("", "\ufeff\r\n", "Access is denied.", "[]"):
        with pytest.raises(ValueError, match="PowerShell"):
            answers.sections(nothing)


def test_arrays_are_read_as_windows_powershell_wraps_them() -> None:
    wrapped = environment(
        products={"value": [DEFENDER_REGISTERED], "Count": 1},
        status=status(),  # and one thing need not be a list
        preference=[preference(ExclusionPath={"value": ["C:\\", "D:\\"], "Count": 2})],
    )
    assert wrapped.facts()["defender_preferences"]["exclusions"]["paths"] == 2
    assert wrapped.antivirus().state == "inactive"


@pytest.mark.parametrize("sample", [WINDOWS_11, STANDARD_USER, HOSTED_RUNNER, SERVER, THIRD_PARTY, EDR])
def test_facts_are_plain_data_and_name_no_folder(sample: Environment) -> None:
    text = json.dumps(sample.facts(), ensure_ascii=False) + sample.antivirus().model_dump_json()
    assert json.loads(json.dumps(sample.facts())) == sample.facts()
    for private in ("Jürgen", "太郎", "Users", "src"):
        assert private not in text


def test_cloud_settings_and_versions_are_named() -> None:
    preferences = WINDOWS_11.facts()["defender_preferences"]
    assert (preferences["cloud_protection"], preferences["sample_submission"]) == (
        "advanced",
        "safe samples",
    )
    assert preferences["exclusions"] == {"paths": 2, "processes": 0, "extensions": 0}
    assert WINDOWS_11.facts()["defender"]["engine_version"] == "1.1.25040.1"
    assert WINDOWS_11.facts()["build"]["number"] == "26100.4061"


@pytest.mark.parametrize(
    ("altitude", "group", "kind"),
    [
        ("328010", "FSFilter Anti-Virus", "anti-virus"),
        ("329999.99", None, "anti-virus"),
        ("320000", "FSFilter Encryption", "anti-virus"),
        ("389999.5", None, "activity monitor"),
        ("393000.5", None, "security monitor"),
        ("40700", "FSFilter Bottom", "other"),
        (None, "FSFilter Anti-Virus", "anti-virus"),
        (None, None, "unknown"),
    ],
)
def test_a_driver_is_what_its_altitude_says(altitude: str | None, group: str | None, kind: str) -> None:
    assert Minifilter("any", altitude, group, running=True).kind == kind


@pytest.mark.parametrize(
    ("entry", "folder", "covered"),
    [
        ("C:\\", "c:\\a", "yes"),
        ("c:/Users/me", "C:\\USERS\\ME\\sub", "yes"),
        ("C:\\Users\\me\\", "\\\\?\\C:\\Users\\me", "yes"),
        ("C:\\Users\\me", "C:\\Users\\me2", "no"),
        ("C:\\Users\\me\\sub", "C:\\Users\\me", "no"),
        ("C:\\Users\\*\\Temp", "C:\\Users\\太郎\\Temp\\x", "yes"),
        ("C:\\Users\\*\\Temp", "C:\\Users\\a\\b\\Temp", "no"),
        ("C:\\a\\*", "C:\\a", "yes"),
        ("C:\\w[1]", "C:\\w[1]\\x", "yes"),
        ("C:\\w[1]", "C:\\w1", "no"),
        ("%ProgramData%\\x", "C:\\ProgramData\\x\\y", "yes"),
        ("%LOCALAPPDATA%\\Temp", "C:\\a", "undecided"),
        ("*", "C:\\a", "undecided"),
        ("python.exe", "C:\\a", "no"),
    ],
)
def test_an_exclusion_covers_a_folder_as_defender_says(entry: str, folder: str, covered: str) -> None:
    assert covers_folder([entry], folder, {"ProgramData": "C:\\ProgramData"}) == covered


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        ("python.exe", "yes"),
        ("C:\\Python\\PYTHON.EXE", "yes"),
        ("C:\\*\\python.exe", "yes"),
        ("py*.exe", "yes"),
        ("C:\\Other\\python.exe", "no"),
        ("python", "no"),
    ],
)
def test_an_exclusion_covers_a_program_by_name_or_path(entry: str, covered: str) -> None:
    assert covers_program([entry], ["C:\\Python\\python.exe"]) == covered


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (replace(HOSTED_RUNNER, hosted_runner=True), "This runner measures Windows, not an antivirus"),
        (HOSTED_RUNNER, "This machine measures Windows, not an antivirus"),
        (SERVER, "There is no Security Center"),
        (EDR, "What watches the measured folder is not proved: the activity monitor driver SomeSensor"),
        (STANDARD_USER, "run once as administrator"),
        (WINDOWS_11, "Defender sends samples to Microsoft (cloud protection: advanced"),
        (replace(WINDOWS_11, long_paths=False), "Long paths are off"),
        (replace(WINDOWS_11, services={"WSearch": "running"}), "The search indexer runs"),
        (
            replace(WINDOWS_11, folders=(Folder(replace(VOLUME, dev_drive="trusted"), "no"),)),
            "on a trusted Dev Drive",
        ),
        (
            replace(WINDOWS_11, machine=replace(MACHINE, on_battery=True, power_plan="power saver")),
            "runs on battery and on the power plan `power saver`",
        ),
        (replace(WINDOWS_11, wine="8.0"), "This is Wine"),
    ],
)
def test_advice_says_what_a_result_from_here_is_worth(machine: Environment, words: str) -> None:
    assert any(words in line for line in advice(machine)), advice(machine)


def test_a_well_kept_machine_needs_no_advice_but_about_samples() -> None:
    quiet = environment(
        products=[DEFENDER_REGISTERED],
        status=[status()],
        preference=[preference(MAPSReporting=0, SubmitSamplesConsent=2)],
    )
    assert advice(quiet) == []


@pytest.mark.parametrize("sample", [WINDOWS_11, STANDARD_USER, HOSTED_RUNNER, EDR])
def test_the_summary_has_a_line_for_each_group_of_facts(sample: Environment) -> None:
    lines = summary(sample.facts())
    assert lines["windows"].startswith("number 26100.4061, version 24H2")
    assert lines["temporary folder"].startswith("name C:, file system NTFS")
    assert all(lines.values())


def test_the_summary_names_the_filters_that_may_scan() -> None:
    assert summary(EDR.facts())["scanners' filters"] == (
        "SomeSensor (activity monitor, runs), WdFilter (anti-virus, stopped)"
    )
    unreadable = replace(EDR, minifilters=Unreadable("error 5, Access is denied"))
    assert summary(unreadable.facts())["scanners' filters"].startswith("not readable")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*status(), *preference(), "displayName", "productState", "error"])


@given(
    st.dictionaries(
        st.sampled_from(["products", "status", "preference", "computer"]),
        JSON | st.lists(st.dictionaries(KEYS, JSON)),
    )
)
def test_any_answer_becomes_facts(told: dict[str, Any]) -> None:
    parts = answers.sections(json.dumps(told))
    found = replace(
        WINDOWS_11,
        products=answers.products(parts["products"]),
        defender=answers.defender(parts["status"]),
        preferences=answers.preferences(parts["preference"]),
    )
    assert json.loads(json.dumps(found.facts())) == found.facts()
    assert found.antivirus().evidence


@given(st.sampled_from([WINDOWS_11, HOSTED_RUNNER, SERVER, THIRD_PARTY, EDR]), st.floats(320000, 329999))
def test_a_running_scanner_rules_inactive_out(sample: Environment, altitude: float) -> None:
    assert isinstance(sample.minifilters, tuple)
    other = Minifilter("other", f"{altitude}", None, running=True)
    assert replace(sample, minifilters=(*sample.minifilters, other)).antivirus().state != "inactive"
