"""Logs of scanners and of tools, written as public descriptions have them (docs/evidence)."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

UTF16 = codecs.BOM_UTF16_LE
CACHE = "\\\\?\\C:\\Users\\zelda\\AppData\\Local\\uv\\cache\\"

SCAN = {
    "ScanType": "RealTimeScan",
    "StartTime": 133_700_000_000_000_000,
    "Duration": 123_456,
    "Reason": "OnOpen",
    "SkipReason": "",
    "Path": "C:\\Users\\zelda\\x.dll",
    "ProcessPath": "C:\\Users\\zelda\\.local\\bin\\uv.exe",
}
"""A scan of a performance report, as ``-Raw`` gives it."""


def scan_line(
    program: str = "uv.exe",
    process: int | None = 4711,
    total: int = 6070,
    count: int = 24,
    longest: int = 828,
    stamp: str = "2026-09-07T06:05:24.539 ",
) -> str:
    """A line of ``MPLog-*.log`` about one process."""
    pid = "" if process is None else f"Pid: {process}, "
    return (
        f"{stamp}ProcessImageName: {program}, {pid}TotalTime: {total}, Count: {count}, "
        f"MaxTime: {longest}, MaxTimeFile: \\Device\\HarddiskVolume3\\Users\\zelda\\secret\\a.dll, "
        "EstimatedImpact: 37%\r\n"
    )


OTHER_LINES = (
    "2026-09-07T06:05:24.539 [RTP] [Mini-filter] Unsuccessful scan status(#12): "
    "\\Device\\HarddiskVolume3\\Users\\zelda\\x. Process: (null), Status: 0xc0000001\r\n"
    "Engine:command line reported as lowfi: C:\\Users\\zelda\\secret-tool.exe(--token hunter2)\r\n"
)


def as_utf16(text: str) -> bytes:
    """Text as Windows 11 was seen to write it."""
    return UTF16 + text.encode("utf-16-le")


def uv_retries(
    name: str, times: int, *, code: str = "Access is denied. (os error 5)", stamps: Iterable[str] = ()
) -> str:
    """The lines of uv about one rename that it retried so often."""
    source, target = f"{CACHE}.tmp{name}", f"{CACHE}archive-v0\\{name}"
    line = (
        f"WARN Retrying rename from {source} to {target} due to transient error: "
        f"failed to rename file from {source} to {target}: {code}\n"
    )
    given = [*stamps] or [""] * times
    return "".join(f"{stamp}{line}" for stamp in given)


def uv_failure(name: str) -> str:
    """The message with which uv gives up, as it is wrapped on a terminal."""
    return (
        "  x Failed to download `x==1`\n  ╰─▶ failed to rename file from\n"
        f"      {CACHE}.tmp{name} to    \n"
        f"      {CACHE}archive-v0\\{name}:\n      Access is denied. (os error 5)\n"
    )


def copy_retry(number: int, wait_ms: int = 1000, *, holder: str = "MsMpEng.exe (1234)") -> str:
    """A warning of MSBuild."""
    return (
        'Microsoft.targets(5,6): warning MSB3026: Could not copy "obj\\a.dll" to "bin\\a.dll". '
        f"Beginning retry {number} in {wait_ms}ms. The process cannot access the file because it is "
        f'being used by another process.  The file is locked by: "{holder}" [C:\\zelda\\p.csproj]\n'
    )


def copy_failure(most: int = 10) -> str:
    """The error of MSBuild after its last retry."""
    return (
        'Microsoft.targets(5,6): error MSB3027: Could not copy "obj\\a.dll" to "bin\\a.dll". Exceeded '
        f'retry count of {most}. Failed. The file is locked by: "devenv.exe (77)" [C:\\p.csproj]\n'
    )
