"""Parts of the study in several processes: the same trials, and no process is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.study.case_trials import Part, run_part
from harness.study.definition import CASES
from harness.study.part_processes import run_parts

FEW = [Part(CASES / "link-files.toml", profile, (0,), shares=True) for profile in ("brief", "poller")]

WORKS = """
import sys
from pathlib import Path
from harness.study.case_trials import Part
from harness.study.part_processes import run_parts
if __name__ == "__main__":
    long = Part(Path(sys.argv[1]), "minute-hold", range(10_000), shares=True)
    for _ in run_parts([long._replace(blocks=(0,)), long, long], 2):
        print("working", flush=True)
"""


def test_several_processes_give_what_one_gives() -> None:
    assert dict(run_parts(FEW, 2)) == {part: run_part(part) for part in FEW}


def test_the_processes_end_when_the_first_one_is_killed(tmp_path: Path) -> None:
    (tmp_path / "works.py").write_text(WORKS, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "works.py"), str(CASES / "link-files.toml")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "working\n"
        started.kill()
        assert started.communicate(timeout=60)[0] == ""  # the others have this pipe, too
