<#
.SYNOPSIS
Install the harness from this checkout, into an environment of its own, and say what to do next.

.DESCRIPTION
Needs Python 3.11 or newer, as `py` or `python`; with -InstallPython it is installed for this user by winget.
Everything else goes into the folder .venv of the checkout: to be rid of it, remove that folder. No administrator
is needed.

.PARAMETER InstallPython
Install Python 3.13 with winget if there is none.

.PARAMETER Lab
Also install what reports and notebooks need (about 400 MB).

.EXAMPLE
.\windows\set-up.ps1
#>
[CmdletBinding()]
param(
    [switch] $InstallPython,
    [switch] $Lab
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$checkout = Split-Path -Parent $PSScriptRoot
# No double quotes: Windows PowerShell passes them to programs unescaped.
$asks = 'import sys; sys.version_info >= (3, 11) and print(sys.executable)'

# `python` without an installation is a program of the Store that prints a sentence and fails.
function Find-Python {
    $places = @(
        @('py', '-3'), @('python'),
        @((Join-Path $env:LOCALAPPDATA 'Programs\Python\Python313\python.exe'))
    )
    foreach ($command in $places) {
        if (-not (Get-Command $command[0] -ErrorAction SilentlyContinue)) { continue }
        $options = @($command | Select-Object -Skip 1)
        try { $found = & $command[0] @options -c $asks 2>$null } catch { continue }
        if ($LASTEXITCODE -eq 0 -and $found) { return [string] $found }
    }
}

function Invoke-Step([string] $What, [scriptblock] $Step) {
    Write-Output $What
    & $Step
    if ($LASTEXITCODE -ne 0) { throw "$What failed with exit code $LASTEXITCODE." }
}

$python = Find-Python
if (-not $python -and $InstallPython) {
    Invoke-Step 'Installing Python 3.13 for this user with winget ...' {
        winget install --exact --id Python.Python.3.13 --scope user --silent `
            --accept-package-agreements --accept-source-agreements
    }
    $python = Find-Python
}
if (-not $python) {
    Write-Output 'There is no Python 3.11 or newer. Install it from python.org, or run this with -InstallPython.'
    exit 1
}

$environment = Join-Path $checkout '.venv'
$inside = Join-Path $environment 'Scripts\python.exe'
if (-not (Test-Path $inside)) {
    Invoke-Step "Making $environment ..." { & $python -m venv $environment }
}
$package = if ($Lab) { "${checkout}[lab]" } else { $checkout }
Invoke-Step 'Installing the harness ...' {
    & $inside -m pip install --quiet --disable-pip-version-check $package
}

Write-Output @"

Done. Next, in this folder:
  `$env:PATH = "`$PWD\.venv\Scripts;`$env:PATH"    so that ``harness`` is found in this window
  harness doctor --self-test     may this machine's numbers be trusted? At most 60 s
  harness run                    a first run, about a minute
"@
