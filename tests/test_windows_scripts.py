"""The scripts for machines with Windows: they are what PowerShell reads, and change nothing unasked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from powershell_lab import syntax_errors

from harness.platform.windows.environment import wmi
from harness.platform.windows.self_test import powershell

FOLDER = Path(__file__).parent.parent / "windows"
SCRIPTS = sorted(FOLDER.glob("*.ps1"))
every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
POWERSHELL = shutil.which("pwsh") or (shutil.which("powershell") if sys.platform == "win32" else None)
needs_powershell = pytest.mark.skipif(POWERSHELL is None, reason="no PowerShell here")

PARSE = """
$errors = $null
[void][Management.Automation.Language.Parser]::ParseFile($env:SCRIPT, [ref]$null, [ref]$errors)
ConvertTo-Json @($errors | ForEach-Object { "$($_.Extent.StartLineNumber): $($_.Message)" })
"""
ANALYSE = """
if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) { '"not installed"'; exit }
$found = Invoke-ScriptAnalyzer -Path $env:SCRIPT -Severity 'Error', 'Warning'
ConvertTo-Json @($found | ForEach-Object { "$($_.Line): $($_.RuleName)" })
"""


def told(code: str, script: Path) -> object:
    """What a piece of PowerShell answers about a script, as JSON."""
    assert POWERSHELL is not None
    command = [POWERSHELL, "-NoProfile", "-NonInteractive", "-Command", code]
    environment = {**os.environ, "SCRIPT": str(script)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "[]")


def test_there_are_scripts_for_what_the_pages_say() -> None:
    assert [script.name for script in SCRIPTS] == ["defender.ps1", "set-up.ps1"]


@every_script
def test_a_script_is_ascii_for_windows_powershell_takes_anything_else_for_the_code_page(
    script: Path,
) -> None:
    assert script.read_bytes().isascii()


@every_script
def test_a_script_explains_itself_and_stops_at_the_first_error(script: Path) -> None:
    text = script.read_text("utf-8")
    assert text.startswith("<#\n.SYNOPSIS\n")
    for word in (".DESCRIPTION", ".EXAMPLE", "[CmdletBinding(", "$ErrorActionPreference = 'Stop'"):
        assert word in text
    described = set(re.findall(r"^\.PARAMETER (\w+)", text, flags=re.MULTILINE))
    (block,) = re.findall(r"^param\((.*?)^\)", text, flags=re.MULTILINE | re.DOTALL)
    assert described == set(re.findall(r"\[\w+(?:\[\])?\] \$(\w+)", block))


def test_defender_is_changed_only_if_that_was_asked_for_and_each_change_can_be_tried() -> None:
    text = (FOLDER / "defender.ps1").read_text("utf-8")
    assert "[string] $State = 'Show'" in text
    changes = re.findall(r"(?:Set|Add|Remove)-MpPreference.*", text)
    assert len(changes) == 5
    assert all("-ErrorAction Stop" in change for change in changes)
    assert "SupportsShouldProcess" in text
    assert text.index("Test-Administrator)") < text.index("Switch-Protection -Off")


@every_script
def test_the_grammar_of_powershell_can_read_it(script: Path) -> None:
    assert syntax_errors(script.read_text("utf-8")) == []


@every_script
def test_the_grammar_finds_a_bracket_that_is_not_there(script: Path) -> None:
    text = script.read_text("utf-8")
    last = text.rindex("}")
    assert syntax_errors(text[:last] + text[last + 1 :])


@pytest.mark.parametrize("code", [wmi.SCRIPT, powershell._SCRIPT, PARSE, ANALYSE])
def test_what_is_given_to_powershell_as_text_is_readable_too(code: str) -> None:
    assert syntax_errors(code) == []


def test_python_is_found_by_code_that_windows_powershell_passes_on_unchanged() -> None:
    """It does not escape double quotes in what it gives to programs (about_Parsing, "Passing arguments
    that contain quote characters"), so code that has any is not the same for Python."""
    (code,) = re.findall(r"^\$asks = '(.*)'$", (FOLDER / "set-up.ps1").read_text("utf-8"), re.MULTILINE)
    assert '"' not in code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sys.executable


@every_script
@needs_powershell
def test_powershell_can_read_it(script: Path) -> None:
    assert told(PARSE, script) in ([], None)


@every_script
@needs_powershell
def test_its_analyser_finds_nothing(script: Path) -> None:
    found = told(ANALYSE, script)
    if found == "not installed":
        pytest.skip("no PSScriptAnalyzer here")
    assert found in ([], None)


@pytest.mark.skipif(sys.platform != "win32", reason="needs Windows")
@needs_powershell
def test_the_state_of_defender_is_shown_without_an_administrator() -> None:
    assert POWERSHELL is not None
    command = [
        POWERSHELL,
        "-NoProfile",
        "-ExecutionPolicy",
        "Bypass",
        "-File",
        str(FOLDER / "defender.ps1"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "RealTimeProtectionEnabled" in done.stdout or "no Microsoft Defender" in done.stdout
