"""Ask a C compiler for the layouts of Windows structures: ``structure_layouts.py > …/layouts.json``.

The compiler is clang with the headers of mingw-w64, both as the package `ziglang` brings them, and it
compiles for x64, ARM64 and 32-bit Windows anywhere. So what it says is independent of this project, of
`ctypes` and of `struct`. Two structures of the kernel are in no header of mingw-w64: they are declared
here by what phnt (ntexapi.h of winsiderss/systeminformer) says of them, and laid out by the compiler.

`tests/platform/windows/self_test/layouts.json` is its output. Run it again after a change of `MEMBERS`,
with a Python that has `ziglang`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TARGETS: Final = {"x64": "x86_64-windows-gnu", "ARM64": "aarch64-windows-gnu", "x86": "x86-windows-gnu"}
_BASIC: Final = "BasicLimitInformation."
MEMBERS: Final = {
    "FILE_RENAME_INFO": "Flags RootDirectory FileNameLength FileName",
    "IO_STATUS_BLOCK": "Status Information",
    "JOBOBJECT_EXTENDED_LIMIT_INFORMATION": (
        f"{_BASIC}PerProcessUserTimeLimit {_BASIC}PerJobUserTimeLimit {_BASIC}LimitFlags "
        f"{_BASIC}MinimumWorkingSetSize {_BASIC}MaximumWorkingSetSize {_BASIC}ActiveProcessLimit "
        f"{_BASIC}Affinity {_BASIC}PriorityClass {_BASIC}SchedulingClass IoInfo.ReadOperationCount "
        "IoInfo.WriteOperationCount IoInfo.OtherOperationCount IoInfo.ReadTransferCount "
        "IoInfo.WriteTransferCount IoInfo.OtherTransferCount ProcessMemoryLimit JobMemoryLimit "
        "PeakProcessMemoryUsed PeakJobMemoryUsed"
    ),
    "MEMORYSTATUSEX": "dwLength dwMemoryLoad ullTotalPhys",
    "OVERLAPPED": "Internal InternalHigh Offset OffsetHigh hEvent",
    "PROCESSENTRY32W": (
        "dwSize cntUsage th32ProcessID th32DefaultHeapID th32ModuleID cntThreads th32ParentProcessID "
        "pcPriClassBase dwFlags szExeFile"
    ),
    "PROCESS_INFORMATION": "hProcess hThread dwProcessId dwThreadId",
    "RM_PROCESS_INFO": (
        "Process.dwProcessId Process.ProcessStartTime.dwLowDateTime "
        "Process.ProcessStartTime.dwHighDateTime strAppName strServiceShortName ApplicationType "
        "AppStatus TSSessionId bRestartable"
    ),
    "SERVICE_STATUS": (
        "dwServiceType dwCurrentState dwControlsAccepted dwWin32ExitCode dwServiceSpecificExitCode "
        "dwCheckPoint dwWaitHint"
    ),
    "STARTUPINFOW": (
        "cb lpReserved lpDesktop lpTitle dwX dwY dwXSize dwYSize dwXCountChars dwYCountChars "
        "dwFillAttribute dwFlags wShowWindow cbReserved2 lpReserved2 hStdInput hStdOutput hStdError"
    ),
    "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX": (
        "Object UniqueProcessId HandleValue GrantedAccess CreatorBackTraceIndex ObjectTypeIndex "
        "HandleAttributes Reserved"
    ),
    "SYSTEM_PROCESS_ID_INFORMATION": "ProcessId Name.Length Name.MaximumLength Name.Buffer",
}
"""The members of each structure that the harness declares, in its order."""
HEADERS: Final = """\
#define _WIN32_WINNT 0x0A00
#include <stddef.h>
#include <windows.h>
#include <winternl.h>
#include <tlhelp32.h>
#include <restartmanager.h>
typedef struct { HANDLE ProcessId; UNICODE_STRING Name; } SYSTEM_PROCESS_ID_INFORMATION;
typedef struct {
    PVOID Object; HANDLE UniqueProcessId; HANDLE HandleValue; ACCESS_MASK GrantedAccess;
    USHORT CreatorBackTraceIndex; USHORT ObjectTypeIndex; ULONG HandleAttributes; ULONG Reserved;
} SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX;
"""


def program() -> str:
    """A C program with an array of numbers: the length of each structure, then where its members are."""
    numbers = [
        expression
        for structure, members in MEMBERS.items()
        for expression in (
            f"sizeof({structure})",
            *(f"offsetof({structure}, {member})" for member in members.split()),
        )
    ]
    return f"{HEADERS}const unsigned numbers[] = {{{', '.join(numbers)}}};\n"


def compiled(target: str) -> Iterator[int]:
    """The numbers that the compiler puts into the array, for a target."""
    with tempfile.TemporaryDirectory() as folder:
        source, assembly = Path(folder, "layouts.c"), Path(folder, "layouts.s")
        source.write_text(program(), encoding="utf-8")
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-S", "-w"]
        subprocess.run([*zig, "-o", str(assembly), str(source)], check=True)
        array = assembly.read_text(encoding="utf-8").partition("numbers:\n")[2]
    for line in array.splitlines():
        if number := re.match(r"\s+\.(?:long|word)\s+(\d+)", line):
            yield int(number[1])
        elif zeros := re.match(r"\s+\.zero\s+(\d+)", line):
            yield from [0] * (int(zeros[1]) // 4)
        else:
            return


def layouts(target: str) -> dict[str, dict[str, int]]:
    """The length of each structure (``sizeof``), and the places of its members."""
    numbers = list(compiled(target))
    found = {}
    for structure, members in MEMBERS.items():
        names = ["sizeof", *members.split()]
        found[structure] = dict(zip(names, numbers, strict=False))
        del numbers[: len(names)]
    if numbers:
        raise ValueError("the compiler's array is longer than what was asked for")
    return found


if __name__ == "__main__":
    json.dump({name: layouts(target) for name, target in TARGETS.items()}, sys.stdout, indent=1)
    sys.stdout.write("\n")
