"""What is left when things end badly: a run that is killed, an old code page, a reader who stops."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.isolated_python import isolated_python, python_environment
from harness.platform.self_test.check import Check, Site
from harness.platform.self_test.report import Finding
from harness.platform.windows.win32.jobs import CREATE_NO_WINDOW

RUN: Final = ("run", "script-install:generated", "--profile", "none", "--strategy", "plain")
WORK_FOLDERS: Final = "persist-harness-work-*"
PATIENCE_S: Final = 12.0
TEXT: Final = "\u2192\u00e9\u592a"


def run(site: Site, check: Check) -> Iterator[Finding]:
    """Kill a run and start another; print what the code page lacks; stop reading."""
    if site.is_wine:
        why = "starting the harness takes longer under Wine than a self-test may"
        yield check.not_asked("a run that is killed", "nothing of it is left", why)
        return
    yield _killed(site, check)
    yield _old_code_page(site, check)
    yield _reader_stops(site, check)


def _harness(site: Site, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    temporary = site.folder / "temporary"
    temporary.mkdir(exist_ok=True)
    for_folders = dict.fromkeys(("TEMP", "TMP", "TMPDIR"), str(temporary))
    return subprocess.Popen(  # noqa: S603 - this Python
        isolated_python("-m", "harness", *arguments),
        env={**python_environment(), **for_folders, **variables},
        cwd=site.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        creationflags=CREATE_NO_WINDOW,
    )


def _killed(site: Site, check: Check) -> Finding:
    what, expected = "a run that is killed, then another", "nothing of the killed one is left"
    temporary = site.folder / "temporary"
    with _harness(site, *RUN, "--blocks", "1000") as first:
        ends = time.monotonic() + PATIENCE_S
        while not list(temporary.glob(f"{WORK_FOLDERS}/*")) and time.monotonic() < ends:
            if first.poll() is not None:
                break
            time.sleep(0.02)
        first.kill()
    left = _folders(temporary)
    if not left:
        return check.not_asked(what, expected, "no run began")
    second = _harness(site, *RUN, "--blocks", "1")
    _, said = second.communicate(timeout=PATIENCE_S)
    if second.returncode:
        last = said.strip().splitlines()[-1:] or ["no reason given"]
        return check.not_asked(
            what, expected, f"the other run ended with {second.returncode}: {last[0]}"
        )
    remaining = _folders(temporary)
    return check.finding(
        what, expected, f"{len(remaining)} of {len(left)} folders are left", not remaining
    )


def _folders(temporary: Path) -> list[Path]:
    return [path for path in temporary.glob(WORK_FOLDERS) if path.is_dir()]


def _old_code_page(site: Site, check: Check) -> Finding:
    old = {"PYTHONIOENCODING": "cp437", "PYTHONUTF8": "0"}
    _, said = (asked := _harness(site, "predict", TEXT, **old)).communicate(timeout=PATIENCE_S)
    right = asked.returncode == 2 and "Traceback" not in said  # noqa: PLR2004 - invalid input
    return check.finding(
        f"an error about {TEXT} on a console with code page 437",
        "a message, and exit code 2",
        f"{'a message' if 'Traceback' not in said else 'a traceback'}, and exit code {asked.returncode}",
        right,
        means="Output stops where a name has a character that the console lacks; records are whole.",
    )


def _reader_stops(site: Site, check: Check) -> Finding:
    with _harness(site, "schema") as writer:
        if writer.stdout is not None and writer.stderr is not None:
            writer.stdout.readline()
            writer.stdout.close()
            said = writer.stderr.read()
    return check.finding(
        "a reader who closes the pipe early",
        "exit code 0, and nothing on standard error",
        f"exit code {writer.returncode}, and {len(said.splitlines())} lines on standard error",
        writer.returncode == 0 and not said,
        means="Scripts take a command that did its work for one that failed; records are whole.",
    )


CHECK: Final = Check(
    order=95,
    title="Does nothing stay behind when things end badly?",
    means="Killed runs fill the disk; what they leave may be scanned during the next one.",
    bearing="context",
    run=run,
    seconds=20,
)
