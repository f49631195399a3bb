"""Kill runs again and again, complete them, and compare what is left with an undisturbed run.

``python benchmarks/kill_runs.py --kills 200 --seed 1`` starts ``harness run`` and ends it with SIGKILL,
SIGTERM or SIGINT: half of the time at a random moment, half just before a random one of its file calls
(under Wine, where another process makes those calls, always at a moment). It resumes the run, kills it
again, and after a few kills lets it finish. Then there must be the trials of the undisturbed run, none
lost, none twice, on the emulated platform with the same outcomes; and no work folder, no lock, no
``.part`` file and no process may be left. Emulated runs fetch a wheel from an index of this tool, so
downloads are killed, too.

Under Wine, run nothing else in the same lane (HARNESS_CACHE names another one). Wine's services stay for
about a minute after a kill, as after any run: that is no finding.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import random
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from signal import Signals
from typing import Any, Final

from killable_run import End, Kill, KillableRun

from harness.errors import ExitCode
from harness.text import counted, joined, time_range

SIGNALS: Final = ("SIGKILL", "SIGTERM", "SIGINT")
MOST_OF_A_RUN: Final = 6
"""Kills before a run is let finish."""
BLOCKS: Final = {"emulated": 5, "wine": 2}
SHIPPED: Final = ("script-install:generated", "write-atomic:generated")
FETCHED: Final = "tiny-1.0-py3-none-any.whl"
SCENARIO: Final = """
schema = 2
title = "A small wheel from an index"
about = "What a download leaves that is killed"
reports = ["https://example.org/"]
blocks = 1
profiles = ["brief"]
strategies = ["plain", "exponential"]

[[payload]]
kind = "wheel"
name = "tiny"
version = "1.0"
file = "{file}"
sha256 = "{sha256}"
shape = {{ folders = 1, other = {{ files = 3, sizes = [9, 9, 9, 9, 9, 9, 9, 300000] }} }}

