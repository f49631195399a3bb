"""One run that is started, killed and completed, and what is left of it. `kill_runs` decides when."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from harness.errors import HarnessError
from harness.isolated_python import isolated_python
from harness.payload.cache import cache_folder
from harness.record.manifest import read_manifest
from harness.record.read import Run, read_run
from harness.record.trial_record import Place
from harness.run.workspace import PREFIX
from harness.wine.linux_processes import end_all, processes_with, read

if TYPE_CHECKING:
    from signal import Signals

LONGEST_S: Final = 600.0
"""No run of these takes so long, on a busy machine either."""
LINGER_S: Final = 10.0
"""Children of a killed process may take this long to end."""
MARK: Final = "HARNESS_KILL_RUNS"
OF_ITS_RUN: Final = {"trial_id", "run", "cost_us"}
"""What two runs of the same trials differ in."""


@dataclass(frozen=True)
class Kill:
    """One kill: `at_s` seconds after the command line began, or just before file call `at_call`."""

    signal: Signals
    at_s: float = 0.0
    at_call: int = 0

    def __str__(self) -> str:
        at = f"file call {self.at_call}" if self.at_call else f"{self.at_s:.2f} s"
        return f"{self.signal.name} at {at}"


@dataclass(frozen=True)
class End:
    """How a process ended: its exit code, and what it wrote to standard error."""

    code: int
    said: str


class KillableRun:
    """A run in a folder of its own. The next process starts it, or goes on where the last one ended."""

    def __init__(self, folder: Path, platform: str, index: str, arguments: Sequence[str]) -> None:
        self.folder = folder
        self.platform = platform
        self.arguments = [
            "run",
            *arguments,
            "--platform",
            platform,
            "--results",
            str(folder / "results"),
        ]
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self._mark = uuid.uuid4().hex
        self._calls = folder / "calls"
        self._environment = {**os.environ, MARK: self._mark, "TMPDIR": str(self.temporary)}
        if platform == "emulated":  # elsewhere the cache has the lane, and nothing is fetched
            self._environment.pop("PIP_EXTRA_INDEX_URL", None)
            self._environment |= {
                "HARNESS_CACHE": str(folder / "cache"),
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_INDEX_URL": index,
                "NO_PROXY": "127.0.0.1",
            }
        self._before = set(self._work_folders())

    def go(self, kill: Kill | None = None) -> End:
        """Run until the process ends, by itself or killed."""
        begun = self.begun()
        arguments = ["run", "--resume", str(begun)] if begun else self.arguments
        number, kind = (kill.at_call, int(kill.signal)) if kill and kill.at_call else (0, 0)
        script = Path(__file__).with_name("file_calls.py")
        watched = map(str, (script, self.folder, self._calls, number, kind))
        self._calls.unlink(missing_ok=True)
        with (
            (self.folder / "said").open("w+b") as said,
            self.start(isolated_python(*watched, *arguments), said) as process,
        ):
            try:
                self._wait(process, kill)
            except BaseException:
                process.kill()
                raise
            said.seek(0)
            return End(process.returncode, said.read().decode(errors="replace"))

    def start(
        self, command: Sequence[str], said: BinaryIO | int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a process of the run, whose standard error goes to `said`."""
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # a Ctrl-C is for this tool
        )

    def _wait(self, process: subprocess.Popen[bytes], kill: Kill | None) -> None:
        if kill is not None and not kill.at_call:
            while not self._calls.exists() and process.poll() is None:
                time.sleep(0.005)
            try:
                process.wait(kill.at_s)
            except subprocess.TimeoutExpired:
                process.send_signal(kill.signal)
        process.wait(LONGEST_S)

    def calls(self) -> int:
        """The file calls of the last process, which ended by itself."""
        return int(self._calls.read_text("utf-8"))

    def folders(self) -> list[Path]:
        """What is in the results folder; a folder without a whole manifest has no trial."""
        return sorted((self.folder / "results").glob("*"))

    def begun(self) -> Path | None:
        """The folder of the run, if it has a manifest."""
        for folder in self.folders():
            try:
                read_manifest(folder)
            except HarnessError:
                continue
            return folder
        return None

    def read(self) -> Run:
        """The run, which began."""
        folder = self.begun()
        assert folder is not None
        return read_run(folder)

    def problems(self, whole: KillableRun) -> Iterator[str]:
        """What is wrong with the completed run, compared with the undisturbed one."""
        run, undisturbed = self.read(), whole.read()
        if run.torn or run.damage.lines or run.manifest.integrity != "intact":
            yield f"damaged: {run.damage.told}, torn: {run.torn}, manifest: {run.manifest.integrity}"
        trials, wanted = trials_of(run), trials_of(undisturbed)
        shared = trials.keys() & wanted.keys()
        alike = (
            [place for place in shared if trials[place] != wanted[place]]
            if self.platform == "emulated"  # elsewhere time decides
            else [place for place in shared if trials[place]["outcome"] == "harness-error"]
        )
        for places, what in (
            ([trial.place for trial in run.trials][len(trials) :], "there twice"),
            (wanted.keys() - trials.keys(), "lost"),
            (trials.keys() - wanted.keys(), "new"),
            (alike, "with another outcome"),
        ):
            if places:
                yield f"{len(places)} trials {what}, such as {min(places, key=str)}"
        usual = {path.name for path in undisturbed.folder.iterdir()}
        left = [path for path in run.folder.iterdir() if path.name not in usual]
        if left := [*left, *self._left()]:
            yield f"left behind: {', '.join(sorted(map(str, left)))}"

    def _left(self) -> Iterator[Path]:
        yield from self.temporary.rglob("*")
        yield from (self.folder / "cache").rglob("*.part*")
        yield from (self.folder / "cache").rglob("*.lock")
        yield from set(self._work_folders()) - self._before

    def _work_folders(self) -> Iterator[Path]:
        """The work folders of Windows programs under Wine."""
        if self.platform == "wine":
            yield from cache_folder().glob(f"wine/*/prefix/drive_c/windows/temp/{PREFIX}*")

    def processes_that_stay(self, linger_s: float = LINGER_S) -> list[str]:
        """The command lines of processes that did not end with the run; they are ended now."""
        deadline = time.monotonic() + linger_s
        while (left := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        lines = [read(process / "cmdline").replace("\0", " ") for process in left]
        end_all(self._processes)
        return lines

    def _processes(self) -> list[Path]:
        """What the run started and is still there, Wine's own services aside."""
        found = processes_with(f"{MARK}={self._mark}")
        return [process for process in found if "python" in read(process / "cmdline")]


def trials_of(run: Run) -> dict[Place, dict[str, Any]]:
    """The trials by their place, without what is of their run."""
    return {trial.place: trial.model_dump(exclude=OF_ITS_RUN) for trial in run.trials}
