<#
.SYNOPSIS
Show the state of Microsoft Defender, or turn its real-time protection on or off, to compare runs.

.DESCRIPTION
For machines that exist to measure, such as a virtual one with a snapshot: never for one that anybody works on.
Changing needs an administrator. Tamper protection refuses it, and so may a policy; then this says so, changes
nothing further, and ends with exit code 1. On turns on what belongs to real-time protection and removes the
exclusions of paths. Whatever was asked for, the state that Defender then reports is shown.

.PARAMETER State
Show (the default), On or Off.

.PARAMETER Exclude
Folders to exclude from scans, for a run without a scanner beside one with it.

.PARAMETER WaitSeconds
How long to wait until Defender reports the state that was asked for.

.EXAMPLE
.\windows\defender.ps1
.EXAMPLE
.\windows\defender.ps1 -State Off
.EXAMPLE
.\windows\defender.ps1 -Exclude D:\excluded
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [ValidateSet('Show', 'On', 'Off')]
    [string] $State = 'Show',
    [string[]] $Exclude = @(),
    [ValidateRange(0, 600)]
    [int] $WaitSeconds = 60
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$refused = New-Object System.Collections.Generic.List[string]

function Test-Administrator {
    $me = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# Each setting goes alone, since tamper protection refuses some of them and takes others. Cmdlets of modules do not
# follow $ErrorActionPreference of a script, so each is told.
function Invoke-Setting([string] $What, [scriptblock] $Change) {
    if (-not $PSCmdlet.ShouldProcess('Microsoft Defender', $What)) { return }
    try { & $Change }
    catch { $script:refused.Add("${What}: $($_.Exception.Message)") }
}

function Switch-Protection([bool] $Off) {
    $switches = @(
        'DisableRealtimeMonitoring', 'DisableBehaviorMonitoring', 'DisableIOAVProtection',
        'DisableScriptScanning', 'DisableArchiveScanning', 'DisableBlockAtFirstSeen'
    )
    foreach ($name in $switches) {
        $setting = @{ $name = $Off }
        Invoke-Setting "$name = $Off" { Set-MpPreference @setting -ErrorAction Stop }
    }
    if ($Off) { return }
    Invoke-Setting 'MAPSReporting = Advanced' { Set-MpPreference -MAPSReporting Advanced -ErrorAction Stop }
    Invoke-Setting 'SubmitSamplesConsent = SendSafeSamples' {
        Set-MpPreference -SubmitSamplesConsent SendSafeSamples -ErrorAction Stop
    }
    foreach ($path in @((Get-MpPreference).ExclusionPath)) {
        if (-not $path) { continue }
        Invoke-Setting "no exclusion of $path" { Remove-MpPreference -ExclusionPath $path -ErrorAction Stop }
    }
}

function Wait-Protection([bool] $On) {
    $deadline = (Get-Date).AddSeconds($WaitSeconds)
    while ((Get-MpComputerStatus).RealTimeProtectionEnabled -ne $On -and (Get-Date) -lt $deadline) {
        Start-Sleep -Seconds 2
    }
    (Get-MpComputerStatus).RealTimeProtectionEnabled -eq $On
}

function Show-State {
    Get-MpComputerStatus | Format-List 'AM*', '*Enabled', '*Tamper*', 'AntivirusSignatureLastUpdated'
    Get-MpPreference | Format-List 'Exclusion*', 'Disable*', 'MAPSReporting', 'SubmitSamplesConsent'
    $policies = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender'
    if (Test-Path $policies) { Get-ItemProperty $policies; Get-ChildItem $policies -Recurse }
    else { Write-Output 'No policy for Defender.' }
}

if (-not (Get-Command Get-MpComputerStatus -ErrorAction SilentlyContinue)) {
    Write-Output 'This machine has no Microsoft Defender: nothing was changed.'
    exit 1
}
$changes = $State -ne 'Show' -or $Exclude.Count -gt 0
if ($changes -and -not (Test-Administrator)) {
    Write-Output 'Only an administrator may change Defender: start PowerShell as one. Nothing was changed.'
    exit 1
}
if ($State -ne 'Show') { Switch-Protection -Off ($State -eq 'Off') }
foreach ($folder in $Exclude) {
    Invoke-Setting "exclude $folder" { Add-MpPreference -ExclusionPath $folder -ErrorAction Stop }
}
$asAsked = $true
if ($State -ne 'Show' -and -not $WhatIfPreference) { $asAsked = Wait-Protection -On ($State -eq 'On') }

Show-State
foreach ($line in $refused) { Write-Output "Refused: $line" }
if (-not $asAsked) {
    Write-Output "Real-time protection is not $($State.ToLower()): tamper protection or a policy decides."
}
if ($refused.Count -gt 0 -or -not $asAsked) { exit 1 }