[[operations]]
kind = "rename"
to = "store/{{name}}-{{version}}"
primitive = "move"
"""


@dataclass
class Findings:
    """What the kills showed by now."""

    platform: str
    trials: int
    runs: int = 0
    kills: list[Kill] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    without_manifest: int = 0

    def told(self) -> Iterator[str]:
        """The answer first, then each finding."""
        same = "the same trials and outcomes" if self.platform == "emulated" else "the same trials"
        answer = (
            f"{counted(self.runs, 'killed run')} ended with {same} as the undisturbed one "
            f"({self.trials} trials), and nothing was left behind"
        )
        yield (
            f"{counted(len(self.kills), 'kill')}, {counted(len(self.found), 'finding')}: "
            f"{'see below' if self.found else answer}."
        )
        kinds = Counter(kill.signal.name for kill in self.kills)
        calls = sum(kill.at_call > 0 for kill in self.kills)
        spread = joined([f"{number} {name}" for name, number in sorted(kinds.items())]) or "no kill"
        yield f"Platform {self.platform}: {spread}; {calls} at a file call, the others at a moment."
        if self.without_manifest:
            yield (
                f"{counted(self.without_manifest, 'kill')} came before the manifest was written: a "
                "folder without trials is left, and the run was started anew."
            )
        if self.platform == "wine":
            yield "Wine's services stay for about a minute after a kill, as after any run: no finding."
        yield from (f"- {each}" for each in self.found)


class Killer:
    """Draws kills, carries them out, and keeps what they show."""

    def __init__(self, folder: Path, platform: str, seed: int, index: Path) -> None:
        self.folder, self.platform, self.index = folder, platform, index
        self.rng = random.Random(seed)
        with served(index) as url:
            self.whole = self.new_run("undisturbed", url)
            began = time.monotonic()
            end = self.whole.go()
        self.lasts_s = time.monotonic() - began
        if end.code:
            raise SystemExit(f"the undisturbed run ended with code {end.code}:\n{end.said}")
        self.calls = self.whole.calls()
        self.findings = Findings(platform, len(self.whole.read().trials))

    def new_run(self, name: str, url: str) -> KillableRun:
        """A run that has not begun, in a folder called `name`; `url` is that of the index."""
        fetched = self.index / "tiny.toml"
        of_wine = f"{fetched}:generated"
        scenarios = (*SHIPPED, str(fetched) if self.platform == "emulated" else of_wine)
        options = ("--profile", "brief", "--blocks", str(BLOCKS[self.platform]), "--seed", "1")
        return KillableRun(self.folder / name, self.platform, url, [*scenarios, *options])

    def draw(self) -> Kill:
        """A kill at a random moment or call of the whole run; a resumed one may end before."""
        kind = Signals[self.rng.choice(SIGNALS)]
        if self.platform == "emulated" and self.rng.random() < 0.5:
            return Kill(kind, at_call=self.rng.randint(1, self.calls))
        return Kill(kind, at_s=self.rng.uniform(0, self.lasts_s))

    def one_run(self, most: int, url: str) -> None:
        """Kill one run up to `most` times, let it finish, and check it."""
        run = self.new_run(f"run-{self.findings.runs + 1}", url)
        kills: list[Kill] = []
        before = len(self.findings.found)
        for _ in range(self.rng.randint(1, most)):
            kill = self.draw()
            end = run.go(kill)
            if end.code == 0:  # it was done before
                break
            kills.append(kill)
            self.findings.kills.append(kill)
            self._check_end(kill, end, run)
        else:
            if (end := run.go()).code:
                self._find(kills, f"the run could not be completed: code {end.code}, {end.said}")
                return
        for problem in run.problems(self.whole):
            self._find(kills, problem)
        self.findings.runs += 1
        self.findings.without_manifest += len(run.folders()) - 1
        if len(self.findings.found) == before:
            shutil.rmtree(run.folder)

    def _check_end(self, kill: Kill, end: End, run: KillableRun) -> None:
        # while Python ends, after its last trial, it leaves an interrupt to the system
        expected = [-kill.signal, *([ExitCode.INTERRUPTED] if kill.signal.name == "SIGINT" else [])]
        if end.code not in expected:
            self._find([kill], f"exit code {end.code} instead of {expected[-1]}: {end.said}")
        if "Traceback" in end.said:
            self._find([kill], end.said)
        for line in run.processes_that_stay():
            self._find([kill], f"a process stayed: {line}")

    def _find(self, kills: Sequence[Kill], what: str) -> None:
        self.findings.found.append(f"{', '.join(map(str, kills))}: {what}")
        print(f"finding: {self.findings.found[-1]}", file=sys.stderr, flush=True)


def run_all(killer: Killer, wanted: int) -> None:
    """Kill so many times; say now and then how far that is."""
    began = time.monotonic()
    with served(killer.index) as url:
        while (done := len(killer.findings.kills)) < wanted:
            killer.one_run(min(MOST_OF_A_RUN, wanted - done), url)
            done = len(killer.findings.kills)
            left_s = (time.monotonic() - began) / max(done, 1) * (wanted - done)
            found = counted(len(killer.findings.found), "finding")
            left = time_range(0.7 * left_s, 1.5 * left_s)
            print(f"{done} of {wanted:,} kills, {found}; {left} left", file=sys.stderr, flush=True)


def make_index(folder: Path, rng: random.Random) -> None:
    """Write a package index with one wheel, and the scenario that takes it from there."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, size in (("tiny/a.py", 9), ("tiny/b.bin", 300_000), ("tiny-1.0.dist-info/RECORD", 9)):
            archive.writestr(zipfile.ZipInfo(name), rng.randbytes(size))
    sha256 = hashlib.sha256(raw.getvalue()).hexdigest()
    page = folder / "simple" / "tiny" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<!DOCTYPE html><a href="../../{FETCHED}#sha256={sha256}">{FETCHED}</a>', "utf-8")
    (folder / FETCHED).write_bytes(raw.getvalue())
    (folder / "tiny.toml").write_text(SCENARIO.format(file=FETCHED, sha256=sha256), "utf-8")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A reader that was killed is no error here."""


@contextmanager
def served(index: Path) -> Iterator[str]:
    """Serve the index; the address of its pages."""
    with _Server(("127.0.0.1", 0), partial(_Quiet, directory=str(index))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple/"
        finally:
            server.shutdown()


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, complete, compare and print; return 1 if there are findings."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=50, help="how many, 50 by default")
    parser.add_argument("--seed", type=int, default=1, help="of signals, moments and calls")
    parser.add_argument("--platform", choices=sorted(BLOCKS), default="emulated")
    options = parser.parse_args(arguments)
    if sys.platform != "linux":
        parser.error("processes are found and killed as on Linux")
    if options.kills < 1:
        parser.error("--kills takes 1 or more")
    folder = Path(tempfile.mkdtemp(prefix="kill-runs-"))
    killer, code = None, 0
    try:
        make_index(folder / "index", random.Random(options.seed))
        killer = Killer(folder, options.platform, options.seed, folder / "index")
        run_all(killer, options.kills)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        code = ExitCode.INTERRUPTED
    if killer is not None:
        print(*killer.findings.told(), sep="\n")
    if killer is not None and killer.findings.found:
        print(f"Runs with findings are in {folder}")
        return code or 1
    shutil.rmtree(folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
